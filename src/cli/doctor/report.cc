// SPDX-License-Identifier: MIT
#include "cli/doctor/report.h"

#include "assemble/escape.h"
#include "feed/json.h"
#include "feed/utf.h"

#include <fmt/format.h>

#include <algorithm>

namespace ssblog {
namespace {

/// Names of files and of hosts are anybody's bytes.
std::string json_text(std::string_view text) { return json_string(decode_utf8(as_bytes(text))); }

/// ... and what could steer a terminal among them is escaped.
std::string one_line(std::string_view text) {
  std::string line;
  escape_line(as_bytes(text), line);
  return line;
}

}  // namespace

std::string_view grade_name(Grade grade) {
  switch (grade) {
    case Grade::good:
      return "good";
    case Grade::hint:
      return "hint";
    case Grade::wrong:
      return "wrong";
  }
  return "";
}

std::size_t DoctorReport::count(Grade grade) const {
  return static_cast<std::size_t>(std::count_if(
      findings_.begin(), findings_.end(), [&](const DoctorFinding& one) { return one.grade == grade; }));
}

std::string as_text(const DoctorReport& report, bool with_good) {
  std::string text;
  for (const DoctorFinding& finding : report.findings()) {
    if (finding.grade == Grade::good && !with_good) continue;
    text +=
        fmt::format("{:<5}  {:<8}  {}\n", grade_name(finding.grade), finding.about, one_line(finding.text));
    if (!finding.remedy.empty()) text += fmt::format("{:17}-> {}\n", "", one_line(finding.remedy));
  }
  return text;
}

std::string as_json(const DoctorReport& report) {
  std::string text;
  for (const DoctorFinding& finding : report.findings()) {
    text += fmt::format(R"({{"grade":"{}","about":{},"text":{},"remedy":{}}})"
                        "\n",
                        grade_name(finding.grade), json_text(finding.about), json_text(finding.text),
                        finding.remedy.empty() ? "null" : json_text(finding.remedy));
  }
  return text;
}

}  // namespace ssblog
