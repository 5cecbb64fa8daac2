// SPDX-License-Identifier: MIT
#include "loop/tcp.h"

#include "loop/listening.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace ssblog {
namespace {

Result<Handle<uv_tcp_t>> new_handle(Loop& loop) {
  auto raw = std::make_unique<uv_tcp_t>();
  // Before uv_tcp_init has succeeded there is nothing to close.
  if (const int code = uv_tcp_init(loop.raw(), raw.get()); code != 0)
    return uv_error("cannot make a socket", code);
  raw->data = nullptr;
  return Handle<uv_tcp_t>(raw.release());
}

SocketAddress peer_of(const uv_tcp_t* handle) {
  SocketAddress address;
  int size = sizeof address.raw;
  uv_tcp_getpeername(handle, reinterpret_cast<sockaddr*>(&address.raw), &size);
  return address;
}

int socket_of(const uv_tcp_t* handle) {
  uv_os_fd_t socket = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(handle), &socket);
  return socket;
}

uv_stream_t* stream(uv_tcp_t* handle) { return reinterpret_cast<uv_stream_t*>(handle); }

const sockaddr_in* v4(const sockaddr_storage& raw) { return reinterpret_cast<const sockaddr_in*>(&raw); }
const sockaddr_in6* v6(const sockaddr_storage& raw) { return reinterpret_cast<const sockaddr_in6*>(&raw); }

bool mapped(const SocketAddress& address) {
  return address.raw.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6(address.raw)->sin6_addr);
}

/// The name of an interface, or its number where it is gone.
std::string scope_name(unsigned number) {
  char name[UV_IF_NAMESIZE] = {};
  std::size_t size = sizeof name;
  return uv_if_indextoname(number, name, &size) == 0 ? std::string(name) : std::to_string(number);
}

}  // namespace

Result<SocketAddress> SocketAddress::from(const std::string& host, std::uint16_t port) {
  SocketAddress address;
  if (uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(&address.raw)) == 0) return address;
  if (uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(&address.raw)) == 0) return address;
  return Error{Code::usage, fmt::format("{} is no numeric IP address", host)};
}

std::string SocketAddress::host() const {
  char name[INET6_ADDRSTRLEN + UV_IF_NAMESIZE] = {};
  if (mapped(*this)) {
    uv_inet_ntop(AF_INET, &v6(raw)->sin6_addr.s6_addr[12], name, sizeof name);
  } else if (raw.ss_family == AF_INET6) {
    uv_ip6_name(v6(raw), name, sizeof name);
    if (one_link() && v6(raw)->sin6_scope_id != 0)
      return fmt::format("{}%{}", name, scope_name(v6(raw)->sin6_scope_id));
  } else if (raw.ss_family == AF_INET) {
    uv_ip4_name(v4(raw), name, sizeof name);
  }
  return name;
}

std::uint16_t SocketAddress::port() const {
  return ntohs(raw.ss_family == AF_INET6 ? v6(raw)->sin6_port : v4(raw)->sin_port);
}

std::string SocketAddress::text() const {
  const std::string name = host();
  return name.find(':') == std::string::npos ? fmt::format("{}:{}", name, port())
                                             : fmt::format("[{}]:{}", name, port());
}

bool SocketAddress::loopback() const {
  if (raw.ss_family == AF_INET) return ntohl(v4(raw)->sin_addr.s_addr) >> 24 == 127;
  return mapped(*this) ? v6(raw)->sin6_addr.s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(&v6(raw)->sin6_addr);
}

bool SocketAddress::wildcard() const {
  if (raw.ss_family == AF_INET) return v4(raw)->sin_addr.s_addr == INADDR_ANY;
  return IN6_IS_ADDR_UNSPECIFIED(&v6(raw)->sin6_addr);
}

bool SocketAddress::one_link() const {
  return raw.ss_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6(raw)->sin6_addr);
}

TcpStream::TcpStream(Handle<uv_tcp_t> handle, const SocketAddress& remote)
    : Stream(StreamHandle(stream(handle.release())), remote.text()), remote_(remote) {}

std::unique_ptr<TcpStream> TcpStream::of(Handle<uv_tcp_t> handle) {
  uv_tcp_nodelay(handle.get(), 1);  // where it cannot be set, lines come later; nothing else
  const SocketAddress remote = peer_of(handle.get());
  return std::unique_ptr<TcpStream>(new TcpStream(std::move(handle), remote));
}

Result<std::unique_ptr<TcpListener>> TcpListener::listen(Loop& loop, const SocketAddress& address,
                                                         Accept accept) {
  std::unique_ptr<TcpListener> listener(new TcpListener(loop, address, std::move(accept)));
  if (auto opened = listener->open(); !opened) return opened.error();
  return listener;
}

TcpListener::TcpListener(Loop& loop, const SocketAddress& address, Accept accept)
    : loop_(loop), local_(address), accept_(std::move(accept)), again_(loop, [this] {
        if (!open()) rest();
      }) {}

Result<void> TcpListener::open() {
  const std::string doing = fmt::format("cannot listen on {}", local_.text());
  auto handle = new_handle(loop_);
  if (!handle) return handle.error();
  // IPv6 listens for itself: IPv4 has a listener of its own, and must not find its port taken.
  const unsigned flags = local_.raw.ss_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0;
  int code = uv_tcp_bind(handle->get(), reinterpret_cast<const sockaddr*>(&local_.raw), flags);
  if (code != 0) return uv_error(doing, code);
  // That another program has the port is told here.
  int size = sizeof local_.raw;
  code = uv_tcp_getsockname(handle->get(), reinterpret_cast<sockaddr*>(&local_.raw), &size);
  if (code != 0) return uv_error(doing, code);
  auto listening = listen_at(
      loop_, socket_of(handle->get()), backlog, this,
      [](uv_poll_t* poll, int status, int) {
        if (poll->data != nullptr) static_cast<TcpListener*>(poll->data)->hear(status);
      },
      doing);
  if (!listening) return listening.error();
  handle_ = std::move(*handle);
  listening_ = std::move(*listening);
  return {};
}

/// The same connection would be asked for again and again, and nothing else would happen in this process: those that are to be
/// closed could not be. It stops when the listener is closed.
void TcpListener::rest() {
  listening_.reset();
  handle_.reset();
  again_.start(lack_pause);
}

void TcpListener::hear(int status) {
  if (status < 0) return rest();
  const int descriptor = accept_at(socket_of(handle_.get()));
  if (descriptor >= 0) return take(descriptor);
  if (!is_passing(descriptor)) rest();
}

void TcpListener::take(int descriptor) {
  auto handle = new_handle(loop_);
  if (!handle || uv_tcp_open(handle->get(), descriptor) != 0) {
    ::close(descriptor);
    return;
  }
  accept_(TcpStream::of(std::move(*handle)));
}

struct TcpDial::Lookup {
  uv_getaddrinfo_t request{};
  TcpDial* owner = nullptr;
};

TcpDial::TcpDial(Loop& loop, std::string host, std::uint16_t port, Done done)
    : loop_(loop), host_(std::move(host)), port_(port), done_(std::move(done)), late_(loop, [this] {
        late();
      }) {}

TcpDial::~TcpDial() {
  if (lookup_ != nullptr) {
    lookup_->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup_->request));
  }
  if (connecting_ != nullptr) connecting_->data = nullptr;
}

void TcpDial::begin() {
  late_.start(patience);
  lookup_ = new Lookup;
  lookup_->owner = this;
  lookup_->request.data = lookup_;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const std::string service = std::to_string(port_);
  const int code = uv_getaddrinfo(
      loop_.raw(), &lookup_->request,
      [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
        const std::unique_ptr<Lookup> own(static_cast<Lookup*>(request->data));
        const std::unique_ptr<addrinfo, decltype(&uv_freeaddrinfo)> addresses(found, &uv_freeaddrinfo);
        TcpDial* self = own->owner;
        if (self == nullptr) return;
        self->lookup_ = nullptr;
        if (status != 0)
          return self->finish(uv_error(fmt::format("cannot find the host {}", self->host_), status));
        for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
          SocketAddress address;
          std::memcpy(&address.raw, one->ai_addr, std::min<std::size_t>(one->ai_addrlen, sizeof address.raw));
          self->addresses_.push_back(address);
        }
        self->dial_next();
      },
      host_.c_str(), service.c_str(), &hints);
  if (code == 0) return;
  delete std::exchange(lookup_, nullptr);
  finish(uv_error(fmt::format("cannot find the host {}", host_), code));
}

/// A name may stand for several addresses, of IPv6 and IPv4: the first that answers.
void TcpDial::dial_next() {
  late_.start(patience);
  const SocketAddress address = addresses_[next_++];
  auto handle = new_handle(loop_);
  if (!handle) return finish(handle.error());
  handle_ = std::move(*handle);
  connecting_ = new uv_connect_t;
  connecting_->data = this;
  const int code = uv_tcp_connect(connecting_, handle_.get(), reinterpret_cast<const sockaddr*>(&address.raw),
                                  [](uv_connect_t* request, int status) {
                                    const std::unique_ptr<uv_connect_t> own(request);
                                    auto* self = static_cast<TcpDial*>(request->data);
                                    if (self == nullptr) return;
                                    self->connecting_ = nullptr;
                                    if (status != 0) return self->failed(status);
                                    self->finish(TcpStream::of(std::move(self->handle_)));
                                  });
  if (code == 0) return;
  delete std::exchange(connecting_, nullptr);
  failed(code);
}

/// The system would wait for minutes.
void TcpDial::late() {
  if (connecting_ != nullptr) std::exchange(connecting_, nullptr)->data = nullptr;
  if (lookup_ != nullptr) {
    std::exchange(lookup_, nullptr)->owner = nullptr;
    return finish(uv_error(fmt::format("cannot find the host {}", host_), UV_ETIMEDOUT));
  }
  handle_.reset();
  failed(UV_ETIMEDOUT);
}

void TcpDial::failed(int code) {
  if (next_ < addresses_.size() && next_ < most_tries) return dial_next();
  finish(uv_error(fmt::format("cannot connect to {} port {}", host_, port_), code));
}

void TcpDial::finish(Result<std::unique_ptr<TcpStream>> answer) {
  late_.stop();
  // The call may end this object.
  const Done done = std::move(done_);
  done(std::move(answer));
}

}  // namespace ssblog
