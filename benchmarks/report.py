#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes results.md, and charts beside it, from what Google Benchmark has measured. Called by benchmarks/run."""

import argparse
import collections
import dataclasses
import json
import math
import pathlib
import platform
import re
import statistics
import subprocess

YARDSTICK, OURS, REJECTION = "one pass", "pluck", "pluck, rejection()"
LIMIT = "the limit: the logits read once"  # on a GPU: cuda/chart.py
# In this order in tables and legends, each with its colour; told apart by people who see no red or green, too.
COLOURS = {
    YARDSTICK: "#9ca3af",
    LIMIT: "#9ca3af",
    OURS: "#1d4ed8",
    REJECTION: "#60a5fa",
    "llama.cpp": "#ef8536",
    "FlashInfer": "#ef8536",
    "PyTorch": "#c44e63",
    "PyTorch, k alone": "#e3a1ad",
    "std::sort": "#519e8a",
    "std::discrete_distribution": "#8d69b8",
    "Eigen": "#b8952a",
    "one thread": "#9ca3af",
    "2 threads": "#1d4ed8",
    "4 threads": "#519e8a",
    "8 threads": "#ef8536",
    "16 threads": "#c44e63",
}
PEERS = ["llama.cpp", "PyTorch", "PyTorch, k alone", "std::sort", "std::discrete_distribution", "Eigen"]
SHAPES = ["peaked", "typical", "flat"]


class Times:
    """The medians of a benchmark's repetitions, in microseconds."""

    def __init__(self):
        self.repetitions, self.ratios, self.label, self.speed_ups, self.runs = [], [], "", [], []

    median = property(lambda self: statistics.median(self.repetitions))
    ratio = property(lambda self: statistics.median(self.ratios))  # to what took turns with it
    speed_up = property(lambda self: statistics.median(self.speed_ups))

    def counter(self, name):
        return statistics.median(run[name] for run in self.runs)

    @property
    def spread(self):
        """Half the distance of the quartiles, of the median."""
        if len(self.repetitions) < 3:
            return 0
        lower, _, upper = statistics.quantiles(self.repetitions, n=4, method="inclusive")
        return (upper - lower) / 2 / self.median


def load(path):
    """{name: Times} in the order of the program, and what the file says of the machine."""
    report = json.loads(path.read_text())
    times = collections.defaultdict(Times)
    runs = [run for run in report["benchmarks"] if run["run_type"] == "iteration"]
    for run in sorted(runs, key=lambda run: run["family_index"]):  # the file's order is that of the rounds
        if run.get("error_occurred"):
            raise SystemExit(f"{run['name']}: {run['error_message']}")
        entry = times[re.sub(r"(/manual_time|/repeats:\d+|/iterations:\d+)+$", "", run["run_name"]).rstrip("/")]
        entry.repetitions.append(run["median_us"])
        entry.label = run.get("label", "")
        entry.runs.append(run)
        if "ratio" in run:
            entry.ratios.append(run["ratio"])
        if "speed_up" in run:
            entry.speed_ups.append(run["speed_up"])
    return times, report["context"]


def us(value):
    """Three digits, without an exponent."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def ratio(value):
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def unique(items):
    return list(dict.fromkeys(items))


# ---- tables ----


def against(times, ours, peer):
    """A peer's cell: its time, and how many of ours that is; bold where it is the faster one."""
    if peer not in times:
        return ""
    if times[peer].label:
        return f"{us(times[peer].median)} ({times[peer].label.lower()})"
    factor = times[peer].ratio / times[ours].ratio
    cell = f"{us(times[peer].median)} ({ratio(factor)}x)"
    return f"**{cell}**" if factor < 1 else cell


def rows_against_peers(times, strategy, peers, suffix, title, narrow=None):
    """A row of a table for each of our own systems; `narrow` has the times without AVX-512."""
    rows = []
    for ours in (OURS, REJECTION):
        name = f"{ours}/{strategy}{suffix}"
        if name in times:
            mine = times[name]
            rows.append([*title, strategy if ours == OURS else f"{strategy}, by rejection()", us(mine.median),
                         f"{100 * mine.spread:.0f} %", ratio(mine.ratio),
                         *([ratio(narrow[name].ratio)] if narrow else []),
                         *(against(times, name, f"{peer}/{strategy}{suffix}") for peer in peers)])
    return rows


def peers_in(times):
    return [peer for peer in PEERS if any(name.startswith(peer + "/") for name in times)]


def sampler_tables(times, narrow):
    keys = [name.split("/") for name in times]
    strategies = unique(key[1] for key in keys if key[0] != YARDSTICK)
    peers = peers_in(times)
    parts = []
    for vocab in unique(key[3] for key in keys):
        passes = [us(times[f"{YARDSTICK}/max/{shape}/{vocab}"].median) for shape in SHAPES]
        parts.append(f"### V = {int(vocab):,}\n")
        parts.append(f"One pass: {passes[0]} us peaked, {passes[1]} typical, {passes[2]} flat.\n")
        rows = []
        for shape in SHAPES:
            suffix = f"/{shape}/{vocab}"
            for strategy in strategies:
                rows += rows_against_peers(times, strategy, peers, suffix, [shape], narrow)
        head = ["row", "T = 0.8 and", "pluck, us", "spread", "passes", "by AVX2", *peers]
        parts.append(table(head, rows) + "\n")
    return "\n".join(parts)


def model_tables(times):
    """For each model warm rows, and cold ones of language models; then how many tokens are kept."""
    keys = [name.split("/") for name in times]
    parts = []
    for model, state in unique((key[2], key[3]) for key in keys if key[0] == YARDSTICK):
        suffix = f"/{model}/{state}"
        here = {name: each for name, each in times.items() if name.endswith(suffix)}
        rows = []
        for strategy in unique(name.split("/")[1] for name in here if not name.startswith(YARDSTICK)):
            rows += rows_against_peers(times, strategy, peers_in(here), suffix, [])
        one = us(times[f"{YARDSTICK}/max{suffix}"].median)
        parts.append(f"### {model}, {state} rows\n\nOne pass: {one} us.\n\n" +
                     table(["T = 0.8 and", "pluck, us", "spread", "passes", *peers_in(here)], rows))
    kept = [key[1:] for key in keys if key[0] == "tokens"]
    models = unique(model for _, model in kept)
    if models:
        rows = []
        for strategy in unique(strategy for strategy, _ in kept):
            found = (times[f"tokens/{strategy}/{model}"] for model in models)
            rows.append([strategy, *(f"{each.counter('median'):,.0f} ({each.counter('ninth_decile'):,.0f})"
                                     for each in found)])
        parts.append("How many tokens are kept, in the median of the 64 rows, and in one of ten:\n\n" +
                     table(["T = 0.8 and", *models], rows))
    return "\n\n".join(parts)


def worst_table(times):
    keys = [name.split("/") for name in times]
    columns = unique((key[0], key[1]) for key in keys)
    inputs = [each for each in unique(key[2] for key in keys) if each != "typical"]
    worst = {column: max(inputs, key=lambda each: times["/".join((*column, each))].ratio) for column in columns}
    head = ["input", *(strategy if ours == OURS else f"{strategy}, by rejection()" for ours, strategy in columns)]
    rows = [["typical, us", *(us(times["/".join((*column, "typical"))].median) for column in columns)]]
    for each in inputs:
        cells = []
        for column in columns:
            factor = times["/".join((*column, each))].ratio
            cells.append(f"**{ratio(factor)}**" if worst[column] == each and factor > 1.5 else ratio(factor))
        rows.append([each, *cells])
    return table(head, rows)


def types_table(times):
    keys = [name.split("/") for name in times]
    strategies = unique(key[1] for key in keys)
    rows = []
    for kind in unique(key[0] for key in keys):
        cells = []
        for strategy in strategies:
            mine = times[f"{kind}/{strategy}"]
            cells.append(us(mine.median) + (f" ({ratio(mine.ratio)}x)" if kind != "float" else ""))
        rows.append([kind, *cells])
    return table(["T = 0.8 and", *strategies], rows)


def mass_table(times):
    keys = [name.split("/") for name in times]
    vocabs = unique(key[1] for key in keys)
    rows = []
    for what in unique(key[0] for key in keys):
        cells = []
        for vocab in vocabs:
            mine = times[f"{what}/{vocab}"]
            cells.append(f"{us(mine.median)} ({ratio(mine.ratio)})")
        rows.append([what, *cells])
    return table(["us (passes)", *(f"V = {int(vocab):,}" for vocab in vocabs)], rows)


def adjusters_table(times):
    """A row for each adjuster of ours, and below it one for each peer that has it."""
    keys = [name.split("/") for name in times]
    vocabs = unique(key[2] for key in keys)
    rows = []
    for what in unique(key[1] for key in keys):
        for system in (OURS, *PEERS):
            if f"{system}/{what}/{vocabs[0]}" not in times:
                continue
            each = (times[f"{system}/{what}/{vocab}"] for vocab in vocabs)
            rows.append([what, system, *(f"{us(mine.median)} ({ratio(mine.ratio)}x)" for mine in each)])
    return table(["adjuster", "system", *(f"V = {int(vocab):,}" for vocab in vocabs)], rows)


def log_probabilities_table(times):
    """Of each report what it adds to its draw: as a part of that draw, and in exact totals."""
    vocabs = unique(name.split("/")[1] for name in times)
    rows = []
    for what in unique(name.split("/")[0] for name in times):
        each = (times[f"{what}/{vocab}"] for vocab in vocabs)
        rows.append([what, *(f"{ratio(mine.ratio)}x, {mine.counter('totals'):.2f}" for mine in each)])
    return table(["draw and base, what is reported", *(f"V = {int(vocab):,}" for vocab in vocabs)], rows)


def batch_tables(times):
    keys = [re.fullmatch(r"(.*)/rows:(\d+)/threads:(\d+)", name).groups() for name in times]
    threads = unique(key[2] for key in keys)
    parts = []
    for strategy in unique(key[0] for key in keys):
        rows = []
        for size in unique(key[1] for key in keys):
            at = {t: times[f"{strategy}/rows:{size}/threads:{t}"] for t in threads}
            rows.append([size, *(us(at[t].median) for t in threads), *(f"{at[t].speed_up:.2f}" for t in threads[1:])])
        head = [f"rows, {strategy}", *(f"us a row, {t} thread{'s' * (t != '1')}" for t in threads),
                *(f"speed-up on {t}" for t in threads[1:])]
        parts.append(table(head, rows))
    return "\n\n".join(parts)


# ---- charts ----


@dataclasses.dataclass
class Panel:
    title: str
    lines: dict  # {name in COLOURS: [(x, y)]}
    x_label: str
    x_ticks: dict  # {text: x}
    x_range: str
    x_log: bool = True


DURATIONS = {"10 ns": 1e-2, "100 ns": 1e-1, "1 us": 1, "10 us": 1e1, "100 us": 1e2, "1 ms": 1e3, "10 ms": 1e4,
             "100 ms": 1e5, "1 s": 1e6, "10 s": 1e7}
GREY, DARK, BLACK = "#9ca3af", "#374151", "#111827"


def ticks(places):
    return "(" + ", ".join(f"'{text}' {place:g}" for text, place in places.items()) + ")"


def line_style(name):
    if name in (YARDSTICK, LIMIT):
        return f"with lines linewidth 2 dashtype 2 linecolor rgb '{COLOURS[name]}'"
    width, size = (3, 0.6) if name in (OURS, REJECTION) else (1.6, 0.4)
    return f"with linespoints linewidth {width} pointtype 7 pointsize {size} linecolor rgb '{COLOURS[name]}'"


def decades(panels):
    """Whole decades that hold every line, so that panels can be compared."""
    values = [y for panel in panels for points in panel.lines.values() for _, y in points]
    return f"[{10 ** math.floor(math.log10(min(values))):g}:{10 ** math.ceil(math.log10(max(values))):g}]"


def chart(path, title, panels, columns, y_range=None):
    """Panels in a grid with one legend below. y is time on a log scale, or linear within y_range."""
    names = [name for name in COLOURS if any(name in panel.lines for panel in panels)]
    legend_rows = math.ceil(len(names) / 3)
    width, plot_height, head, foot, gap = 1180, 250, 44, 26 * legend_rows + 14, 100
    height = head + foot + math.ceil(len(panels) / columns) * (plot_height + gap)
    size = f"noenhanced size {width},{height} background rgb '#ffffff'"
    out = [f"set terminal svg {size} font 'DejaVu Sans, Helvetica, Arial, sans-serif,13'" if path.suffix == ".svg" else
           f"set terminal pngcairo {size} font 'DejaVu Sans,10'",
           f"set output '{path}'", "set encoding utf8", "set multiplot",
           f"set label 1 '{title}' at screen 0.5, screen {1 - 24 / height} center font ',17' textcolor rgb '{BLACK}'"]
    for i, panel in enumerate(panels):
        left = 74 + i % columns * (width - 10) / columns
        right = (i % columns + 1) * (width - 10) / columns - 8
        top = height - head - i // columns * (plot_height + gap) - 34
        out += ["reset" if i else "",
                f"set lmargin at screen {left / width}", f"set rmargin at screen {right / width}",
                f"set tmargin at screen {top / height}", f"set bmargin at screen {(top - plot_height) / height}",
                f"set title '{panel.title}' offset 0,-0.5 font ',14' textcolor rgb '{BLACK}'",
                f"set xlabel '{panel.x_label}' offset 0,0.4 textcolor rgb '{DARK}'",
                f"set border 3 linecolor rgb '{GREY}'", f"set tics nomirror out scale 0.5 textcolor rgb '{DARK}'",
                "set grid xtics ytics linetype 1 linewidth 0.6 linecolor rgb '#e5e7eb'", "set key off",
                "set logscale x" if panel.x_log else "", f"set xrange {panel.x_range}",
                f"set xtics {ticks(panel.x_ticks)}"]
        out += [f"set yrange {y_range}"] if y_range else ["set logscale y", f"set yrange {decades(panels)}",
                                                          f"set ytics {ticks(DURATIONS)}"]
        shown = [name for name in reversed(names) if name in panel.lines]  # ours last, above the others
        for n, name in enumerate(shown):
            out += [f"$d{n} << EOD", *(f"{x} {y}" for x, y in sorted(panel.lines[name])), "EOD"]
        out.append("plot " + ", ".join(f"$d{n} using 1:2 {line_style(name)}" for n, name in enumerate(shown)))
    out += ["reset", "unset border", "unset tics", "set lmargin at screen 0.02", "set rmargin at screen 0.98",
            f"set bmargin at screen {4 / height}", f"set tmargin at screen {foot / height}",
            "set xrange [0:1]", "set yrange [0:1]",
            "set key center center horizontal maxcols 3 Left reverse samplen 2.5 "
            f"spacing 1.5 width 2 textcolor rgb '{DARK}'",
            "plot " + ", ".join(f"NaN {line_style(name)} title '{name}'" for name in names),
            "unset multiplot", "set output"]
    subprocess.run(["gnuplot"], input="\n".join(out) + "\n", text=True, check=True)


def lines_of(times, strategy, key):
    """{system: [(x, median)]} of the names SYSTEM/STRATEGY/key:x."""
    lines = collections.defaultdict(list)
    for name, each in times.items():
        system, of, at = name.split("/")
        if at.startswith(key + ":") and (of == strategy or system == YARDSTICK):
            lines[system].append((float(at.split(":")[1]), each.median))
    return lines


def speed_ups(times):
    """{strategy: {"N threads": [(rows, speed-up)]}}."""
    panels = collections.defaultdict(lambda: collections.defaultdict(list))
    for name, each in times.items():
        strategy, rows, threads = re.fullmatch(r"(.*)/rows:(\d+)/threads:(\d+)", name).groups()
        panels[strategy]["one thread" if threads == "1" else f"{threads} threads"].append((int(rows), each.speed_up))
    return panels


def charts(measured, folder, suffix=".svg"):
    scaling = measured["scaling"]
    vocabularies = {"512": 512, "8k": 8192, "128k": 131072, "2M": 2097152, "8M": 8388608}
    names = ["greedy", "temperature", "top-k 50", "top-k 50, top-p 0.9", "min-p 0.05", "top-p 0.9"]
    chart(folder / f"vocabulary{suffix}", "One draw against the size of the vocabulary: typical rows, one thread",
          [Panel(name, lines_of(scaling, name, "vocab"), "vocabulary", vocabularies, "[400:11000000]")
           for name in names], columns=3)

    counts = {"1": 1, "10": 10, "100": 100, "1k": 1000, "10k": 10000, "100k": 100000}
    shares = {f"{p / 10:g}": p / 10 for p in range(0, 11, 2)}
    chart(folder / f"parameters{suffix}", "One draw against k and p: V = 128,256, typical rows, one thread",
          [Panel("top-k", lines_of(scaling, "top-k", "k"), "k", counts, "[0.8:130000]"),
           Panel("top-p", lines_of(scaling, "top-p", "p"), "p", shares, "[0:1.01]", x_log=False)], columns=2)

    batches = speed_ups(measured["batch"])
    most = max(y for lines in batches.values() for points in lines.values() for _, y in points)
    chart(folder / f"batch{suffix}", "Speed-up over one thread against the rows of a batch: V = 128,256, typical rows",
          [Panel(strategy, lines, "rows", {str(2 ** e): 2 ** e for e in range(7)}, "[0.9:72]")
           for strategy, lines in batches.items()], columns=2, y_range=f"[0:{max(2, math.ceil(most))}]")


# ---- the page ----

PAGE = """<!-- Written by {command}: not by hand. -->
# Results

| | |
|---|---|
| machine | {machine} |
| compiler | {compiler}; -O2 without -march for pluck, -O3 -march=native for its peers |
| date, commit | {date}, {commit} |
| command | `{command}` |
| other work | a load of {load} when it began |

Times are medians of {repetitions} rounds in random order over all benchmarks, each a median of its calls; the spread is
half the distance of the quartiles of the rounds. `passes` is the ratio to one vectorised pass for the maximum of the
same row, by AVX2, which took turns with the draw: so ratios stand where the machine's speed does not. `by AVX2` is the
same ratio of a program that was told not to look for AVX-512. A peer's cell is its microseconds and, in brackets, how
many times as many passes it takes as pluck does; bold where that is less than one. All draw from the same distribution:
each system's draws were held to the oracle's by a chi-squared test first, and one that fails it is marked *disagrees*.
How the rows are made and what the peers do: [README](README.md).

## Against the vocabulary

![Time of a draw against the size of the vocabulary](results/vocabulary.svg)

## By vocabulary, shape of the row and strategy

{samplers}
## Rows of real models

The transformer of the [examples](../examples/README.md) reads Hamlet: an alphabet of a few letters, so what counts is
what a draw costs before it has looked at anything. Language models, where they are installed, read a page of prose,
speech and code: warm rows are in a cache, as after a copy; cold ones in none, as after a forward pass.

{model_rows}

## Against k and p

![Time of a draw against k and against p](results/parameters.svg)

## The worst inputs

V = 128,256. Ratios to the typical row of the same strategy; the worst of each column is bold.

{worst}

## Other types of logits

V = 128,256, typical rows, microseconds and the ratio to float.

{types}

## Adjusters

Typical rows; microseconds of a draw by the adjuster, T = 0.8 and top-k 50, and in brackets how many times the same
system's draw without the adjuster that is, which took turns with it. Biases are of tokens in random order; masks allow
so much of the vocabulary, at random; the text of `penalties` is 500 different tokens, that of `dry` 1,000 tokens of an
alphabet of 50.

{adjusters}

## Log-probabilities

Typical rows: how many times the same draw without it a draw with a report is, which took turns with it, and how many
exact totals the difference is, as categorical() takes one. The draws are categorical(), and T = 0.8 with top-k 50 or
top-p 0.95; what is reported of them is the token's log-probability and rank, with the 20 best tokens, and with how many
tokens were kept.

{log_probabilities}

## Batches

V = 128,256, typical rows. The speed-up is over one thread, which took turns with the others.

![Speed-up of a batch by threads](results/batch.svg)

{batch}

## The exact total mass

Typical rows. `Eigen` is compiled as pluck is here, without -march.

{mass}
"""


def machine():
    """The processor and its caches, and nothing that names the machine."""
    try:
        text = subprocess.run(["lscpu"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return platform.machine()
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    widest = "AVX-512" if "avx512f" in found.get("Flags", "") else "AVX2" if "avx2" in found.get("Flags", "") else ""
    parts = [found.get("Model name", platform.machine()), f"{found.get('CPU(s)', '?')} cores", widest,
             *(f"{name} {re.sub(r' *[(].*', '', found[name + ' cache'])}" for name in ("L2", "L3")
               if name + " cache" in found)]
    return ", ".join(part for part in parts if part)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measured", type=pathlib.Path, help="the folder of the JSON files")
    parser.add_argument("page", type=pathlib.Path, help="the folder that results.md is written to")
    for option in ("--compiler", "--command", "--commit"):
        parser.add_argument(option, default="?")
    given = parser.parse_args()

    measured = {}
    for program in ("samplers", "samplers_avx2", "model_rows", "scaling", "worst", "types", "batch", "mass",
                    "adjusters", "log_probabilities"):
        measured[program], context = load(given.measured / f"{program}.json")
        if program == "samplers":
            first = context
    folder = given.page / "results"
    folder.mkdir(parents=True, exist_ok=True)
    charts(measured, folder)
    page = PAGE.format(
        command=given.command, machine=machine(), compiler=given.compiler, date=first["date"][:10],
        commit=given.commit, load=f"{first['load_avg'][0]:.1f}" if first.get("load_avg") else "?",
        repetitions=len(next(iter(measured["samplers"].values())).repetitions),
        samplers=sampler_tables(measured["samplers"], measured["samplers_avx2"]),
        model_rows=model_tables(measured["model_rows"]),
        worst=worst_table(measured["worst"]), types=types_table(measured["types"]),
        adjusters=adjusters_table(measured["adjusters"]),
        log_probabilities=log_probabilities_table(measured["log_probabilities"]),
        batch=batch_tables(measured["batch"]), mass=mass_table(measured["mass"]))
    (given.page / "results.md").write_text(page)
    print("\n" + sampler_tables(measured["samplers"], measured["samplers_avx2"]))


if __name__ == "__main__":
    main()
