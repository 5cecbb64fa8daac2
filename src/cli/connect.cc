// SPDX-License-Identifier: MIT
#include "cli/settings.h"
#include "gossip/protocol/address.h"
#include "store/daemon_door.h"
#include "store/peer_book.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

Result<void> keep(const Settings& settings, const std::string& address, bool forget) {
  auto store = open_own_store(settings.home);
  if (!store) return store.error();
  auto batch = Batch::begin(*store, Durability::full);
  if (!batch) return batch.error();
  auto changed = forget ? drop_address(*batch, address) : save_address(*batch, address);
  if (!changed) return changed.error();
  if (forget && !*changed) return Error{Code::usage, fmt::format("{} was not saved", address)};
  return batch->commit(clock_now());
}

}  // namespace

Result<int> run_connect(const Words& words) {
  Options options(
      "connect",
      "Has the daemon connect to a host, and stay connected. An address has the host's key in it; `ssblog "
      "peers` shows one's own.",
      "  ssblog connect net:192.168.1.7:8008~shs:Xq3vT0aB...= --save\n"
      "  ssblog connect net:192.168.1.7:8008~shs:Xq3vT0aB...= --forget");
  std::optional<std::string> path;
  Words texts;
  bool save = false, forget = false;
  options.words("ADDRESS", texts, "Where, as SSB writes it: net:HOST:PORT~shs:KEY");
  options.flag("--save", save, "Remember the address: connect after every start");
  options.flag("--forget", forget, "Do not remember it any more");
  options.value("--path DIR", path, "Home of this host");
  options.excludes("--save", "--forget");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (texts.empty())
    return Error{Code::usage, "connect where? Say an address, as net:192.168.1.7:8008~shs:KEY"};

  auto settings = load_settings(path);
  if (!settings) return settings.error();
  bool heard = true;
  for (const std::string& text : texts) {
    const auto address = parse_address(text);
    if (!address)
      return Error{Code::usage, fmt::format("{} is no address; one looks so: net:192.168.1.7:8008~shs:KEY, "
                                            "KEY being the host's id without @ and .ed25519",
                                            text)};
    const std::string plain = to_text(*address);
    if (save || forget) {
      if (auto kept = keep(*settings, plain, forget); !kept) return kept.error();
    }
    heard = tell_daemon(settings->home, (forget ? "disconnect " : "connect ") + plain) && heard;
  }
  if (forget) return 0;
  if (!heard && save) say("saved; no daemon is running here, so nothing is dialled before one is started");
  if (!heard && !save)
    return Error{Code::unavailable,
                 "no daemon is running here; start one with `ssblog daemon`, or --save the address"};
  return 0;
}

}  // namespace ssblog
