#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/layers.sh SOURCE-ROOT - holds the includes against the table of layers (docs/architecture.md), and sees that no
# two types share a name: all are of one namespace, and the linker would take the members of either.
#
# Prints each include that the table does not allow, and each second type of a name, as "file:line: what", exit 1.
# Before that it plants a tree with one violation of each kind and must find every one, so that a broken check cannot
# pass in silence.
set -euo pipefail
export LC_ALL=C

# check ROOT: prints the violations of the tree under ROOT.
check() {
  (
    cd -- "$1"
    find src tools/assemble tests/sim -type f \( -name '*.cc' -o -name '*.h' \) 2>/dev/null | sort |
      while IFS= read -r file; do printf '%s\0' "$file"; done | xargs -0 -r awk "$rules" /dev/null
  )
}

# shellcheck disable=SC2016 # awk's own dollars
rules='
BEGIN {
  # The table. Own layers that a layer may include, beside itself:
  layers = "feed store loop sandbox intake gossip/protocol gossip assemble board sink view cli sim"
  may["feed"] = ""
  may["store"] = "feed"
  may["loop"] = "feed"
  may["sandbox"] = "feed store"
  may["intake"] = "feed store loop"
  may["gossip/protocol"] = "feed"
  may["gossip"] = "feed store loop gossip/protocol"
  may["assemble"] = "feed store"
  may["board"] = "feed store"
  may["sink"] = "feed store loop assemble"
  may["view"] = "feed store sandbox assemble board"
  may["cli"] = layers
  may["sim"] = "feed store loop gossip/protocol gossip board"
  # Third party, as a pattern of the include and the layers that may use it ("*": all):
  third["^sodium(\\.h$|/)"] = "*"
  third["^nlohmann/"] = "*"
  third["^fmt/"] = "*"
  third["^sqlite3(ext)?\\.h$"] = "store"
  third["^(zstd|zstd_errors|zdict)\\.h$"] = "store intake"
  third["^uv(\\.h$|/)"] = "loop"
  third["^re2/"] = "intake assemble board sink"
  third["^date/"] = "intake assemble board sink"
  third["^(zlib|lzma)\\.h$"] = "intake"
  third["^httplib\\.h$"] = "view"
  third["^CLI/"] = "cli"
  third["^doctest/"] = "sim"
  third["^toml(\\+\\+/|\\.hpp$)"] = "cli"
  # Bytes in, values out: what these layers leave to others.
  pure["feed"]; pure["gossip/protocol"]
  world = "^(fstream|iostream|filesystem|random|thread|mutex|unistd\\.h|fcntl\\.h|poll\\.h|netdb\\.h|dirent\\.h|ifaddrs\\.h|(sys|net|netinet|arpa)/.*)$"
  # The system: C++ headers have neither slash nor dot; these are of C, POSIX and the kernel.
  system_header = "^([a-z0-9_]+|(sys|net|netinet|arpa|linux|mach-o)/[a-z0-9_./]+|(assert|ctype|dirent|dlfcn|endian|err|errno|fcntl|glob|grp|ifaddrs|inttypes|langinfo|limits|link|locale|malloc|math|netdb|poll|pthread|pwd|sched|setjmp|signal|spawn|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|strings|sysexits|syslog|termios|time|unistd|utime|wchar|immintrin|arm_neon)\\.h)$"
}

# The layer of a path below src/ or tools/: "" when it is in none.
function layer_of(path,  n, name, i) {
  n = split(layers, name, " ")
  for (i = 1; i <= n; i++)   # gossip/protocol stands before gossip
    if (index(path, name[i] "/") == 1) return name[i]
  return ""
}
function has(list, word) { return index(" " list " ", " " word " ") > 0 }
function wrong(what) { print FILENAME ":" FNR ": " what }

FNR == 1 {
  here = FILENAME
  sub(/^(src|tools|tests)\//, "", here)
  here = layer_of(here)
  if (here == "") wrong("this file is in no layer of the table")
}
FNR == 1 { hidden = 0 }
/^namespace \{/ { hidden = 1 }
/^\}  \/\/ namespace$/ { hidden = 0 }
!hidden && here != "sim" && /^(struct|class|enum|enum class|union) [A-Za-z0-9_]+[^;]*$/ && !/^[a-z ]+ [A-Za-z0-9_]+::/ {
  name = $0
  sub(/^(struct|class|enum class|enum|union) /, "", name)
  sub(/[^A-Za-z0-9_].*$/, "", name)
  if (name in defined) wrong(name " is the name of another type already: " defined[name])
  else defined[name] = FILENAME ":" FNR
}
/^[ \t]*#[ \t]*include([ \t]|"|<)/ {
  if (here == "") next
  target = $0
  sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
  quoted = substr(target, 1, 1) == "\""
  if (!quoted && substr(target, 1, 1) != "<") { wrong("an include through a macro hides what it takes"); next }
  target = substr(target, 2)
  sub(/[">].*$/, "", target)

  to = layer_of(target)
  if (to != "") {
    if (to != here && !has(may[here], to)) wrong(here " may not include " to " (" target ")")
    else if (!quoted) wrong("our own files are included with quotes: \"" target "\"")
    next
  }
  for (pattern in third)
    if (target ~ pattern) {
      if (third[pattern] != "*" && !has(third[pattern], here)) wrong(here " may not use <" target ">: it is for " third[pattern])
      next
    }
  if (quoted) { wrong("includes are written from src/ or tools/: \"" target "\""); next }
  if ((here in pure) && target ~ world) { wrong(here " does no I/O: <" target ">"); next }
  if (target !~ system_header) wrong("<" target "> is of no library in the table")
}
'

# Plants one violation of each kind, and a tree of good includes; compares what check() finds.
self_check() {
  local tree want got
  tree=$(mktemp -d)
  # shellcheck disable=SC2064 # the name is known now
  trap "rm -rf -- '$tree'" EXIT
  plant() { # FILE LINE EXPECTED-LINE-NUMBER (0: this include is fine)
    mkdir -p -- "$tree/$(dirname -- "$1")"
    printf '%s\n' "$2" >>"$tree/$1"
    [ "$3" = 0 ] || printf '%s:%s\n' "$1" "$3" >>"$tree/want"
  }
  plant src/feed/good.cc '#include "feed/good.h"' 0
  plant src/feed/good.cc '#include <nlohmann/json.hpp>' 0
  plant src/feed/good.cc '#include <sodium.h>' 0
  plant src/feed/good.cc '// #include "store/store.h" in a comment' 0
  plant src/store/good.cc '#include <sqlite3.h>' 0
  plant src/store/good.cc '  #  include <zstd.h>' 0
  plant src/store/good.cc '#include <sys/stat.h>' 0
  plant src/gossip/protocol/good.cc '#include "feed/message.h"' 0
  plant src/gossip/good.cc '#include "gossip/protocol/ebt.h"' 0
  plant src/loop/good.cc '#include <uv.h>' 0
  plant tools/assemble/good.cc '#include <date/date.h>' 0
  plant tools/assemble/good.cc '#include "store/store.h"' 0
  plant src/cli/good.cc '#include "assemble/merge.h"' 0
  plant src/cli/good.cc '#include <CLI/CLI.hpp>' 0
  plant src/cli/good.cc '#include <toml++/toml.h>' 0

  plant src/feed/up.cc '#include "store/store.h"' 1
  plant src/feed/up.cc ' # include <store/store.h>  // upwards, in brackets' 2
  plant src/feed/disk.cc '#include <fstream>' 1
  plant src/feed/brackets.cc '#include <feed/message.h>' 1
  plant src/feed/bare.cc '#include "message.h"' 1
  plant src/feed/bare.cc '#include "../feed/message.h"' 2
  plant src/feed/macro.cc '#include HEADER' 1
  plant src/store/side.cc '#include <string>' 0
  plant src/store/side.cc '#include "assemble/merge.h"' 2
  plant src/store/side.cc '#include "loop/timer.h"' 3
  plant src/store/uv.cc '#include <uv.h>' 1
  plant src/store/time.cc '#include <date/date.h>' 1
  plant src/loop/db.cc '#include <sqlite3.h>' 1
  plant src/intake/up.cc '#include "gossip/peer.h"' 1
  plant src/gossip/protocol/up.cc '#include "gossip/peer.h"' 1
  plant src/gossip/protocol/up.cc '#include "store/store.h"' 2
  plant src/gossip/protocol/clock.cc '#include <sys/socket.h>' 1
  plant src/gossip/view.cc '#include "view/page.h"' 1
  plant src/gossip/pack.cc '#include <zstd.h>' 1
  plant tools/assemble/up.cc '#include "cli/main.h"' 1
  plant tools/assemble/words.cc '#include <CLI/CLI.hpp>' 1
  plant src/view/config.cc '#include <toml++/toml.h>' 1
  plant src/cli/db.cc '#include <sqlite3.h>' 1
  plant src/cli/other.cc '#include <boost/asio.hpp>' 1
  plant tests/sim/good.cc '#include "gossip/replicator.h"' 0
  plant tests/sim/good.cc '#include <doctest/doctest.h>' 0
  plant tests/sim/up.cc '#include "cli/command.h"' 1
  plant tests/sim/uv.cc '#include <uv.h>' 1
  plant src/feed/name.h 'struct Twice {' 0
  plant src/feed/name.h 'struct Twice::Inner {' 0
  plant src/feed/name.h 'class Declared;' 0
  plant src/loop/name.h 'class Declared {' 0
  plant src/store/name.cc 'class Twice final {' 1
  plant src/store/name.cc 'namespace {' 0
  plant src/store/name.cc 'struct Twice {' 0
  plant src/store/name.cc '}  // namespace' 0
  plant src/store/name.cc 'enum class Twice : int {' 5
  plant src/misc/nowhere.cc '// a file in no layer' 1

  want=$(sort "$tree/want")
  got=$(check "$tree" | cut -d: -f1,2 | sort)
  if [ "$want" != "$got" ]; then
    echo "The check of the layers is broken (< planted, > found):"
    diff <(echo "$want") <(echo "$got") || true
    exit 1
  fi
}

tree_root=${1:?usage: tests/layers.sh SOURCE-ROOT}
(self_check)
found=$(check "$tree_root")
if [ -n "$found" ]; then
  printf '%s\n' "$found"
  exit 1
fi
echo "The includes follow the table of layers, and each type has a name of its own."
