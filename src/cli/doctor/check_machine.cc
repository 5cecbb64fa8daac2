// SPDX-License-Identifier: MIT
// cli/doctor/check_machine.cc - the machine: its clock, its id, whether the daemon comes back after a restart.
#include "cli/doctor/checks.h"
#include "cli/units.h"
#include "store/guard.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#ifdef __linux__
#include <sys/timex.h>
#endif

namespace ssblog {
namespace {

constexpr Millis first_release = 1'763'000'000'000;  // November 2025: a clock before it was never set

/// Of our own last message; 0: there is none, or it cannot be read.
Millis last_own_message(const Patient& patient) {
  if (!patient.own) return 0;
  auto store = open_to_read(patient.settings.home);
  if (!store) return 0;
  auto row = store->feed(*patient.own);
  return row && *row && (*row)->tip ? clamp_time((*row)->timestamp) : 0;
}

void check_clock(const Patient& patient, DoctorReport& report) {
  constexpr Millis tolerated = 60'000;
  const std::string remedy = "set the clock, and let it be kept right (timedatectl set-ntp true)";
  const Millis now = clock_now(), last = last_own_message(patient);
  if (now < first_release) {
    report.wrong("clock", "the clock of this machine stands before ssblog was written", remedy);
  } else if (last - now > tolerated) {
    report.wrong("clock",
                 fmt::format("the clock stands {} before this host's own last message",
                             age_text(std::chrono::milliseconds(last - now))),
                 remedy);
  }
#ifdef __linux__
  timex kernel{};
  if (::adjtimex(&kernel) >= 0 && (kernel.status & STA_UNSYNC) != 0)
    report.hint("clock", "the kernel says that nobody keeps the clock right", remedy);
#endif
}

bool is_enabled(const std::string& root, const std::string& unit) {
  std::error_code error;
  for (const char* const folder : {"/etc/systemd/system", "/usr/lib/systemd/system"}) {
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(
            fmt::format("{}{}/multi-user.target.wants/{}", root, folder, unit), error)))
      return true;
  }
  return false;
}

void check_service(const Patient& patient, DoctorReport& report) {
  // systemd alone is known; elsewhere a person has to know.
  if (::access((patient.root + "/run/systemd/system").c_str(), F_OK) != 0) return;
  const bool system = patient.settings.home.directory == default_home(true).directory;
  if (!system || is_enabled(patient.root, "ssblog.service")) return;
  report.hint("service", "ssblog.service is not enabled: after a restart of the machine no daemon runs",
              "systemctl enable --now ssblog");
}

}  // namespace

void check_machine(const Patient& patient, DoctorReport& report) {
  check_clock(patient, report);
  check_service(patient, report);
  if (auto machine = this_machine(); machine && *machine == MachineId{}) {
    report.hint("machine", "this machine has no id (/etc/machine-id): a clone of it cannot be told from it",
                "systemd-machine-id-setup");
  }
}

}  // namespace ssblog
