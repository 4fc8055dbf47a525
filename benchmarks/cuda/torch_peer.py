#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch beside benchmarks/cuda/speed: torch_peer.py libagreement.so speed.json torch.json SECONDS

The cells of speed.json are timed anew, on the same typical rows (what PyTorch does takes as long on any), by the same
method: a replay of a CUDA graph has one draw on each of up to 32 buffers, or, where a draw cannot be captured, of a
stream of launches. The rows, the parameters and the chi-squared test come from libagreement.so (agreement.hpp)."""

import ctypes
import json
import sys
import time

import torch

DEVICE = "cuda"
LIBRARY, SPEED, OUT, SECONDS = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
ROWS = ("typical", 1)  # its place in rows.hpp
POOL_BYTES, MOST_BUFFERS, DIFFERENT = 1 << 30, 32, 32
TYPES = {"float": torch.float32, "half": torch.float16, "bfloat16": torch.bfloat16}

agreement = ctypes.CDLL(LIBRARY)
agreement.pluck_chain_name.restype = ctypes.c_char_p
agreement.pluck_chain_name.argtypes = [ctypes.c_size_t]
agreement.pluck_chain_parameters.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]
agreement.pluck_write_row.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_size_t]
agreement.pluck_agrees.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]

CHAINS, REQUESTS = {}, 8
while name := agreement.pluck_chain_name(len(CHAINS)):
    CHAINS[name.decode()] = len(CHAINS)


def parameters(chain, row):
    four = (ctypes.c_double * 4)()
    agreement.pluck_chain_parameters(CHAINS[chain], row % REQUESTS, four)
    return list(four)


def row_of(vocab, kind, number):
    row = torch.empty(vocab, dtype=torch.float32)
    agreement.pluck_write_row(row.data_ptr(), vocab, kind, number)
    return row


# ---- what is timed: logits [batch, vocab] -> tokens [batch] ----


def one_of(probabilities):
    return torch.multinomial(probabilities, 1)


def plain(logits, t, k, p, m):
    return one_of(torch.softmax(logits.float() / t, -1))


def greedy(logits, t, k, p, m):
    return torch.argmax(logits, -1, keepdim=True)


def masked_top_k(logits, t, k, p, m):
    logits = logits.float() / t
    least = torch.topk(logits, int(k), -1).values[:, -1:]
    return one_of(torch.softmax(logits.masked_fill(logits < least, float("-inf")), -1))


def k_alone(logits, t, k, p, m):
    """topk, and all that follows on k logits."""
    best, tokens = torch.topk(logits, int(k), -1)
    probabilities = torch.softmax(best.float() / t, -1)
    if p < 1:
        probabilities = within(probabilities, p)
    return tokens.gather(-1, one_of(probabilities))


def within(descending, p):
    """The nucleus of probabilities in descending order."""
    return descending.masked_fill(descending.cumsum(-1) - descending >= p, 0)


def sorted_top_p(logits, t, k, p, m):
    """By a sort, which also knows every rank: top-p, and top-k of what it leaves. The parameters may be [batch, 1]."""
    ranked, tokens = torch.sort(logits.float() / t, -1, descending=True)
    probabilities = within(torch.softmax(ranked, -1), p)
    if isinstance(k, torch.Tensor):
        probabilities = probabilities.masked_fill(torch.arange(logits.size(-1), device=logits.device) >= k, 0)
    elif k > 0:
        probabilities = probabilities[:, : int(k)]
    return tokens.gather(-1, one_of(probabilities))


def masked_top_k_top_p(logits, t, k, p, m):
    logits = logits.float() / t
    least = torch.topk(logits, int(k), -1).values[:, -1:]
    return sorted_top_p(logits.masked_fill(logits < least, float("-inf")), 1, 0, p, m)


def min_p(logits, t, k, p, m):
    probabilities = torch.softmax(logits.float() / t, -1)
    return one_of(probabilities.masked_fill(probabilities < m * probabilities.amax(-1, keepdim=True), 0))


SYSTEMS = {
    "PyTorch": {
        "plain": plain,
        "temperature": plain,
        "top-k 50": masked_top_k,
        "top-p 0.9": sorted_top_p,
        "top-k 50, top-p 0.9": masked_top_k_top_p,
        "top-p 0.9, top-k 50": sorted_top_p,
        "min-p 0.05": min_p,
        "mixed rows": sorted_top_p,
        "greedy": greedy,
    },
    "PyTorch, k alone": {"top-k 50": k_alone, "top-k 50, top-p 0.9": k_alone},
}


def settings(chain, batch):
    """Numbers, or for mixed rows a column of each."""
    if chain != "mixed rows":
        return parameters(chain, 0)
    t, k, p, m = zip(*(parameters(chain, row) for row in range(batch)))
    column = lambda values: torch.tensor(values, dtype=torch.float32, device=DEVICE)[:, None]
    return [column(t), column([each or 1 << 24 for each in k]), column(p), 0]


# ---- does it do the same work? ----


def agrees(draw, chain):
    vocab, rows, launches = 3000, 1024, 8
    requests = REQUESTS if chain == "mixed rows" else 1
    for kind in (0, 1):  # peaked and typical
        row = row_of(vocab, kind, 7)
        logits = row.to(DEVICE).expand(rows, vocab).contiguous()
        what = settings(chain, rows)
        drawn = torch.stack([draw(logits, *what).flatten() for _ in range(launches)]).cpu()
        for request in range(requests):
            counts = torch.bincount(drawn[:, request::requests].flatten(), minlength=vocab)
            if not agreement.pluck_agrees(row.data_ptr(), vocab, CHAINS[chain], request, counts.data_ptr()):
                return False
    return True


# ---- how long does it take? ----


def timed(draw_all, allowed):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    times, spent = [], 0.0
    while len(times) < 200 and (len(times) < 5 or spent < allowed):
        begin.record()
        draw_all()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / 1000)
        spent += times[-1]
    times = sorted(times[2:])
    return times[len(times) // 2], times[len(times) * 99 // 100]


def captured(draw_all):
    """A graph of the draws, or nothing."""
    graph = torch.cuda.CUDAGraph()
    try:
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            draw_all()
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            draw_all()
        return graph
    except RuntimeError:
        torch.cuda.synchronize()
        return None


def time_all(todo, same, found):
    end, held = time.monotonic() + SECONDS, None
    for done, (f, who) in enumerate(todo):
        if time.monotonic() > end:
            print(f"out of time: {len(todo) - done} figures are left out", flush=True)
            break
        kind, vocab, batch, chain = f["type"], f["vocab"], f["batch"], f["chain"]
        if held != (kind, vocab):
            held, pool = (kind, vocab), None
            some = torch.stack([row_of(vocab, ROWS[1], r) for r in range(DIFFERENT)]).to(DEVICE, TYPES[kind])
            pool = some.repeat(POOL_BYTES // (some.numel() * some.element_size()), 1)
        buffers = max(1, min(MOST_BUFFERS, len(pool) // batch))
        step = len(pool) // buffers
        draw, what = SYSTEMS[who][chain], settings(chain, batch)

        def draw_all():
            for i in range(buffers):
                draw(pool[i * step : i * step + batch], *what)

        graph = captured(draw_all)
        allowed = max(0.0, (end - time.monotonic()) / (len(todo) - done))
        median, p99 = timed(graph.replay if graph else draw_all, allowed)
        graph_was = graph is not None
        del graph
        found.append({
            "type": kind, "chain": chain, "rows": ROWS[0], "system": who, "batch": batch, "vocab": vocab,
            "median_us": median * 1e6 / buffers, "p99_us": p99 * 1e6 / buffers, "limit_us": f["limit_us"],
            "agrees": same[who, chain], "graph": graph_was,
        })  # fmt: skip
        print(f"{who:<16} {kind:<8} {chain:<20} B {batch:4} V {vocab:6} {found[-1]['median_us']:9.2f} us"
              f"{'' if graph_was else '  no graph'}", flush=True)


def main():
    torch.manual_seed(1)
    speed = json.load(open(SPEED))
    cells = [f for f in speed["figures"] if f["system"] == "pluck" and f["rows"] == ROWS[0]]
    todo = [(f, who) for f in cells for who in SYSTEMS if f["chain"] in SYSTEMS[who]]
    same = {}
    for who, methods in SYSTEMS.items():
        for chain, draw in methods.items():
            same[who, chain] = agrees(draw, chain)
            if not same[who, chain]:
                print(f"{who}: {chain} DISAGREES", flush=True)
    found = []
    try:
        time_all(todo, same, found)
    finally:  # what there is, whatever happens
        json.dump({"version": torch.__version__, "figures": found}, open(OUT, "w"), indent=0)


if __name__ == "__main__":
    main()
