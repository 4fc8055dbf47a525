# SPDX-License-Identifier: MIT
"""Rows of logits and texts from a seed, as rows.hpp has them, and how a line of a fixture is written."""
import math
import struct

KINDS = 5
FINE, COARSE, MASKED, ZEROS, LARGE = range(KINDS)


def bit_source(seed):
    """splitmix64."""
    mask = (1 << 64) - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        yield z ^ z >> 31


class Source:
    def __init__(self, seed, vocab, kind, length, prompt, alphabet):
        self.seed, self.vocab, self.kind = seed, vocab, kind
        self.length, self.prompt, self.alphabet = length, prompt, alphabet

    def logits(self):
        bits, row = bit_source(self.seed), []
        for i in range(self.vocab):
            word = next(bits)
            x = (word >> 40) - (1 << 23)
            value = x * 2.0**-14 if self.kind == LARGE else x * 2.0**-20
            if self.kind == COARSE:
                value = ((word >> 57) - 64) * 0.125
            if self.kind == MASKED and i > 0 and word % 8 == 0:
                value = -math.inf
            if self.kind == ZEROS and word % 4 == 0:
                value = 0.0 if word % 8 == 0 else -0.0
            row.append(value)
        return row

    def token(self, letter):
        return letter * 7919 % self.vocab

    def text(self):
        bits, tokens = bit_source(self.seed ^ 0x5555555555555555), []
        while len(tokens) < self.length:
            word = next(bits)
            if word % 4 != 0 or len(tokens) < 2:
                tokens.append(self.token((word >> 32) % self.alphabet))
                continue
            start = (word >> 32) % len(tokens)
            for i in range((word >> 8) % 12 + 1):
                if len(tokens) < self.length:
                    tokens.append(tokens[start + i])
        return tokens

    def __str__(self):
        return f"{self.seed} {self.vocab} {self.kind} {self.length} {self.prompt} {self.alphabet}"


def single(x):
    """The nearest float32."""
    return struct.unpack("<f", struct.pack("<f", x))[0]


def bits_of(x):
    return f"{struct.unpack('<I', struct.pack('<f', x))[0]:08x}"


def score_text(x):
    return "-" if x == -math.inf else bits_of(x)


def line(name, source, parameters, scores, probabilities, only_kept=False):
    """A case: what it is, its parameters, the scores that the peer has moved, and its three largest probabilities.

    `*:-` stands for all that are not named, if most of them are forbidden. Where scores are not compared, the tokens
    that are kept follow `=`.
    """
    words = []
    if only_kept:
        words = ["=", *(str(i) for i in range(source.vocab) if scores[i] != -math.inf)]
    else:
        before = source.logits()
        new_zeros = [i for i in range(source.vocab) if scores[i] == -math.inf and before[i] != -math.inf]
        most = 2 * len(new_zeros) > source.vocab
        if most:
            words.append("*:-")
        for i in range(source.vocab):
            if most and scores[i] != -math.inf or not most and scores[i] != before[i]:
                words.append(f"{i}:{score_text(scores[i])}")
    best = sorted(range(source.vocab), key=lambda i: -probabilities[i])[:3]
    if math.isnan(probabilities[best[0]]):
        best = []
    return " ".join([name, str(source), "|", *parameters, "|", *words, "|",
                     *(f"{i}:{bits_of(probabilities[i])}" for i in best)])
