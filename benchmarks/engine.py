#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes engine.md, and its chart, from what examples/engine has measured. Called by benchmarks/run."""

import argparse
import datetime
import json
import pathlib
import subprocess

import report

GREY, DARK, BLACK = "#d1d5db", "#374151", "#111827"
THEIRS, OURS = "llama.cpp", "pluck"

PAGE = """<!-- Written by {command}: not by hand. -->
# In a real engine

| | |
|---|---|
| machine | {machine} |
| compiler | {compiler} |
| date, commit | {date}, {commit} |
| command | `{command}` |

llama.cpp's forward pass, then a draw: by llama.cpp's own chain of samplers, and by pluck straight from the logits
([examples/engine](../examples/engine/README.md), `--benchmark`). Both draw from the same logits, each draw after a
forward pass of its own, in turn. Sampling is drawing a token and accepting it: medians, and their quartiles in
brackets. Tokens a second are those of the medians of both parts.

![A token's time: forward pass and sampling](results/engine.svg)

{models}
"""


def tables(model):
    forward = model["forward_us"]
    head = ["strategy", f"{THEIRS}, us", f"{OURS}, us", "times as fast", f"of a token, {THEIRS}", f"of a token, {OURS}",
            f"tokens/s, {THEIRS}", f"tokens/s, {OURS}"]
    rows = []
    for each in model["strategies"]:
        theirs, ours = each["llama_cpp"], each["pluck"]

        def cell(system):
            found = system["sampling_us"]
            return (f"{report.us(found['median'])} ({report.us(found['first_quartile'])} to "
                    f"{report.us(found['third_quartile'])})")

        rows.append([each["name"], cell(theirs), cell(ours),
                     report.ratio(theirs["sampling_us"]["median"] / ours["sampling_us"]["median"]),
                     f"{100 * theirs['share']:.1f} %", f"{100 * ours['share']:.2f} %",
                     f"{theirs['tokens_per_second']:.1f}", f"{ours['tokens_per_second']:.1f}"])
    return (f"## {model['model']}, V = {model['vocabulary']:,}\n\n"
            f"Forward pass: {forward['median'] / 1000:.2f} ms ({forward['first_quartile'] / 1000:.2f} to "
            f"{forward['third_quartile'] / 1000:.2f}), {model['threads']} threads; {model['tokens']} tokens. Greedy: "
            f"{model['strategies'][0]['equal_tokens']} of them are the same by both.\n\n" + report.table(head, rows))


def chart(path, models):
    """For each model and strategy two bars: the forward pass, and behind it what draws the token."""
    width, bar, head = 1180, 22, 76
    heights = [len(model["strategies"]) * 2.6 * bar + 84 for model in models]
    height = head + sum(heights)
    kind = "svg" if path.suffix == ".svg" else "pngcairo"
    out = [f"set terminal {kind} noenhanced size {width},{height:.0f} background rgb '#ffffff' "
           "font 'DejaVu Sans, Helvetica, Arial, sans-serif,13'",
           f"set output '{path}'", "set encoding utf8", "set multiplot", "set style fill solid noborder",
           f"set label 1 'A token of llama.cpp, by its own samplers and by pluck' at screen 0.5, screen "
           f"{1 - 24 / height} center font ',17' textcolor rgb '{BLACK}'"]
    top = height - head
    for n, (model, tall) in enumerate(zip(models, heights)):
        forward = model["forward_us"]["median"] / 1000
        places, boxes, labels = [], {GREY: [], report.COLOURS[THEIRS]: [], report.COLOURS[OURS]: []}, []
        at, longest = 0.0, 0.0
        for each in model["strategies"]:
            for who, key in ((THEIRS, "llama_cpp"), (OURS, "pluck")):
                sampling = each[key]["sampling_us"]["median"] / 1000
                low, high, end = -at - 0.9, -at - 0.1, forward + sampling
                boxes[GREY].append(f"0 0 0 {forward} {low} {high}")
                boxes[report.COLOURS[who]].append(f"0 0 {forward} {end} {low} {high}")
                text = f"{1000 * sampling:,.0f} us, {100 * each[key]['share']:.2g} %"
                labels.append(f"set label '{text}' at first {end}, {(low + high) / 2} left offset 0.6,0 "
                              f"textcolor rgb '{DARK}'")
                longest = max(longest, end)
                at += 1
            places.append(f"'{each['name']}' {1 - at}")
            at += 0.6
        out += ["reset" if n else "", "set style fill solid noborder",
                "set lmargin at screen 0.27", "set rmargin at screen 0.98",
                f"set tmargin at screen {(top - 34) / height}", f"set bmargin at screen {(top - tall + 44) / height}",
                f"set title '{model['model']}: vocabulary of {model['vocabulary']:,}' offset 0,-0.5 font ',14' "
                f"textcolor rgb '{BLACK}'",
                f"set border 2 linecolor rgb '{GREY}'", f"set xtics nomirror out scale 0.5 textcolor rgb '{DARK}'",
                "set format x '%g ms'", f"set ytics ({', '.join(places)}) nomirror scale 0 textcolor rgb '{DARK}'",
                f"set xrange [0:{1.19 * longest}]", f"set yrange [{-at + 0.5}:0]", "set key off",
                "set grid xtics linetype 1 linewidth 0.6 linecolor rgb '#e5e7eb'", *labels]
        for i, lines in enumerate(boxes.values()):
            out += [f"$b{i} << EOD", *lines, "EOD"]
        out.append("plot " + ", ".join(f"$b{i} using 1:2:3:4:5:6 with boxxyerror fillcolor rgb '{colour}'"
                                       for i, colour in enumerate(boxes)))
        top -= tall
    out += ["reset", "set style fill solid noborder", "unset border", "unset tics", "set xrange [0:1]",
            "set yrange [0:1]", "set lmargin at screen 0.02", "set rmargin at screen 0.98",
            f"set tmargin at screen {1 - 44 / height}", f"set bmargin at screen {1 - 70 / height}",
            f"set key center center horizontal maxcols 3 Left reverse samplen 1.5 width 3 textcolor rgb '{DARK}'",
            "plot " + ", ".join(f"NaN with boxes fillcolor rgb '{colour}' title '{title}'" for title, colour in (
                ("forward pass", GREY), ("sampling by llama.cpp", report.COLOURS[THEIRS]),
                ("sampling by pluck", report.COLOURS[OURS]))),
            "unset multiplot", "set output"]
    subprocess.run(["gnuplot"], input="\n".join(out) + "\n", text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=pathlib.Path, help="the folder that engine.md is written to")
    parser.add_argument("measured", type=pathlib.Path, nargs="+", help="what --benchmark --json has written")
    for option in ("--compiler", "--command", "--commit"):
        parser.add_argument(option, default="?")
    given = parser.parse_args()
    models = [json.loads(path.read_text()) for path in given.measured]
    models.sort(key=lambda model: model["vocabulary"])
    folder = given.page / "results"
    folder.mkdir(parents=True, exist_ok=True)
    chart(folder / "engine.svg", models)
    (given.page / "engine.md").write_text(PAGE.format(
        command=given.command, machine=report.machine(), compiler=given.compiler, commit=given.commit,
        date=datetime.date.today().isoformat(), models="\n\n".join(tables(model) for model in models)))


if __name__ == "__main__":
    main()
