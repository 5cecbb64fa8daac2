// SPDX-License-Identifier: MIT
// fuzz/file_names_fuzz.cc - what feeds say as names of files, and templates: never outside of the directory, never hidden.
#include "assemble/split/name_template.h"
#include "fuzz/input.h"

#include <string>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

void check_path(std::string_view path, std::string_view shape) {
  must(!path.empty(), "there is a name");
  std::size_t names = 0;
  for (std::size_t begin = 0; begin <= path.size(); ++names) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    must(!name.empty() && name.size() <= longest_name, "a name is neither empty nor too long");
    must(name.front() != '.', "no name is hidden, or leads up");
    begin = end + 1;
  }
  must(names == static_cast<std::size_t>(std::count(shape.begin(), shape.end(), '/')) + 1,
       "values bring no folders");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string shape(as_text(input.bytes(input.below(80))));
  SweptMessage message;
  message.host = as_text(input.bytes(input.below(300)));
  message.record.job = as_text(input.bytes(input.below(300)));
  message.record.stream = as_text(input.bytes(input.below(300)));
  message.record.source = as_text(input.rest());
  SweptLine line;
  line.message = &message;
  for (const std::string_view text : {std::string_view(shape), std::string_view("{host}@{id}/{job}.log"),
                                      std::string_view("{job}-{stream}/{source}")}) {
    const auto name = NameTemplate::parse(text);
    if (!name) continue;
    const std::string path = name->path_of(line, CivilDay());
    check_path(path, text);

    // One more byte in a value that the name tells of is another file.
    const std::string before = message.record.job;
    message.record.job += '.';
    must((name->path_of(line, CivilDay()) != path) == (text.find("{job}") != std::string_view::npos),
         "another value is another file");
    message.record.job = before;
  }
  return 0;
}
