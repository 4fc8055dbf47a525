#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The chart of a run of benchmarks/cuda/run, by gnuplot: chart.py speed.json [torch.json] results.svg"""
import collections
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
import report  # noqa: E402

VOCAB = 128256
CHAINS = {"temperature": "temperature", "top-k 50": "top-k 50", "top-p 0.9": "top-p 0.9",
          "top-k 50, top-p 0.9": "top-k and top-p"}
*files, to = sys.argv[1:]
data = [json.load(open(file)) for file in files]
panels = []
for kind in ("float", "bfloat16"):
    for chain, short in CHAINS.items():
        lines = collections.defaultdict(list)
        for f in (f for each in data for f in each["figures"]):
            if (f["type"], f["vocab"], f["chain"], f["rows"]) != (kind, VOCAB, chain, "typical"):
                continue
            if f.get("agrees", True):
                lines[f["system"]].append((f["batch"], f["median_us"]))
            if f["system"] == report.OURS:
                lines[report.LIMIT].append((f["batch"], f["limit_us"]))
        batches = sorted(x for x, _ in lines[report.OURS])
        panels.append(report.Panel(f"{kind}, {short}", lines, "rows of a batch", {f"{b}": b for b in batches},
                                   f"[{batches[0]}:{batches[-1]}]"))
title = f"Time of a batch of draws from rows of {VOCAB:,} logits, typical, T = 0.8: {data[0]['device']}"
report.chart(pathlib.Path(to), title, panels, len(CHAINS))
