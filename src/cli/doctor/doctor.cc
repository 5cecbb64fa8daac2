// SPDX-License-Identifier: MIT
// cli/doctor/doctor.cc - what is wrong with this host, and what to do.
#include "cli/doctor/bundle.h"
#include "cli/doctor/checks.h"
#include "store/files.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

std::string summary(const DoctorReport& report) {
  const auto wrong = report.count(Grade::wrong), hints = report.count(Grade::hint);
  if (wrong == 0 && hints == 0) return "nothing is wrong\n";
  return fmt::format("{} thing{} wrong, {} hint{}\n", wrong, wrong == 1 ? " is" : "s are", hints,
                     hints == 1 ? "" : "s");
}

}  // namespace

Result<int> run_doctor(const Words& words) {
  Options options(
      "doctor",
      "Looks at this host, its machine and its network, and says what is wrong and what to do. It changes "
      "nothing. Exit 0: nothing is wrong; 1: something is.",
      "  ssblog doctor\n"
      "  ssblog doctor --bundle report.txt     # for a bug report; read it before you send it");
  std::optional<std::string> path, bundle, root;
  bool json = false, all = false;
  options.flag("-a,--all", all, "Show what is good, too");
  options.flag("--json", json, "Print a JSON object for each finding");
  options.value(
      "--bundle FILE", bundle,
      "Write what a bug report needs into a new FILE: versions, findings, settings, the daemon's log; "
      "without secrets");
  options.value("--root DIR", root,
                "Look for the machine's own files (logrotate's, the firewall's) below DIR");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();

  Patient patient;
  patient.root = root.value_or("");
  DoctorReport report;
  if (check_home(path, patient, report)) {
    check_store(patient, report);
    check_network(patient, report);
    check_hosts(patient, report);
    check_sources(patient, report);
    check_sinks(patient, report);
    check_view(patient, report);
    check_machine(patient, report);
  }
  if (bundle) {
    auto text = make_bundle(patient, report);
    if (!text) return text.error();
    if (auto made = create_file(*bundle, *text, 0600); !made) return made.error();
    say(fmt::format("{} is written; read it before you send it to somebody", *bundle));
  }
  if (json) {
    print(as_json(report));
  } else {
    print(as_text(report, all));
    print(summary(report));
  }
  return done(report.count(Grade::wrong) > 0 ? static_cast<int>(Code::failed) : 0);
}

}  // namespace ssblog
