// SPDX-License-Identifier: MIT
#include "loop/tcp.h"

#include <fmt/format.h>

#include <cstring>

namespace ssblog {
namespace {

constexpr std::size_t read_size = 64 * 1024;

struct Write {
  uv_write_t request;
  ByteBuf bytes;
};

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

uv_stream_t* stream(uv_tcp_t* handle) { return reinterpret_cast<uv_stream_t*>(handle); }

const sockaddr_in* v4(const sockaddr_storage& raw) { return reinterpret_cast<const sockaddr_in*>(&raw); }
const sockaddr_in6* v6(const sockaddr_storage& raw) { return reinterpret_cast<const sockaddr_in6*>(&raw); }

bool mapped(const SocketAddress& address) {
  return address.raw.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6(address.raw)->sin6_addr);
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

TcpStream::TcpStream(Handle<uv_tcp_t> handle) : handle_(std::move(handle)), remote_(peer_of(handle_.get())) {
  handle_->data = this;
  uv_tcp_nodelay(handle_.get(), 1);  // where it cannot be set, lines come later; nothing else
}

void TcpStream::start(Events events) {
  events_ = std::move(events);
  resume();
}

void TcpStream::resume() {
  if (reading_ || ended_) return;
  const int code = uv_read_start(
      stream(handle_.get()),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        auto* self = static_cast<TcpStream*>(handle->data);
        if (self == nullptr) return;
        // Idle connections hold no buffer.
        self->buffer_.resize(read_size);
        *buffer = uv_buf_init(reinterpret_cast<char*>(self->buffer_.data()), read_size);
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        auto* self = static_cast<TcpStream*>(handle->data);
        if (self == nullptr) return;
        self->take(count, buffer);
      });
  reading_ = code == 0;
}

void TcpStream::pause() {
  if (!reading_) return;
  uv_read_stop(stream(handle_.get()));
  reading_ = false;
}

void TcpStream::take(ssize_t count, const uv_buf_t* buffer) {
  if (count == 0) return;  // nothing now
  if (count == UV_EOF) return end(nullptr);
  if (count < 0) {
    const Error error =
        uv_error(fmt::format("the connection with {}", remote_.text()), static_cast<int>(count));
    return end(&error);
  }
  // The call may end this object: the bytes must not go with it.
  const ByteBuf held = std::move(buffer_);
  if (events_.bytes)
    events_.bytes({reinterpret_cast<const std::uint8_t*>(buffer->base), static_cast<std::size_t>(count)});
}

void TcpStream::write(ByteBuf bytes) {
  if (dead_ || bytes.empty()) return;
  auto* write = new Write{{}, std::move(bytes)};
  write->request.data = write;
  waiting_ += write->bytes.size();
  const uv_buf_t buffer =
      uv_buf_init(reinterpret_cast<char*>(write->bytes.data()), static_cast<unsigned>(write->bytes.size()));
  const int code =
      uv_write(&write->request, stream(handle_.get()), &buffer, 1, [](uv_write_t* request, int status) {
        const std::unique_ptr<Write> own(static_cast<Write*>(request->data));
        auto* self = static_cast<TcpStream*>(request->handle->data);
        if (self == nullptr) return;
        self->written(own->bytes.size(), status);
      });
  if (code == 0) return;
  waiting_ -= write->bytes.size();
  delete write;
}

void TcpStream::written(std::size_t bytes, int status) {
  waiting_ -= bytes;
  if (status != 0) {
    const Error error = uv_error(fmt::format("the connection with {}", remote_.text()), status);
    return end(&error);
  }
  if (waiting_ == 0 && events_.drained && !dead_) events_.drained();
}

void TcpStream::shut() {
  if (dead_) return;
  auto* request = new uv_shutdown_t;
  const int code = uv_shutdown(request, stream(handle_.get()), [](uv_shutdown_t* done, int) { delete done; });
  if (code != 0) delete request;
}

void TcpStream::end(const Error* error) {
  if (dead_) return;
  dead_ = error != nullptr;
  if (ended_) return;
  ended_ = true;
  pause();
  const auto ended = std::move(events_.ended);
  if (ended) ended(error);
}

Result<std::unique_ptr<TcpListener>> TcpListener::listen(Loop& loop, const SocketAddress& address,
                                                         Accept accept) {
  const std::string doing = fmt::format("cannot listen on {}", address.text());
  auto handle = new_handle(loop);
  if (!handle) return handle.error();
  // IPv6 listens for itself: IPv4 has a listener of its own, and must not find its port taken.
  const unsigned flags = address.raw.ss_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0;
  int code = uv_tcp_bind(handle->get(), reinterpret_cast<const sockaddr*>(&address.raw), flags);
  if (code != 0) return uv_error(doing, code);
  std::unique_ptr<TcpListener> listener(new TcpListener(std::move(*handle), std::move(accept)));
  code = uv_listen(stream(listener->handle_.get()), backlog, [](uv_stream_t* server, int status) {
    auto* self = static_cast<TcpListener*>(server->data);
    if (self == nullptr || status != 0) return;
    self->take();
  });
  if (code != 0) return uv_error(doing, code);
  int size = sizeof listener->local_.raw;
  uv_tcp_getsockname(listener->handle_.get(), reinterpret_cast<sockaddr*>(&listener->local_.raw), &size);
  return listener;
}

TcpListener::TcpListener(Handle<uv_tcp_t> handle, Accept accept)
    : handle_(std::move(handle)), accept_(std::move(accept)) {
  handle_->data = this;
}

void TcpListener::take() {
  auto raw = std::make_unique<uv_tcp_t>();
  if (uv_tcp_init(handle_->loop, raw.get()) != 0) return;
  raw->data = nullptr;
  Handle<uv_tcp_t> handle(raw.release());
  if (uv_accept(stream(handle_.get()), stream(handle.get())) != 0) return;
  accept_(std::unique_ptr<TcpStream>(new TcpStream(std::move(handle))));
}

struct TcpDial::Lookup {
  uv_getaddrinfo_t request{};
  TcpDial* owner = nullptr;
};

TcpDial::TcpDial(Loop& loop, std::string host, std::uint16_t port, Done done)
    : loop_(loop), host_(std::move(host)), port_(port), done_(std::move(done)) {}

TcpDial::~TcpDial() {
  if (lookup_ != nullptr) {
    lookup_->owner = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup_->request));
  }
  if (connecting_ != nullptr) connecting_->data = nullptr;
}

void TcpDial::begin() {
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
        self->dial(addresses->ai_addr);
      },
      host_.c_str(), service.c_str(), &hints);
  if (code == 0) return;
  delete std::exchange(lookup_, nullptr);
  finish(uv_error(fmt::format("cannot find the host {}", host_), code));
}

void TcpDial::dial(const sockaddr* address) {
  auto handle = new_handle(loop_);
  if (!handle) return finish(handle.error());
  handle_ = std::move(*handle);
  connecting_ = new uv_connect_t;
  connecting_->data = this;
  const int code = uv_tcp_connect(connecting_, handle_.get(), address, [](uv_connect_t* request, int status) {
    const std::unique_ptr<uv_connect_t> own(request);
    auto* self = static_cast<TcpDial*>(request->data);
    if (self == nullptr) return;
    self->connecting_ = nullptr;
    if (status != 0) {
      return self->finish(
          uv_error(fmt::format("cannot connect to {} port {}", self->host_, self->port_), status));
    }
    self->finish(std::unique_ptr<TcpStream>(new TcpStream(std::move(self->handle_))));
  });
  if (code == 0) return;
  delete std::exchange(connecting_, nullptr);
  finish(uv_error(fmt::format("cannot connect to {} port {}", host_, port_), code));
}

void TcpDial::finish(Result<std::unique_ptr<TcpStream>> answer) {
  // The call may end this object.
  const Done done = std::move(done_);
  done(std::move(answer));
}

}  // namespace ssblog
