// SPDX-License-Identifier: MIT
#include "sim/link.h"

#include <algorithm>

namespace ssblog::sim {
namespace {

constexpr std::size_t rpc_header_bytes = 9;
constexpr std::size_t box_header_bytes = 34;
constexpr std::size_t box_body_bytes = 4096;

}  // namespace

End& End::peer() const { return link_->ends_[this == &link_->ends_[0] ? 1 : 0]; }

bool End::has_room() const {
  const bool room = waiting_ + out_bytes_ < link_->manner_.room;
  if (!room) const_cast<End*>(this)->was_full_ = true;
  return room;
}

void End::send(Item item) {
  if (!open_ || inhabitant_ == nullptr || !inhabitant_->lets_out(*this, item)) return;
  out_bytes_ += rpc_header_bytes + item.text.size();
  ++inhabitant_->traffic().items;
  out_.push_back(std::move(item));
}

void End::send_ebt(std::string_view json) {
  if (ebt_) send({Item::Kind::ebt, {}, std::string(json)});
}

CallId End::call_history(std::string_view args) {
  const CallId id{++last_call_};
  send({Item::Kind::history_call, {-id.n}, std::string(args)});
  return id;
}

void End::send_history(CallId id, std::string_view json) {
  send({Item::Kind::history, {-id.n}, std::string(json)});
}

void End::end_history(CallId id) { send({Item::Kind::history_end, {-id.n}, "true"}); }

void End::call_ebt() {
  ebt_ = true;
  send({Item::Kind::ebt_call, {}, R"({"name":["ebt","replicate"],"args":[{"version":3}],"type":"duplex"})"});
}

void End::refuse_ebt() { send({Item::Kind::ebt_refusal, {}, R"({"message":"no such method"})"}); }

void End::flush() {
  if (taking_ || out_.empty() || !open_) return;
  const std::size_t boxes = (out_bytes_ + box_body_bytes - 1) / box_body_bytes;
  if (inhabitant_ != nullptr) {
    inhabitant_->traffic().bytes += out_bytes_ + boxes * box_header_bytes;
    ++inhabitant_->traffic().writes;
  }
  waiting_ += out_bytes_;
  Chunk chunk{std::move(out_), out_bytes_};
  out_.clear();
  out_bytes_ = 0;
  last_arrival_ = std::max(link_->queue_.now() + link_->delay(), last_arrival_);
  End& there = peer();
  link_->queue_.at(last_arrival_, there.own_,
                   [link = link_->shared_from_this(), &there, chunk = std::move(chunk)]() mutable {
                     there.arrive(std::move(chunk));
                   });
}

void End::arrive(Chunk chunk) {
  if (link_->cut_ || !open_) return;
  inbox_.push_back(std::move(chunk));
  read();
}

void End::read() {
  if (taking_) return;
  while (!inbox_.empty() && !held_back_ && open_ && inhabitant_ != nullptr) {
    const Chunk chunk = std::move(inbox_.front());
    inbox_.pop_front();
    taking_ = true;
    for (const Item& item : chunk.items) {
      if (open_ && inhabitant_ != nullptr) inhabitant_->take(*this, item);
    }
    taking_ = false;
    if (open_ && inhabitant_ != nullptr) inhabitant_->taken(*this);
    flush();
    // The sender learns that there is room again when this was read.
    End& there = peer();
    there.waiting_ -= chunk.bytes;
    if (!there.was_full_) continue;
    there.was_full_ = false;
    link_->queue_.after(link_->delay(), there.own_, [link = link_->shared_from_this(), &there] {
      if (there.open_ && there.inhabitant_ != nullptr) there.inhabitant_->can_send(there);
    });
  }
}

void End::hold_back(bool on) {
  if (std::exchange(held_back_, on) == on || on) return;
  link_->queue_.at(link_->queue_.now(), own_, [link = link_->shared_from_this(), this] { read(); });
}

void End::open() {
  if (link_->cut_ || inhabitant_ == nullptr) return;
  open_ = true;
  number_ = inhabitant_->new_number();
  inhabitant_->opened(*this);
  flush();
}

void End::shut() {
  if (!std::exchange(open_, false)) return;
  if (inhabitant_ != nullptr) inhabitant_->closed(*this);
  link_->settle();
}

void End::close_soon() {
  if (std::exchange(closing_, true)) return;
  flush();
  link_->shut_later(this == &link_->ends_[0] ? 0 : 1, link_->queue_.now());
  End& there = peer();
  const std::size_t index = &there == &link_->ends_[0] ? 0 : 1;
  link_->shut_later(index, std::max(last_arrival_, link_->queue_.now() + link_->delay()));
}

void Link::open(Inhabitant& a, HostNumber a_number, Inhabitant& b, HostNumber b_number) {
  const std::array<Inhabitant*, 2> who = {&a, &b};
  const std::array<HostNumber, 2> numbers = {a_number, b_number};
  for (std::size_t i = 0; i < 2; ++i) {
    ends_[i].link_ = this;
    ends_[i].inhabitant_ = who[i];
    ends_[i].own_ = numbers[i];
    ends_[i].other_ = numbers[1 - i];
    ends_[i].host_ = who[1 - i]->id();
    ends_[i].dialled_ = i == 0;
  }
  // The server ends the handshake first.
  const Time server = queue_.now() + delay() + delay();
  queue_.at(server, b_number, [link = shared_from_this()] {
    if (link->cut_) return;
    Inhabitant* there = link->ends_[1].inhabitant_;
    Inhabitant* here = link->ends_[0].inhabitant_;
    if (there == nullptr || here == nullptr || !there->admits(here->id()) || !here->admits(there->id()))
      return link->cut();
    const Time client = link->queue_.now() + link->delay();
    link->queue_.at(client, link->ends_[0].own_, [link] {
      link->opening_ = false;
      link->ends_[0].open();
      link->settle();
    });
    // Nothing arrives where nobody is yet.
    link->ends_[1].last_arrival_ = client;
    link->ends_[1].open();
  });
}

void Link::cut() {
  if (std::exchange(cut_, true)) return;
  opening_ = false;
  for (std::size_t i = 0; i < 2; ++i) shut_later(i, queue_.now() + delay() * 5);
}

void Link::desert(HostNumber host) {
  for (End& end : ends_) {
    if (end.own_ != host) continue;
    end.inhabitant_ = nullptr;
    end.open_ = false;
  }
  if (!cut_) cut();
}

void Link::shut_later(std::size_t index, Time at) {
  queue_.at(at, ends_[index].own_, [link = shared_from_this(), index] {
    link->ends_[index].shut();
    link->settle();
  });
}

/// Tells once that nothing is left of it.
void Link::settle() {
  if (opening_ || ends_[0].open_ || ends_[1].open_ || std::exchange(told_, true)) return;
  over_(*this);
}

}  // namespace ssblog::sim
