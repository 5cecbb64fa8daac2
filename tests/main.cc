// SPDX-License-Identifier: MIT
// Both, since the precompiled header has included doctest before this file begins.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
