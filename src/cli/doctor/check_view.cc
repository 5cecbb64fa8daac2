// SPDX-License-Identifier: MIT
// cli/doctor/check_view.cc - what serves the REST API and the page: whether it is there, can listen, lets somebody in, and answers.
#include "cli/doctor/ask_view.h"
#include "cli/doctor/checks.h"
#include "cli/view_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace ssblog {
namespace {

constexpr std::chrono::seconds patience{2};  // with its answer

}  // namespace

void check_view(const Patient& patient, DoctorReport& report) {
  if (!patient.settings.has_view) return;
  const std::size_t before = report.findings().size();
  if (auto program = find_view_program(); !program)
    report.wrong("view", program.error().text,
                 "install cpp-httplib 0.11, and build ssblog anew; or leave out [view]");
  const auto tokens = TokenBook::open(patient.settings.home.directory);
  const auto opens_nothing = [](const ViewToken& one) { return one.right() == ViewRight::none; };
  if (!tokens)
    report.wrong("view", tokens.error().text, "a token is as good as a password: see who could have read it");
  else if (patient.daemon && patient.settings.view.socket.empty() &&
           std::all_of(tokens->tokens().begin(), tokens->tokens().end(), opens_nothing))
    report.wrong("view", "there is no token that opens anything, so nobody may read",
                 "make one with: ssblog view token add NAME");
  if (patient.daemon && !patient.daemon->view)
    report.wrong("view", "the daemon does not know of [view] in config.toml", "start the daemon anew");
  else if (patient.daemon && patient.daemon->view->state != "serving" &&
           patient.daemon->view->trouble.empty())
    report.hint("view", "the daemon does not serve it yet", "look again in a moment");
  const bool can_serve = report.findings().size() == before;
  if (tokens) {
    for (const ViewToken& one : tokens->tokens()) {
      if (opens_nothing(one))
        report.hint(
            "view",
            fmt::format("the token {} is for something that this version does not know: it opens nothing",
                        one.name),
            fmt::format("ssblog view token revoke {}", one.name));
    }
  }
  if (!can_serve || !patient.daemon || !patient.daemon->view) return;
  // Its trouble is among the daemon's.
  const ViewState& view = *patient.daemon->view;
  if (view.state != "serving") return;
  if (auto answered = ask_view(view, patience); !answered)
    report.wrong("view", answered.error().text,
                 answered.error().code == Code::permission
                     ? "[view] socket_mode and socket_group say who may"
                     : "it may stand still, or be busy: end it with `pkill -KILL ssblog-view`, and the "
                       "daemon starts it again");
  else
    report.good("view", fmt::format("served at {}", view_text(view)));
}

}  // namespace ssblog
