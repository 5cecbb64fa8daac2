// SPDX-License-Identifier: MIT
// cli/doctor/report.h - what the doctor found: sentences for a person, with what to do.
//
// Filled by the checks (checks.h), printed by doctor.cc. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

enum class Grade {
  good,
  hint,   ///< works, but somebody should know
  wrong,  ///< does not work, or will not
};

/// "good", "hint", "wrong".
std::string_view grade_name(Grade grade);

struct DoctorFinding {
  Grade grade = Grade::good;
  std::string about;   ///< the part of the host, one word
  std::string text;    ///< what is so, one sentence
  std::string remedy;  ///< what to do; empty for what is good
};

class DoctorReport {
 public:
  void good(std::string about, std::string text) { add(Grade::good, std::move(about), std::move(text), {}); }
  void hint(std::string about, std::string text, std::string remedy) {
    add(Grade::hint, std::move(about), std::move(text), std::move(remedy));
  }
  void wrong(std::string about, std::string text, std::string remedy) {
    add(Grade::wrong, std::move(about), std::move(text), std::move(remedy));
  }

  const std::vector<DoctorFinding>& findings() const { return findings_; }
  std::size_t count(Grade grade) const;

 private:
  void add(Grade grade, std::string about, std::string text, std::string remedy) {
    findings_.push_back({grade, std::move(about), std::move(text), std::move(remedy)});
  }
  std::vector<DoctorFinding> findings_;
};

/// All of them, a line each, what to do indented below; good ones only if `with_good`.
std::string as_text(const DoctorReport& report, bool with_good);
/// A JSON object a line.
std::string as_json(const DoctorReport& report);

}  // namespace ssblog
