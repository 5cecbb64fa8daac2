#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""src/view/embed.py OUTPUT FILE... - writes files as constants of C++: `page_NAME_EXTENSION`."""
import os
import sys

PIECE = 8000  # of a line of the output
with open(sys.argv[1], "w", encoding="ascii") as out:
    out.write("#pragma once\n#include <string_view>\nnamespace ssblog {\n")
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            data = file.read()
        name = "page_" + os.path.basename(path).replace(".", "_").replace("-", "_")
        out.write(f"inline constexpr unsigned char {name}_bytes[] = {{\n")
        for at in range(0, len(data), PIECE):
            out.write(",".join(map(str, data[at:at + PIECE])) + ",\n")
        out.write("};\n")
        out.write(f"inline const std::string_view {name}(reinterpret_cast<const char*>({name}_bytes), {len(data)});\n")
    out.write("}  // namespace ssblog\n")
