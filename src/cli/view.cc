// SPDX-License-Identifier: MIT
// cli/view.cc - the REST API and the page: starts the program that serves them, and keeps the tokens that it asks for.
#include "cli/listeners.h"
#include "cli/open_page.h"
#include "cli/view_program.h"
#include "store/daemon_door.h"
#include "store/daemon_state.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ssblog {
namespace {

struct ViewWords {
  std::optional<std::string> path, listen, socket, only;
  std::vector<std::string> words;
};

Result<ViewPlace> settings_of(const ViewWords& wanted, const Settings& settings) {
  ViewPlace view = settings.view;
  if (wanted.socket) view.socket = *wanted.socket;
  if (wanted.listen) {
    auto read = parse_listen(*wanted.listen, view);
    if (!read) return Error{Code::usage, "--listen: " + read.error().text};
    view.socket.clear();
  }
  return view;
}

/// To a program of somebody else, who took the port, the token is not for.
Result<void> is_ours(const Settings& settings, const ViewPlace& view, bool is_of_daemon) {
  const std::string address = view_text(view, view.port);
  const auto users = listening_users(view.address, view.port);
  if (!users) {
    // Elsewhere than on Linux the word of the daemon has to do, whose child it is.
    if (is_of_daemon) return {};
    return Error{Code::unavailable,
                 fmt::format("this system does not tell whose program listens at {}; where config.toml has a "
                             "table [view] the daemon serves the page, and `ssblog view open` opens it",
                             address)};
  }
  if (users->empty())
    return Error{Code::unavailable,
                 fmt::format("nothing serves the page at {}; `ssblog view` does, and the daemon, once "
                             "config.toml has a table [view]",
                             address)};
  struct stat home {};
  if (::stat(settings.home.directory.c_str(), &home) != 0)
    return file_error("look at", settings.home.directory, errno);
  for (const uid_t user : *users) {
    if (user == ::geteuid() || user == home.st_uid || user == 0) continue;
    return Error{Code::unavailable,
                 fmt::format("a program of another user (uid {}) listens at {}, so it gets no token; say "
                             "another port, by `[view] listen` in config.toml or --listen",
                             user, address)};
  }
  return {};
}

/// A browser gets the token from a file that this user alone can read: words of a command everybody sees.
Result<int> open_browser(const Settings& settings, ViewPlace view, bool is_said, const TokenBook& tokens) {
  bool is_of_daemon = false;
  if (!is_said) {
    // Where the daemon serves it in truth.
    auto daemon = read_daemon_state(settings.home);
    if (!daemon) return daemon.error();
    if (*daemon && (*daemon)->view) {
      const ViewState& served = *(*daemon)->view;
      if (served.state != "serving")
        return Error{Code::unavailable,
                     fmt::format("the daemon does not serve it yet{}",
                                 served.trouble.empty() ? std::string() : ": " + served.trouble)};
      view.address = served.address;
      view.port = served.port;
      view.socket = served.socket;
      is_of_daemon = true;
    }
  }
  if (!view.socket.empty())
    return Error{Code::usage, "a browser cannot open a unix socket; leave [view] socket out"};
  const ViewToken* const token = tokens.first_for_all();
  if (token == nullptr)
    return Error{Code::usage, tokens.tokens().empty()
                                  ? "there is no token; make one with: ssblog view token add NAME"
                                  : "no token is good for all; make one with: ssblog view token add NAME"};
  if (view.port == 0)
    return Error{Code::usage, "say the port that the server has, with --listen or in config.toml"};
  const std::string page = TokenBook::folder_of(settings.home.directory) + "/open.html";
  // Whoever listens at all addresses listens at loopback's.
  if (view.address == "0.0.0.0") view.address = "127.0.0.1";
  if (view.address == "::") view.address = "::1";
  if (auto ours = is_ours(settings, view, is_of_daemon); !ours) return ours.error();
  const std::string address = view_text(view, view.port);
  auto written = replace_file(page,
                              fmt::format("<!DOCTYPE html><meta charset=\"utf-8\"><meta "
                                          "http-equiv=\"refresh\" content=\"0;url={}#?token={}\">"
                                          "<p>ssblog is at {}",
                                          address, token->token, address),
                              S_IRUSR | S_IWUSR);
  if (!written) return written.error();
  say(fmt::format("opening {}", address));
  if (auto opened = open_page(page); !opened) return opened.error();
  return done();
}

/// As the file has them.
void list_tokens(const TokenBook& tokens) {
  for (const ViewToken& one : tokens.tokens()) {
    print(fmt::format("{} {}{}{}\n", one.name, one.token, one.only.empty() ? "" : " ", one.only));
    if (one.right() == ViewRight::none)
      say(fmt::format("the token {} is for something that this version does not know, so it opens nothing",
                      one.name));
  }
}

Result<int> keep_tokens(const ViewWords& wanted, TokenBook& tokens) {
  const auto& words = wanted.words;
  const std::string verb = words.size() > 1 ? words[1] : "";
  if (verb == "list" && words.size() == 2) {
    list_tokens(tokens);
    return done();
  }
  if (verb == "add" && words.size() == 3) {
    if (wanted.only && wanted.only->empty()) return Error{Code::usage, "--only is followed by: board"};
    auto added = tokens.add(words[2], wanted.only.value_or(""));
    if (!added) return added.error();
    print(added->token + "\n");
    return done();
  }
  if (verb == "revoke" && words.size() == 3) {
    auto revoked = tokens.revoke(words[2]);
    if (!revoked) return revoked.error();
    if (!*revoked)
      return Error{Code::usage,
                   fmt::format("there is no token {}; `ssblog view token list` shows them", words[2])};
    return done();
  }
  return Error{Code::usage, "say `ssblog view token add NAME [--only board]`, `list`, or `revoke NAME`"};
}

/// Two at one place would be one too many; the second one is told where the first is.
Result<void> leave_to_daemon(const Settings& settings, const ViewPlace& view) {
  auto daemon = read_daemon_state(settings.home);
  if (!daemon) return daemon.error();
  if (!*daemon || !(*daemon)->view || (*daemon)->view->state != "serving") return {};
  const ViewState& served = *(*daemon)->view;
  const bool same = view.socket.empty() ? served.socket.empty() && view.address == served.address &&
                                              (view.port == served.port || view.port == settings.view.port)
                                        : view.socket == served.socket;
  if (!same) return {};
  return Error{Code::unavailable,
               fmt::format("the daemon serves it already, at {}; `ssblog view open` opens the page",
                           view_text(served))};
}

Result<int> serve(const Settings& settings, const ViewPlace& view, const FeedId& own, TokenBook& tokens) {
  auto server = find_view_program();
  if (!server) return server.error();
  if (auto left = leave_to_daemon(settings, view); !left) return left.error();
  auto made = make_first_token(tokens);
  if (!made) return made.error();
  if (*made)
    say(fmt::format("made the token \"{}\"; `ssblog view open` opens the page with it", first_view_token));
  // In its sandbox it asks there later whether there is a daemon.
  if (auto there = DaemonLock::make_file(settings.home); !there) return there.error();
  std::vector<std::string> words = view_words(*server, settings.home, view, own, {});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(server->c_str(), argv.data());
  return Error{Code::unavailable, fmt::format("cannot start {}: {}", *server, std::strerror(errno))};
}

}  // namespace

Result<int> run_view(const Words& words) {
  Options options(
      "view",
      "Serves the REST API and a page with the board, the hosts and the log, on this machine alone unless "
      "config.toml says otherwise. Who reads has a token: `ssblog view token add|list|revoke`, and "
      "`ssblog view open` has a browser know it.",
      "  ssblog view\n"
      "  ssblog view token add prometheus --only board");
  ViewWords wanted;
  options.words("WORDS", wanted.words, "open, or token add NAME, token list, token revoke NAME");
  options.value("--listen ADDRESS:PORT", wanted.listen,
                "Instead of 127.0.0.1:3032; port 0: any that is free");
  options.value("--socket FILE", wanted.socket, "At a unix socket, without tokens: for a proxy in front");
  options.value("--only RIGHT", wanted.only,
                "With token add: board, for one that reads the board and the alerts, and no line");
  options.value("--path DIR", wanted.path, "Home of this host");
  options.excludes("--socket", "--listen");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.only && !(wanted.words.size() > 1 && wanted.words[0] == "token" && wanted.words[1] == "add"))
    return Error{Code::usage, "--only goes with `ssblog view token add NAME`"};
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto view = settings_of(wanted, *settings);
  if (!view) return view.error();
  // A folder that is no home, by a slip in its name, is not to become one for tokens.
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  auto tokens = TokenBook::open(settings->home.directory);
  if (!tokens) return tokens.error();
  if (wanted.words.empty()) return serve(*settings, *view, keys->id(), *tokens);
  if (wanted.words[0] == "open" && wanted.words.size() == 1)
    return open_browser(*settings, *view, wanted.listen.has_value(), *tokens);
  if (wanted.words[0] == "token") return keep_tokens(wanted, *tokens);
  return Error{Code::usage, fmt::format("unexpected \"{}\"; see: ssblog view --help", wanted.words[0])};
}

}  // namespace ssblog
