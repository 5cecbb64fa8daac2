#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/scale.sh BENCH_SCALE - measures networks of 10 to 10,000 hosts, and draws docs/scale/*.svg.
#
# 10,000 hosts take some 6 GB of memory and a few minutes; 300 that all want each other, one.
set -euo pipefail
program=$(realpath -- "${1:?usage: bench/scale.sh BENCH_SCALE}")
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
{
  "$program" names
  "$program" 10 20
  "$program" 100 20
  "$program" 1000 20
  "$program" 10000 10
} >docs/scale/scale.csv
# With so many hops everybody wants the feed of whoever anybody follows.
{
  "$program" names
  "$program" 10 10 30
  "$program" 100 10 30
  "$program" 300 10 30
} >docs/scale/everybody.csv
bench/scale_plots.py
