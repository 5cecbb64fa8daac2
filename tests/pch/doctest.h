// SPDX-License-Identifier: MIT
// What every test includes; compiled once.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>
