// SPDX-License-Identifier: MIT
// cli/sign.cc - signatures of this host over files, for scripts, and checking those of others.
#include "cli/settings.h"
#include "feed/detached_signature.h"
#include "feed/sha256.h"
#include "store/byte_stream.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

namespace ssblog {
namespace {

constexpr std::size_t longest_signature = 4096;  // bytes of the file

struct SignOptions {
  std::optional<std::string> path, purpose, check, feed;
  std::vector<std::string> files;
  std::string purpose_or_default() const { return purpose.value_or(std::string(default_purpose)); }
};

/// Of a file, or of stdin.
Result<Sha256Digest> digest_of(const SignOptions& wanted) {
  const bool is_stdin = wanted.files.empty() || wanted.files.front() == "-";
  const std::string name = is_stdin ? "standard input" : wanted.files.front();
  const File file(is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                           : ::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return file_error("read", name, errno);
  const ByteSource bytes = source_of(file, name);
  Sha256 hash;
  std::string buffer(std::size_t{1} << 16, '\0');
  for (;;) {
    auto size = bytes(buffer);
    if (!size) return size.error();
    if (*size == 0) return hash.finish();
    hash.add(as_bytes(std::string_view(buffer).substr(0, *size)));
  }
}

Result<int> sign(const SignOptions& wanted) {
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  auto digest = digest_of(wanted);
  if (!digest) return digest.error();
  print(sign_digest(*keys, wanted.purpose_or_default(), *digest) + "\n");
  return done();
}

Result<int> check(const SignOptions& wanted) {
  if (!wanted.feed)
    return Error{Code::usage, "say whose signature it must be: --feed ID; anybody can make one of his own"};
  const auto who = parse_feed_id(*wanted.feed);
  if (!who)
    return Error{Code::usage,
                 fmt::format("--feed {}: say the whole id, as `ssblog whoami` prints it; names are what "
                             "hosts call themselves",
                             *wanted.feed)};
  auto text = read_file(*wanted.check, longest_signature);
  if (!text && text.error().code != Code::data) return text.error();
  // What is too long is none either.
  auto signature = check_signature(text ? *text : std::string());
  if (!signature)
    return Error{signature.error().code, fmt::format("{}: {}", *wanted.check, signature.error().text)};
  const auto refuse = [&](std::string why) {
    return Error{Code::data, fmt::format("{}: {}", *wanted.check, why)};
  };
  if (signature->author != *who)
    return refuse(fmt::format("it is of {}, not of {}", to_text(signature->author), to_text(*who)));
  if (signature->purpose != wanted.purpose_or_default())
    return refuse(
        fmt::format("it is for the purpose {}, not {}", signature->purpose, wanted.purpose_or_default()));
  auto digest = digest_of(wanted);
  if (!digest) return digest.error();
  if (*digest != signature->digest) return refuse("the bytes are not those that were signed");
  print(fmt::format("good signature of {}\n", to_text(signature->author)));
  return done();
}

}  // namespace

Result<int> run_sign(const Words& words) {
  Options options(
      "sign",
      "Signs a file, or what comes from a pipe, with this host's key, and prints the signature; with "
      "--check: "
      "says whether a signature is good. For scripts that must know which host something comes from.",
      "  ssblog sign report.pdf > report.pdf.sig\n"
      "  ssblog sign --check report.pdf.sig --feed \"$nas\" report.pdf    # nas=@...ed25519");
  SignOptions wanted;
  options.value("--check SIG", wanted.check, "Check the signature in this file; needs --feed");
  options.value("--feed ID", wanted.feed,
                "With --check: whose it must be; the whole id, since a name is a host's own word");
  options.value("--purpose WORD", wanted.purpose,
                "What it is for (file); a signature for one purpose is none for another");
  options.value("--path DIR", wanted.path, "Home of this host");
  options.words("FILE", wanted.files, "What is signed; stdin when it is not given, or `-`");
  options.needs("--feed", "--check");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.files.size() > 1) return Error{Code::usage, "one FILE at a time: a signature is of one"};
  if (!is_purpose(wanted.purpose_or_default()))
    return Error{Code::usage,
                 fmt::format("--purpose: up to {} of letters, digits and ._@/-", longest_purpose)};
  return wanted.check ? check(wanted) : sign(wanted);
}

}  // namespace ssblog
