// SPDX-License-Identifier: MIT
#include "assemble/clock_text.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"

#include <date/tz.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <exception>

namespace ssblog {
namespace {

constexpr std::size_t longest_format = 200, longest_text = 1000;
constexpr std::string_view milliseconds = "%3N";

enum class Form { iso, short_form, unix_seconds, unix_ms, strftime };

Form form_of(std::string_view format) {
  if (format.empty() || format == "iso") return Form::iso;
  if (format == "short") return Form::short_form;
  if (format == "unix") return Form::unix_seconds;
  return format == "unix-ms" ? Form::unix_ms : Form::strftime;
}

/// "+01:00"
std::string offset_text(std::int64_t seconds) {
  const std::int64_t minutes = std::abs(seconds) / 60;
  return fmt::format("{}{:02}:{:02}", seconds < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/// The first conversion that strftime of C and POSIX, with GNU's flags and widths, does not have: it would show as it stands.
std::optional<std::string> unknown_conversion(std::string_view format) {
  constexpr std::string_view known = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%";
  bool has_milliseconds = false;
  for (std::size_t at = 0; (at = format.find('%', at)) != std::string_view::npos;) {
    const std::size_t begin = at++;
    if (format.substr(begin, milliseconds.size()) == milliseconds && !has_milliseconds) {
      has_milliseconds = true;
      at = begin + milliseconds.size();
      continue;
    }
    at = format.find_first_not_of("_-0123456789^#EO", at);
    if (at == std::string_view::npos || known.find(format[at]) == std::string_view::npos)
      return std::string(format.substr(begin, at == std::string_view::npos ? at : at + 1 - begin));
    ++at;
  }
  return std::nullopt;
}

}  // namespace

struct ClockText::State {
  const date::time_zone* zone = nullptr;  ///< none: UTC
  Form form = Form::iso;
  std::string format;
  date::sys_info stretch{};   ///< where `begin` <= time < `end`
  std::int64_t second = -1;   ///< that `before` and `after` are of
  std::string before, after;  ///< what stands before and behind the milliseconds
  bool has_milliseconds = false;

  const date::sys_info& at(std::int64_t seconds) {
    const date::sys_seconds time{std::chrono::seconds(seconds)};
    if (zone != nullptr && !(time >= stretch.begin && time < stretch.end)) stretch = zone->get_info(time);
    return stretch;
  }

  std::string strftime_text(const std::string& pattern, std::tm time) const {
    if (pattern.empty()) return {};
    std::array<char, longest_text> text{};
    return {text.data(), std::strftime(text.data(), text.size(), pattern.c_str(), &time)};
  }

  void begin_second(std::int64_t seconds) {
    second = seconds;
    const date::sys_info& info = at(seconds);
    const std::int64_t offset = info.offset.count();
    std::tm time = fmt::gmtime(static_cast<std::time_t>(seconds + offset));
    const std::string name = zone == nullptr ? "UTC" : info.abbrev;
    time.tm_gmtoff = static_cast<long>(offset);
    time.tm_zone = name.c_str();
    const auto split = format.find(milliseconds);
    has_milliseconds = split != std::string::npos;
    before = strftime_text(format.substr(0, split), time);
    after =
        has_milliseconds ? strftime_text(format.substr(split + milliseconds.size()), time) : std::string();
    if (form == Form::iso) after = zone == nullptr ? "Z" : offset_text(offset);
  }
};

ClockText::ClockText() = default;
ClockText::~ClockText() = default;
ClockText::ClockText(ClockText&&) noexcept = default;
ClockText& ClockText::operator=(ClockText&&) noexcept = default;

Result<ClockText> ClockText::make(const ClockStyle& style) {
  ClockText text;
  const Form form = form_of(style.format);
  const bool is_utc = style.zone.empty() || style.zone == "UTC";
  if (is_utc && form == Form::iso) return text;
  text.state_ = std::make_unique<State>();
  text.state_->form = form;
  if (!is_utc) {
    try {
      text.state_->zone = style.zone == "local" ? date::current_zone() : date::locate_zone(style.zone);
    } catch (const std::exception&) {
      return Error{Code::usage,
                   fmt::format("this machine knows no time zone \"{}\"; say one as \"Europe/Berlin\", "
                               "\"UTC\" or \"local\"",
                               style.zone)};
    }
  }
  switch (form) {
    case Form::iso:
      text.state_->format = "%Y-%m-%dT%H:%M:%S.%3N";
      break;
    case Form::short_form:
      text.state_->format = "%b %e %H:%M:%S";
      break;
    case Form::unix_seconds:
    case Form::unix_ms:
      break;
    case Form::strftime:
      text.state_->format = style.format;
      break;
  }
  if (form != Form::strftime) return text;
  if (style.format.size() > longest_format) {
    return Error{Code::usage, fmt::format("a time format has at most {} characters, this one has {}",
                                          longest_format, style.format.size())};
  }
  if (const auto unknown = unknown_conversion(style.format)) {
    return Error{Code::usage,
                 fmt::format("\"{}\" in the time format \"{}\" is none of strftime's; milliseconds are "
                             "%3N, once, and a percent sign is %%",
                             quotable(*unknown), quotable(style.format))};
  }
  if (style.format.find('%') == std::string::npos) {
    return Error{Code::usage,
                 fmt::format("the time format \"{}\" shows no time; say iso, short, unix, unix-ms, or one of "
                             "strftime, as \"%Y-%m-%d %H:%M:%S.%3N\"",
                             quotable(style.format))};
  }
  // Tried on a day of two-digit numbers.
  std::string sample;
  text.append(sample, 1'795'276'799'123);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
  if (sample.empty() || std::any_of(sample.begin(), sample.end(), is_control)) {
    return Error{
        Code::usage,
        fmt::format("the time format \"{}\" gives no text of one line; say iso, short, unix, unix-ms, or "
                    "one of strftime, as \"%Y-%m-%d %H:%M:%S.%3N\"",
                    style.format)};
  }
  return text;
}

void ClockText::append(std::string& out, Millis time) {
  if (state_ == nullptr) return append_utc_time(out, time);
  const Millis ms = std::clamp<Millis>(time, 0, time_max_ms);
  State& state = *state_;
  if (state.form == Form::unix_ms) {
    out += fmt::format_int(ms).c_str();
    return;
  }
  if (state.form == Form::unix_seconds) {
    fmt::format_to(std::back_inserter(out), "{}.{:03}", ms / 1000, ms % 1000);
    return;
  }
  if (state.second != ms / 1000) state.begin_second(ms / 1000);
  out += state.before;
  if (state.has_milliseconds) {
    const auto part = static_cast<int>(ms % 1000);
    out += static_cast<char>('0' + part / 100);
    out += static_cast<char>('0' + part / 10 % 10);
    out += static_cast<char>('0' + part % 10);
  }
  out += state.after;
}

CivilDay ClockText::day_of(Millis time) {
  const Millis ms = std::clamp<Millis>(time, 0, time_max_ms);
  const std::int64_t seconds = ms / 1000;
  const date::time_zone* const zone = state_ == nullptr ? nullptr : state_->zone;
  const std::int64_t offset = zone == nullptr ? 0 : state_->at(seconds).offset.count();
  const date::local_days day =
      date::floor<date::days>(date::local_seconds{std::chrono::seconds(seconds + offset)});
  const date::year_month_day civil{day};
  const auto begin_of = [&](date::local_days local) -> Millis {
    const std::chrono::seconds wall = local.time_since_epoch();
    if (zone == nullptr) return Millis{wall.count()} * 1000;
    // Where midnight comes twice the first one begins the day; where there is none, the first time after it does.
    return Millis{zone->to_sys(local, date::choose::earliest).time_since_epoch().count()} * 1000;
  };
  return {static_cast<int>(civil.year()), static_cast<unsigned>(civil.month()),
          static_cast<unsigned>(civil.day()), begin_of(day), begin_of(day + date::days(1))};
}

}  // namespace ssblog
