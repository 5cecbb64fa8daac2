// SPDX-License-Identifier: MIT
#include "store/invites.h"

#include "store/peer_book.h"

namespace ssblog {
namespace {

InviteRow read_row(const Statement::Run& run) {
  InviteRow row;
  row.guest = FeedId::from(run.blob(0)).value_or(FeedId{});
  row.uses = run.integer(1);
  row.used = run.integer(2);
  row.created = run.integer(3);
  row.expires = run.maybe_integer(4);
  row.revoked = run.maybe_integer(5);
  row.note = run.text(6);
  return row;
}

}  // namespace

std::string_view to_text(InviteState state) {
  switch (state) {
    case InviteState::open:
      return "open";
    case InviteState::used_up:
      return "used up";
    case InviteState::expired:
      return "expired";
    case InviteState::revoked:
      return "revoked";
  }
  return "";
}

InviteState InviteRow::state(Millis now) const {
  if (revoked) return InviteState::revoked;
  if (used >= uses) return InviteState::used_up;
  return expires && now >= *expires ? InviteState::expired : InviteState::open;
}

std::string InviteRow::name() const { return to_hex(guest.view().first(4)); }

InviteBook::InviteBook(Store& store)
    : all_(store.database(),
           "SELECT guest, uses, used, created, expires, revoked, note FROM invites ORDER BY created, guest"),
      find_(store.database(),
            "SELECT guest, uses, used, created, expires, revoked, note FROM invites WHERE guest = ?"),
      users_(store.database(), "SELECT feed FROM invited WHERE guest = ? ORDER BY time, feed") {}

Result<std::vector<InviteRow>> InviteBook::all() {
  std::vector<InviteRow> rows;
  auto run = all_.run();
  for (;;) {
    auto row = run.step();
    if (!row) return row.error();
    if (!*row) return rows;
    InviteRow invite = read_row(run);
    auto users = users_.run(invite.guest.view());
    for (;;) {
      auto user = users.step();
      if (!user) return user.error();
      if (!*user) break;
      if (const auto feed = FeedId::from(users.blob(0))) invite.users.push_back(*feed);
    }
    rows.push_back(std::move(invite));
  }
}

Result<std::optional<InviteRow>> InviteBook::find(const FeedId& guest) {
  auto run = find_.run(guest.view());
  auto row = run.step();
  if (!row) return row.error();
  return *row ? std::optional(read_row(run)) : std::nullopt;
}

Result<bool> InviteBook::knows(const FeedId& guest) {
  auto row = find(guest);
  if (!row) return row.error();
  return row->has_value();
}

Result<void> add_invite(Batch& batch, const InviteRow& invite) {
  Statement insert(
      batch.database(),
      "INSERT INTO invites(guest, uses, used, created, expires, revoked, note) VALUES (?, ?, ?, ?, ?, ?, ?)");
  return insert.exec(invite.guest.view(), invite.uses, invite.used, invite.created, invite.expires,
                     invite.revoked, std::string_view(invite.note));
}

Result<bool> revoke_invite(Batch& batch, const FeedId& guest, Millis now) {
  Statement revoke(batch.database(), "UPDATE invites SET revoked = ? WHERE guest = ? AND revoked IS NULL");
  if (auto revoked = revoke.exec(now, guest.view()); !revoked) return revoked.error();
  return batch.database().changes() > 0;
}

Result<void> use_invite(Batch& batch, const FeedId& own, const FeedId& guest, const FeedId& feed,
                        Millis now) {
  if (feed == own) return Error{Code::usage, "feed to follow is this host's own"};
  if (feed == guest)
    return Error{Code::usage, "feed to follow is the key of the invite, which others have too"};
  // ssb-server's order: who is followed hears so, whatever became of the invite.
  auto relation = relation_of(batch.store(), own, feed);
  if (!relation) return relation.error();
  if (*relation == Relation::follows) return Error{Code::failed, "already following"};
  if (*relation == Relation::blocks) return Error{Code::permission, "feed is blocked by this host"};
  auto row = InviteBook(batch.store()).find(guest);
  if (!row) return row.error();
  if (!*row) return Error{Code::permission, "invite is unknown"};
  switch ((*row)->state(now)) {
    case InviteState::open:
      break;
    case InviteState::used_up:
      return Error{Code::permission, "invite was used up"};
    case InviteState::expired:
      return Error{Code::permission, "invite has expired"};
    case InviteState::revoked:
      return Error{Code::permission, "invite was revoked"};
  }
  Statement count(batch.database(), "UPDATE invites SET used = used + 1 WHERE guest = ?");
  if (auto counted = count.exec(guest.view()); !counted) return counted;
  // A host that was unfollowed and uses it again stands there once.
  Statement note(batch.database(), "INSERT OR REPLACE INTO invited(guest, feed, time) VALUES (?, ?, ?)");
  return note.exec(guest.view(), feed.view(), now);
}

}  // namespace ssblog
