// SPDX-License-Identifier: MIT
#include "gossip/local_client.h"

#include "feed/json.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace ssblog {
namespace {

constexpr std::size_t max_answer_bytes = 16 * 1024 * 1024;  // a clock of very many feeds
constexpr std::size_t most_under_way = 64;                  // calls that wait for their answers
constexpr int look_ms = 500;                                // at who waits
constexpr std::size_t block_bytes = 64 * 1024;

/// An item or an answer as JSON: what came as text or bytes becomes a string.
std::string json_of(BodyType type, ByteView body) {
  if (type != BodyType::json) return json_string(as_text(body));
  auto text = canonical(as_text(body), Layout::compact);
  return text ? *text : json_string("(no JSON)");
}

Error refusal(const RpcEnd& end) {
  return {end.code == 0 ? Code::failed : static_cast<Code>(end.code),
          end.error.value_or("the daemon gave no answer")};
}

}  // namespace

Result<LocalClient> LocalClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{Code::config, fmt::format("the name {} is too long for a socket: {} bytes at most", path,
                                           sizeof address.sun_path - 1)};
  path.copy(address.sun_path, path.size());
  File socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!socket) return file_error("make a socket for", path, errno);
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  int connected = 0;
  do {
    connected = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } while (connected != 0 && errno == EINTR);
  if (connected != 0) {
    const int why = errno;
    if (why == EACCES || why == EPERM)
      return Error{Code::permission, fmt::format("this user may not use {}", path)};
    return Error{Code::unavailable, fmt::format("no daemon listens at {} ({})", path, std::strerror(why))};
  }
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  return LocalClient(std::move(socket), path);
}

Result<std::string> LocalClient::ask(std::string_view method, std::string_view args) {
  const std::string one(args);
  std::size_t answered = 0;
  auto answers = ask_all(method, std::span(&one, 1), answered);
  if (!answers) return answers.error();
  return std::move(answers->front());
}

Result<std::vector<std::string>> LocalClient::ask_all(std::string_view method,
                                                      std::span<const std::string> args,
                                                      std::size_t& answered) {
  std::vector<std::string> answers(args.size());
  std::map<CallId, std::size_t> under_way;
  std::size_t asked = 0;
  for (answered = 0; answered < args.size();) {
    for (; asked < args.size() && under_way.size() < most_under_way; ++asked)
      under_way[wire_->rpc.call(RpcKind::async, method, args[asked], max_answer_bytes)] = asked;
    auto event = next();
    if (!event) return event.error();
    if (const auto* answer = std::get_if<RpcAnswer>(&*event)) {
      const auto call = under_way.find(answer->id);
      if (call == under_way.end()) continue;
      answers[call->second] = json_of(answer->type, answer->body);
      under_way.erase(call);
      ++answered;
    } else if (const auto* end = std::get_if<RpcEnd>(&*event)) {
      if (under_way.contains(end->id)) return refusal(*end);
    } else if (std::holds_alternative<RpcGoodbye>(*event)) {
      return gone("it said goodbye");
    }
  }
  return answers;
}

Result<void> LocalClient::read(std::string_view method, std::string_view args,
                               const std::function<bool(std::string_view)>& take, int output) {
  output_ = output;
  const CallId id = wire_->rpc.call(RpcKind::source, method, args, max_answer_bytes);
  for (;;) {
    auto event = next();
    if (!event) return event.error();
    if (const auto* item = std::get_if<RpcItem>(&*event); item != nullptr && item->id == id) {
      if (!take(json_of(item->type, item->body))) return {};
    } else if (const auto* end = std::get_if<RpcEnd>(&*event); end != nullptr && end->id == id) {
      if (end->error) return refusal(*end);
      return {};
    } else if (std::holds_alternative<RpcGoodbye>(*event)) {
      return gone("it said goodbye");
    }
  }
}

Result<RpcEvent> LocalClient::next() {
  for (;;) {
    ByteView rest = ByteView(in_).subspan(taken_);
    auto event = wire_->rpc.next(rest);
    taken_ = in_.size() - rest.size();
    if (!event) return gone(event.error().text);
    if (*event) return std::move(**event);
    if (auto moved = move_bytes(); !moved) return moved.error();
  }
}

/// Sends what waits as far as the daemon reads, and reads what has come. Both in one wait: a daemon that waits for us
/// to read must not wait for ever.
Result<void> LocalClient::move_bytes() {
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  std::array<pollfd, 2> waiting = {
      {{socket_.get(), static_cast<short>(wire_->out.empty() ? POLLIN : POLLIN | POLLOUT), 0},
       {output_, 0, 0}}};
  const auto begun = std::chrono::steady_clock::now();
  for (;;) {
    const int ready = ::poll(waiting.data(), waiting.size(), patience_ ? look_ms : -1);
    if (ready < 0 && errno != EINTR) return gone(std::strerror(errno));
    if (ready > 0) break;
    if (over_ && over_()) return gone("it was not waited for any longer");
    if (patience_ && std::chrono::steady_clock::now() - begun > *patience_)
      return gone(fmt::format("it did nothing for {} seconds", patience_->count()));
  }
  if ((waiting[1].revents & (POLLERR | POLLHUP)) != 0)
    return Error{Code::io, "nobody reads the output any more"};
  if (!wire_->out.empty()) {
    const ssize_t sent = ::send(socket_.get(), wire_->out.data(), wire_->out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return gone(std::strerror(errno));
    if (sent > 0) wire_->out.erase(wire_->out.begin(), wire_->out.begin() + sent);
  }
  std::array<std::uint8_t, block_bytes> block;
  const ssize_t got = ::read(socket_.get(), block.data(), block.size());
  if (got == 0) return gone("it hung up");
  if (got < 0 && errno != EAGAIN && errno != EINTR) return gone(std::strerror(errno));
  if (got > 0) in_.insert(in_.end(), block.begin(), block.begin() + got);
  return {};
}

Error LocalClient::gone(std::string_view why) const {
  return {Code::unavailable, fmt::format("the daemon at {} does not answer any more: {}", path_, why)};
}

}  // namespace ssblog
