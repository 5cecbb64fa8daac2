// SPDX-License-Identifier: MIT
// fuzz/output_place_fuzz.cc - where an output is written when links stand in its way.
//
// Links, files and folders are made as the input says; each place is then asked for. What is promised is held against
// the kernel's own answer: the place is the file that the path leads to, and no link itself.
#include "fuzz/folder.h"
#include "fuzz/input.h"
#include "store/output_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr std::array<const char*, 10> names = {"a",   "b",   "c",     "d",      "d/a",
                                               "d/b", "d/e", "d/e/a", "gone/a", "a b"};

std::string target(Input& input, const std::string& root) {
  const std::string name = names[input.below(names.size())];
  switch (input.byte() % 6) {
    case 0:
      return root + "/" + name;
    case 1:
      return "../" + name;
    case 2:
      return "./d/../" + name;
    case 3:
      return name + "/";
    case 4: {
      // Whatever a link may hold; not above our folder.
      std::string any(input.text(64));
      for (char& c : any) c = c == '\0' || c == '.' ? 'x' : c;
      return any.empty() || any[0] == '/' ? name : any;
    }
    default:
      return name;
  }
}

void ask(const std::string& path) {
  const auto place = output_place(path);
  if (!place) {
    must(!place.error().text.empty(), "a refusal has a reason");
    return;
  }
  struct stat there {
  }, meant{};
  if (::lstat(place->c_str(), &there) != 0) {
    // Where nothing is, nothing may be behind the path either.
    must(::stat(path.c_str(), &meant) != 0, "a file that is there is found");
    return;
  }
  must(!S_ISLNK(there.st_mode), "a place is no link");
  must(::stat(path.c_str(), &meant) == 0 && meant.st_ino == there.st_ino && meant.st_dev == there.st_dev,
       "a place is what the path leads to");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const std::string root = folder / "links";
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root + "/d/e");
  Input input(data, size);
  for (int made = 0; made < 16 && !input.empty(); ++made) {
    const std::string path = root + "/" + names[input.below(names.size())];
    std::error_code ignored;  // what cannot be made is not there, and that is a case too
    if (input.byte() % 4 == 0) {
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (file >= 0) ::close(file);
    } else {
      std::filesystem::create_symlink(target(input, root), path, ignored);
    }
  }
  for (const char* name : names) ask(root + "/" + name);
  return 0;
}
