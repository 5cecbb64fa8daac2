// SPDX-License-Identifier: MIT
#include "cli/doctor/ask_view.h"

#include "cli/view_program.h"
#include "store/files.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace ssblog {
namespace {

using Clock = std::chrono::steady_clock;

struct Place {
  sockaddr_storage address{};
  socklen_t size = 0;  ///< 0: there is no such place
};

template <class Address>
Place place_of(const Address& address) {
  Place place;
  std::memcpy(&place.address, &address, sizeof address);
  place.size = sizeof address;
  return place;
}

/// Whoever listens at all addresses is asked at loopback's.
Place place_of(const ViewState& served) {
  if (!served.socket.empty()) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (served.socket.size() >= sizeof local.sun_path) return {};
    std::copy(served.socket.begin(), served.socket.end(), local.sun_path);
    return place_of(local);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<std::uint16_t>(served.port));
  if (::inet_pton(AF_INET, served.address.c_str(), &v4.sin_addr) == 1) {
    if (v4.sin_addr.s_addr == htonl(INADDR_ANY)) v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return place_of(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = v4.sin_port;
  if (::inet_pton(AF_INET6, served.address.c_str(), &v6.sin6_addr) != 1) return {};
  if (IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) v6.sin6_addr = in6addr_loopback;
  return place_of(v6);
}

/// False: the time is over.
bool wait_for(const File& socket, short event, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd wish{socket.get(), event, 0};
    const int ready = ::poll(&wish, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// Why it did not connect; 0: it did.
int connect_error(const File& socket, const Place& place, Clock::time_point deadline) {
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&place.address), place.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(socket, POLLOUT, deadline)) return ETIMEDOUT;
  int why = 0;
  socklen_t size = sizeof why;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &why, &size) == 0 ? why : errno;
}

}  // namespace

Result<void> ask_view(const ViewState& served, std::chrono::milliseconds patience) {
  constexpr std::string_view question =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  constexpr std::string_view answer = "HTTP/1.";
  const auto deadline = Clock::now() + patience;
  const auto silent = [&](std::string_view why, Code code = Code::unavailable) {
    return Error{code, fmt::format("it does not answer at {}: {}", view_text(served), why)};
  };
  const Place place = place_of(served);
  if (place.size == 0) return silent("this is no place to ask at");
  const File socket(::socket(place.address.ss_family, SOCK_STREAM, 0));
  if (!socket || ::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) return silent(std::strerror(errno));
  // The kernel connects for a process that stands still, too.
  if (const int why = connect_error(socket, place, deadline); why != 0)
    return silent(std::strerror(why), why == EACCES ? Code::permission : Code::unavailable);
  if (::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0)
    return silent(std::strerror(errno));
  std::array<char, answer.size()> got{};
  for (std::size_t size = 0; size < got.size();) {
    if (!wait_for(socket, POLLIN, deadline))
      return silent(fmt::format("nothing came in {} ms", patience.count()));
    const ssize_t part = ::recv(socket.get(), got.data() + size, got.size() - size, 0);
    if (part == 0) return silent("it ends the connection");
    if (part > 0)
      size += static_cast<std::size_t>(part);
    else if (errno != EINTR && errno != EAGAIN)
      return silent(std::strerror(errno));
  }
  if (std::string_view(got.data(), got.size()) != answer) return silent("what is there speaks no HTTP");
  return {};
}

}  // namespace ssblog
