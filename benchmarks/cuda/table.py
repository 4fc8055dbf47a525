#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables of a run of benchmarks/cuda/run: table.py speed.json [torch.json] "date, driver, command" > results.md"""
import collections
import json
import math
import sys

files = [word for word in sys.argv[1:] if word.endswith(".json")]
told = " ".join(word for word in sys.argv[1:] if not word.endswith(".json"))
data = json.load(open(files[0]))
everything = [f for file in files for f in json.load(open(file))["figures"]]
OURS = "pluck"
figures = [f for f in everything if f.get("system", OURS) == OURS]
names = lambda field, of=figures: list(dict.fromkeys(f[field] for f in of))

# A peer's figures, by what was timed.
cell = lambda f: tuple(f[field] for field in ("type", "vocab", "chain", "rows", "batch"))
own = {cell(f): f for f in figures}
peers = collections.defaultdict(dict)
for f in everything:
    if f.get("system", OURS) != OURS and cell(f) in own:
        peers[f["system"]][cell(f)] = f


def ratio(f):
    return f["median_us"] / own[cell(f)]["median_us"]


print("# Draws on a GPU\n")
print(f"{data['device']}. {told}\n")
print(f"Read bandwidth measured in the same run: {data['read_gb_per_s']:.0f} GB/s; an empty launch within a graph:"
      f" {data['empty_launch_us']:.2f} us.")
print("Each figure: microseconds of one launch, the median of replays of a graph of launches over buffers that take"
      " turns")
print("(no row is in the L2 cache), and in brackets the ratio to the limit: the logits read once, and an empty launch."
      " T = 0.8.")
if "plain" in names("chain"):
    print("*plain* is T = 1 and no other stage; *mixed rows* have parameters of their own, eight requests in turn.")
print("\n![Time of a batch against its rows, beside peers](results.svg)")
if peers:
    batches, vocabs = sorted(names("batch")), sorted(names("vocab"))
    print("\n## Beside peers\n")
    print("A peer's figure, in the same run on the same rows from logits to tokens, has in brackets its ratio to"
          " pluck's: how many")
    print("times as long it takes. Here are the geometric means of those ratios, the least and the greatest of them,"
          " and how many,")
    print(f"over batches of {batches[0]} to {batches[-1]} rows of {vocabs[0]:,} to {vocabs[-1]:,} logits and every"
          " chain that the peer has. **DISAGREES**: its draws")
    print("are not from the chain's distribution (chi-squared, alpha = 1e-6), so the figure is in no mean; *no graph*:"
          " it cannot be")
    print("captured, so a stream of launches was timed.\n")
    print("| type | rows | " + " | ".join(peers) + " |")
    print("|---|---|" + "---|" * len(peers))
    for kind in names("type"):
        for rows in names("rows"):
            line = []
            for peer in peers:
                some = [ratio(f) for f in peers[peer].values()
                        if f["type"] == kind and f["rows"] == rows and f.get("agrees", True)]
                mean = math.exp(sum(map(math.log, some)) / len(some)) if some else 0
                line.append(f"**{mean:.1f}** ({min(some):.1f} to {max(some):.1f}; {len(some)})" if some else "")
            if any(line):
                print(f"| {kind} | {rows} | " + " | ".join(line) + " |")
for kind in names("type"):
    for vocab in names("vocab"):
        some = [f for f in figures if f["type"] == kind and f["vocab"] == vocab]
        batches = list(dict.fromkeys(f["batch"] for f in some))
        print(f"\n## {kind}, {vocab:,} logits\n")
        print(f"| chain | rows |{' system |' if peers else ''} " + " | ".join(f"batch {b}" for b in batches) + " |")
        print("|---|---|" + ("---|" if peers else "") + "---|" * len(batches))
        for chain in names("chain"):
            for rows in names("rows"):
                line = {f["batch"]: f for f in some if f["chain"] == chain and f["rows"] == rows}
                if not line:
                    continue
                cells = [f"{line[b]['median_us']:.1f} ({line[b]['median_us'] / line[b]['limit_us']:.1f})"
                         if b in line else "" for b in batches]
                label = ("pluck" if line[batches[0]].get("agrees", True) else "pluck, **DISAGREES**") if peers else ""
                print(f"| {chain} | {rows} |{f' {label} |' if peers else ''} " + " | ".join(cells) + " |")
                for peer, its in peers.items():
                    beside = {b: its[kind, vocab, chain, rows, b] for b in batches
                              if (kind, vocab, chain, rows, b) in its}
                    if not beside:
                        continue
                    label = peer + ("" if all(f.get("agrees", True) for f in beside.values()) else ", **DISAGREES**")
                    label += "" if all(f.get("graph", True) for f in beside.values()) else ", *no graph*"
                    cells = [f"{beside[b]['median_us']:.1f} ({ratio(beside[b]):.1f}x)" if b in beside else ""
                             for b in batches]
                    print(f"| | | {label} | " + " | ".join(cells) + " |")
        print(f"| limit | |{' |' if peers else ''} " +
              " | ".join(f"{next(f['limit_us'] for f in some if f['batch'] == b):.1f}" for b in batches) + " |")
