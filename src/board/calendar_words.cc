// SPDX-License-Identifier: MIT
#include "board/calendar_words.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <vector>

namespace ssblog {
namespace {

constexpr std::string_view weekday_names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                              "thursday", "friday", "saturday"};
constexpr std::string_view month_names[] = {"january",   "february", "march",    "april",
                                            "may",       "june",     "july",     "august",
                                            "september", "october",  "november", "december"};

struct Shorthand {
  std::string_view word, meaning;
};
constexpr Shorthand cron_shorthands[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},
};
constexpr Shorthand systemd_shorthands[] = {
    {"minutely", "*-*-* *:*:00"},
    {"hourly", "*-*-* *:00:00"},
    {"daily", "*-*-* 00:00:00"},
    {"weekly", "Mon *-*-* 00:00:00"},
    {"monthly", "*-*-01 00:00:00"},
    {"quarterly", "*-01,04,07,10-01 00:00:00"},
    {"semiannually", "*-01,07-01 00:00:00"},
    {"yearly", "*-01-01 00:00:00"},
    {"annually", "*-01-01 00:00:00"},
};

/// Why an expression is refused; empty: it is not.
using Complaint = std::string;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<std::string_view> split(std::string_view text, std::string_view at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find_first_of(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, " \t")) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::string_view meaning_of(std::span<const Shorthand> shorthands, std::string_view word) {
  const std::string wanted = lower(word);
  const auto at = std::find_if(shorthands.begin(), shorthands.end(),
                               [&](const Shorthand& shorthand) { return shorthand.word == wanted; });
  return at == shorthands.end() ? std::string_view() : at->meaning;
}

/// One place of an expression: which values it takes, and how they are written.
struct Place {
  std::string_view what;  ///< in the plural
  int least = 0, most = 0;
  std::string_view range = "..";
  std::span<const std::string_view> names = {};  ///< of the values from `first_name` on
  int first_name = 0;
  bool downwards = false;  ///< `/` counts towards `least`
  bool of_week = false;    ///< Sunday is 0, and 7 where it ends a range
};

/// A list as `1,5..9,*/10`. `use` is called with each value.
template <class Use>
class ListReader {
 public:
  ListReader(const Place& place, const Use& use) : place_(place), use_(use) {}

  Complaint read(std::string_view list) {
    for (const std::string_view part : split(list, ",")) {
      if (!read_part(part)) {
        return fmt::format("{} is none of the {}, which go from {} to {}", json_string(part), place_.what,
                           place_.least, place_.most);
      }
    }
    return {};
  }

 private:
  bool read_part(std::string_view part) {
    int step = 0;
    if (const auto slash = part.find('/'); slash != std::string_view::npos) {
      const auto number = number_of(part.substr(slash + 1));
      if (!number || *number < 1) return false;
      step = *number;
      part = part.substr(0, slash);
    }
    int first = place_.least, last = place_.most;
    if (part == "*") {
      if (place_.downwards) std::swap(first, last);
    } else if (const auto to = part.find(place_.range); to != std::string_view::npos) {
      const auto low = value_of(part.substr(0, to));
      auto high = value_of(part.substr(to + place_.range.size()));
      if (place_.of_week && low > 0 && high == 0) high = 7;
      if (!low || !high || *low > *high) return false;
      first = *low;
      last = *high;
      if (place_.downwards) std::swap(first, last);
    } else {
      const auto only = value_of(part);
      if (!only) return false;
      first = *only;
      last = step == 0 ? first : place_.downwards ? place_.least : place_.most;
    }
    step = std::max(step, 1);
    for (int value = first; first <= last ? value <= last : value >= last;
         value += first <= last ? step : -step)
      use_(value);
    return true;
  }

  static std::optional<int> number_of(std::string_view text) {
    int number = 0;
    if (text.empty() || text.size() > 4 || !std::all_of(text.begin(), text.end(), is_digit))
      return std::nullopt;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  std::optional<int> value_of(std::string_view text) const {
    if (const auto number = number_of(text))
      return *number >= place_.least && *number <= place_.most ? number : std::nullopt;
    if (text.size() < 3) return std::nullopt;
    const std::string wanted = lower(text);
    for (std::size_t i = 0; i < place_.names.size(); ++i) {
      const std::string_view name = place_.names[i];
      if (wanted == name || wanted == name.substr(0, 3)) return place_.first_name + static_cast<int>(i);
    }
    return std::nullopt;
  }

  const Place& place_;
  const Use& use_;
};

template <class Use>
Complaint read_list(std::string_view list, const Place& place, const Use& use) {
  return ListReader<Use>(place, use).read(list);
}

template <std::size_t Size>
Complaint read_into(std::bitset<Size>& set, std::string_view list, const Place& place) {
  return read_list(list, place, [&set](int value) { set.set(static_cast<std::size_t>(value)); });
}

Complaint read_weekdays(CalendarFields& fields, std::string_view list, const Place& place) {
  return read_list(list, place,
                   [&fields](int day) { fields.weekdays.set(static_cast<std::size_t>(day % 7)); });
}

/// Calls each reader until one complains.
template <class... Readers>
Complaint first_complaint(const Readers&... readers) {
  Complaint complaint;
  static_cast<void>((... || !(complaint = readers()).empty()));
  return complaint;
}

// ---- cron ----

Complaint read_cron(std::span<const std::string_view> words, CalendarFields& fields) {
  const Place minutes{"minutes", 0, 59, "-"}, hours{"hours", 0, 23, "-"}, days{"days of a month", 1, 31, "-"};
  const Place months{"months", 1, 12, "-", month_names, 1};
  const Place weekdays{"days of a week", 0, 7, "-", weekday_names, 0, false, true};
  fields.years.set();
  fields.seconds.set(0);
  if (!words[2].starts_with('*') && !words[4].starts_with('*')) fields.rule = CalendarFields::Days::either;
  return first_complaint([&] { return read_into(fields.minutes, words[0], minutes); },
                         [&] { return read_into(fields.hours, words[1], hours); },
                         [&] { return read_into(fields.days, words[2], days); },
                         [&] { return read_into(fields.months, words[3], months); },
                         [&] { return read_weekdays(fields, words[4], weekdays); });
}

// ---- systemd ----

Complaint read_years(CalendarFields& fields, std::string_view list) {
  constexpr int first = CalendarFields::first_year;
  if (list.size() == 2 && is_digit(list[0]) && is_digit(list[1])) {
    const int year = (list[0] - '0') * 10 + (list[1] - '0');
    fields.years.set(static_cast<std::size_t>(year + (year < 70 ? 2000 : 1900) - first));
    return {};
  }
  return read_list(list, Place{"years", first, CalendarFields::last_year},
                   [&fields](int year) { fields.years.set(static_cast<std::size_t>(year - first)); });
}

/// `2026-11-20`, `11-20`, `*-*~1`
Complaint read_date(CalendarFields& fields, std::string_view text) {
  const auto cut = text.find_last_of("-~");
  const bool from_end = text[cut] == '~';
  auto parts = split(text.substr(0, cut), "-");
  if (parts.size() > 2) return "a date has a year, a month and a day";
  const Place days{"days of a month", 1, 31, "..", {}, 0, from_end};
  const std::string_view day = text.substr(cut + 1);
  return first_complaint(
      [&] { return parts.size() == 2 ? read_years(fields, parts[0]) : (fields.years.set(), Complaint()); },
      [&] {
        return read_into(fields.months, parts.back(), Place{"months", 1, 12});
      },
      [&] { return read_into(from_end ? fields.days_left : fields.days, day, days); });
}

/// `02:30`, `*:00/15:00`
Complaint read_time(CalendarFields& fields, std::string_view text) {
  const auto parts = split(text, ":");
  if (parts.size() > 3) return "a time has an hour, a minute and a second";
  return first_complaint(
      [&] {
        return read_into(fields.hours, parts[0], Place{"hours", 0, 23});
      },
      [&] {
        return read_into(fields.minutes, parts[1], Place{"minutes", 0, 59});
      },
      [&] {
        return read_into(fields.seconds, parts.size() == 3 ? parts[2] : std::string_view("0"),
                         Place{"seconds", 0, 59});
      });
}

Complaint read_systemd(std::span<const std::string_view> words, CalendarFields& fields) {
  const Place weekdays{"days of a week", 0, 7, "..", weekday_names, 0, false, true};
  bool has_date = false, has_time = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    Complaint complaint;
    if (i == 0 && is_letter(word.front())) {
      std::string list(word);  // `Mon-Fri` was once the way to write it
      std::replace(list.begin(), list.end(), '-', '.');
      for (auto dot = list.find('.'); dot != std::string::npos; dot = list.find('.', dot + 2)) {
        if (list.compare(dot, 2, "..") != 0) list.insert(dot, 1, '.');
      }
      complaint = read_weekdays(fields, list, weekdays);
    } else if (word.find(':') != std::string_view::npos && !has_time) {
      complaint = read_time(fields, word);
      has_time = true;
    } else if (word.find_first_of("-~") != std::string_view::npos && !has_date && !has_time) {
      complaint = read_date(fields, word);
      has_date = true;
    } else {
      complaint = fmt::format("{} is neither days of a week, nor a date, nor a time", json_string(word));
    }
    if (!complaint.empty()) return complaint;
  }
  if (fields.weekdays.none()) fields.weekdays.set();
  if (!has_date) {
    fields.years.set();
    fields.months.set();
    fields.days.set();
  }
  return has_time ? Complaint() : read_time(fields, "00:00:00");
}

/// Takes a zone off the end: `Europe/Berlin`, `UTC`.
std::string take_zone(std::vector<std::string_view>& words) {
  if (words.size() < 2 || !is_letter(words.back().front())) return {};
  std::string zone(words.back());
  words.pop_back();
  return zone;
}

Complaint read_words(std::string_view expression, CalendarWords& out) {
  if (expression.size() > longest_calendar)
    return fmt::format("it is longer than {} bytes", longest_calendar);
  auto words = words_of(expression);
  if (words.empty()) return "it is empty";
  if (words.size() == 1 && words[0] == "@reboot") return "the start of a machine is no time";
  if (words.size() == 1 && words[0].starts_with('@')) {
    const auto meaning = meaning_of(cron_shorthands, words[0]);
    if (meaning.empty()) return "cron knows no such word";
    words = words_of(meaning);
  }
  if (words.size() == 5) return read_cron(words, out.fields);
  if (words.size() > 5) return "it has more than five words";
  out.zone = take_zone(words);
  if (words.size() == 1) {
    if (const auto meaning = meaning_of(systemd_shorthands, words[0]); !meaning.empty())
      words = words_of(meaning);
  }
  return read_systemd(words, out.fields);
}

}  // namespace

Result<CalendarWords> read_calendar(std::string_view expression) {
  CalendarWords words;
  Complaint complaint = read_words(expression, words);
  if (complaint.empty() && !words.fields.first_from(LocalSeconds()))
    complaint = "no day of a calendar is like that";
  if (complaint.empty()) return words;
  return Error{
      Code::usage,
      fmt::format("cannot read the calendar expression {}: {}; good are \"30 2 * * mon-fri\" and \"@daily\" "
                  "as for cron, \"Mon..Fri 02:30\" and \"*-*-01 04:00\" as for systemd",
                  json_string(expression.substr(0, longest_calendar)), complaint)};
}

}  // namespace ssblog
