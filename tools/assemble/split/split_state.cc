// SPDX-License-Identifier: MIT
#include "assemble/split/split_state.h"

#include "feed/json.h"
#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ssblog {
namespace {

constexpr std::size_t longest_state = 16 * 1024 * 1024;
constexpr std::size_t longest_list = 256 * 1024 * 1024;
constexpr std::size_t longest_listed = 4096;  // of a name
constexpr std::string_view version = "1";

std::string state_of(const std::string& place) { return place + "-split"; }
std::string list_of(const std::string& place) { return place + "-files"; }

std::string format_tips(const FeedTips& tips) {
  std::string text;
  for (const auto& [id, tip] : tips) {
    fmt::format_to(std::back_inserter(text), "{}\n\"{}\":[{},\"{}\"]", text.empty() ? "" : ",", to_text(id),
                   tip.sequence, to_text(tip.key));
  }
  return "{" + text + "}";
}

std::optional<FeedTips> parse_tips(std::string_view object) {
  FeedTips tips;
  for (Members feeds(object); feeds.next();) {
    const auto id = parse_feed_id(feeds.name());
    Items tip(feeds.value());
    const auto sequence = tip.next() ? integer_of(tip.value()) : std::nullopt;
    const auto key = tip.next() ? parse_message_key(text_of(tip.value()).value_or("")) : std::nullopt;
    if (!id || !sequence || !key) return std::nullopt;
    tips[*id] = {static_cast<Seq>(*sequence), *key};
  }
  return tips;
}

/// The list is a file that others could have changed: nothing outside of the directory is ours.
bool is_our_name(std::string_view name) {
  if (name.empty() || name.size() > longest_listed) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (end == begin || name[begin] == '.') return false;
    begin = end + 1;
  }
  return name.find('\0') == std::string_view::npos;
}

/// Cuts off a name that was cut short (a kill, a full disk): with a newline behind it, it would be taken for one of ours.
Result<void> cut_half_name(const File& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return file_error("look at", path, errno);
  const off_t begin = std::max<off_t>(status.st_size - static_cast<off_t>(longest_listed) - 1, 0);
  ByteBuf end(static_cast<std::size_t>(status.st_size - begin));
  auto got = read_at(file, path, end, begin);
  if (!got) return got.error();
  end.resize(*got);
  const auto newline = std::find(end.rbegin(), end.rend(), '\n');
  const off_t length = begin + (end.rend() - newline);
  if (length < status.st_size && ::ftruncate(file.get(), length) != 0) return file_error("cut", path, errno);
  return {};
}

}  // namespace

std::optional<SplitState> load_split_state(const std::string& place) {
  const auto text = read_file(state_of(place), longest_state);
  const auto object = text ? canonical(*text, Layout::compact) : Result<std::string>(text.error());
  if (!object || member(*object, "version") != version) return std::nullopt;
  SplitState state;
  state.store = text_of(member(*object, "store")).value_or("");
  state.wanted = text_of(member(*object, "wanted")).value_or("");
  auto feeds = parse_tips(member(*object, "feeds"));
  if (!feeds) return std::nullopt;
  state.feeds = std::move(*feeds);
  if (const auto pass = member(*object, "pass"); !pass.empty()) {
    state.pass = parse_tips(pass);
    if (!state.pass) return std::nullopt;
  }
  return state;
}

Result<void> save_split_state(const std::string& place, const SplitState& state) {
  return replace_file(
      state_of(place),
      fmt::format("{{\"version\":{},\"store\":{},\"wanted\":{},\n\"feeds\":{}{}}}\n", version,
                  json_string(state.store), json_string(state.wanted), format_tips(state.feeds),
                  state.pass ? ",\n\"pass\":" + format_tips(*state.pass) : ""),
      S_IRUSR | S_IWUSR);
}

Result<std::set<std::string>> load_split_files(const std::string& place) {
  const std::string path = list_of(place);
  std::set<std::string> names;
  if (::access(path.c_str(), F_OK) != 0) return names;
  auto text = read_file(path, longest_list);
  if (!text) return text.error();
  for (std::size_t begin = 0; begin < text->size();) {
    // The last one may be cut short by a kill: its file was not made.
    const std::size_t end = text->find('\n', begin);
    if (end == std::string::npos) break;
    if (const std::string name = text->substr(begin, end - begin); is_our_name(name)) names.insert(name);
    begin = end + 1;
  }
  return names;
}

Result<void> add_split_files(const std::string& place, const std::set<std::string>& names) {
  if (names.empty()) return {};
  const std::string path = list_of(place);
  const File file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return output_error(path, errno);
  if (auto cut = cut_half_name(file, path); !cut) return cut;
  std::string text;
  for (const std::string& name : names) (text += name) += '\n';
  if (auto written = write_all(file, path, text); !written) return written;
  if (::fdatasync(file.get()) != 0) return file_error("write", path, errno);
  return sync_directory(directory_of(path));
}

Result<void> replace_split_files(const std::string& place, const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) (text += name) += '\n';
  return replace_file(list_of(place), text, S_IRUSR | S_IWUSR);
}

}  // namespace ssblog
