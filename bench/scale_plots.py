#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench/scale_plots.py - draws docs/scale/*.svg from the tables beside them.

No packages are needed. Colours are middle tones and text takes the page's own, so that light and dark both read.
"""
import csv
import math
import pathlib

HERE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "scale"
PLOTS = [
    ("time", "Time until a line is everywhere", "ms, simulated", [("spread_mean_ms", "mean"), ("spread_worst_ms", "worst")]),
    ("bytes", "Bytes a host sends to join", "KiB a host", [("join_kib_per_host", "joining")]),
    ("items", "Packets a host sends to join", "packets a host", [("join_items_per_host", "joining")]),
    ("connections", "Connections and feeds of a host", "a host", [("connections_per_host", "connections"), ("feeds_per_host", "feeds")]),
    ("memory", "Memory of a host", "KiB a host", [("memory_kib_per_host", "all"), ("empty_store_kib_per_host", "the empty store")]),
]
# Where everybody wants all feeds there are.
EVERYBODY = [
    ("everybody-time", "Time until a line is everywhere", "ms, simulated", [("spread_mean_ms", "mean"), ("spread_worst_ms", "worst")]),
    ("everybody-bytes", "Bytes a host sends to join", "KiB a host", [("join_kib_per_host", "joining")]),
    ("everybody-memory", "Memory of a host", "KiB a host", [("memory_kib_per_host", "all"), ("empty_store_kib_per_host", "the empty store")]),
]
COLOURS = ["#2a8fbd", "#d9822b"]
LEFT, TOP, WIDTH, HEIGHT = 70, 40, 420, 220


def plot(rows, title, unit, series):
    sizes = [int(row["hosts"]) for row in rows]
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])
    top = max(float(row[name]) for row in rows for name, _ in series)
    step = 10 ** math.floor(math.log10(top))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if top / (step * part) <= 6)
    top = math.ceil(top / step) * step

    def x(size):
        return LEFT + WIDTH * (math.log10(size) - low) / (high - low)

    def y(value):
        return TOP + HEIGHT * (1 - value / top)

    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 330" font-family="sans-serif" font-size="12">',
        "<style>text{fill:#1f2328}.g{stroke:#8b949e;stroke-opacity:.35}"
        "@media (prefers-color-scheme:dark){text{fill:#e6edf3}}</style>",
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{title}</text>',
    ]
    value = 0.0
    while value <= top + step / 2:
        out.append(f'<line class="g" x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
        value += step
    for size in sizes:
        out.append(f'<text x="{x(size):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{size:,}</text>')
    out.append(f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 38}" text-anchor="middle">hosts</text>')
    out.append(f'<text transform="translate(16 {TOP + HEIGHT / 2}) rotate(-90)" text-anchor="middle">{unit}</text>')
    for index, (name, label) in enumerate(series):
        colour = COLOURS[index]
        points = " ".join(f'{x(int(row["hosts"])):.1f},{y(float(row[name])):.1f}' for row in rows)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for row in rows:
            out.append(f'<circle cx="{x(int(row["hosts"])):.1f}" cy="{y(float(row[name])):.1f}" r="3.5" fill="{colour}"/>')
        out.append(f'<rect x="{LEFT + index * 150}" y="{TOP + HEIGHT + 52}" width="12" height="12" fill="{colour}"/>')
        out.append(f'<text x="{LEFT + 18 + index * 150}" y="{TOP + HEIGHT + 62}">{label}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    for table, plots in (("scale.csv", PLOTS), ("everybody.csv", EVERYBODY)):
        with open(HERE / table, newline="") as file:
            rows = list(csv.DictReader(file))
        for name, title, unit, series in plots:
            (HERE / f"{name}.svg").write_text(plot(rows, title, unit, series))


main()
