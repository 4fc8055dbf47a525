#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables of a run of benchmarks/cuda/speed: table.py speed.json "date, driver, command" > results.md"""
import json
import sys

data = json.load(open(sys.argv[1]))
told = sys.argv[2] if len(sys.argv) > 2 else ""
figures = data["figures"]
names = lambda field: list(dict.fromkeys(f[field] for f in figures))

print("# Draws on a GPU\n")
print(f"{data['device']}. {told}\n")
print(f"Read bandwidth measured in the same run: {data['read_gb_per_s']:.0f} GB/s; an empty launch within a graph:"
      f" {data['empty_launch_us']:.2f} us.")
print("Each figure: microseconds of one launch, the median of replays of a graph of launches over buffers that take turns")
print("(no row is in the L2 cache), and in brackets the ratio to the limit: the logits read once, and an empty launch. T = 0.8.")
for kind in names("type"):
    for vocab in names("vocab"):
        some = [f for f in figures if f["type"] == kind and f["vocab"] == vocab]
        batches = list(dict.fromkeys(f["batch"] for f in some))
        print(f"\n## {kind}, {vocab:,} logits\n")
        print("| chain | rows | " + " | ".join(f"batch {b}" for b in batches) + " |")
        print("|---|---|" + "---|" * len(batches))
        for chain in names("chain"):
            for rows in names("rows"):
                line = {f["batch"]: f for f in some if f["chain"] == chain and f["rows"] == rows}
                if not line:
                    continue
                cells = [f"{line[b]['median_us']:.1f} ({line[b]['median_us'] / line[b]['limit_us']:.1f})" if b in line else ""
                         for b in batches]
                print(f"| {chain} | {rows} | " + " | ".join(cells) + " |")
        print("| limit | | " + " | ".join(f"{next(f['limit_us'] for f in some if f['batch'] == b):.1f}" for b in batches) + " |")
