# SPDX-License-Identifier: MIT
"""What Hugging Face's logits processors make of random rows, for peers_test.cpp. Run by hand: tests/peers/generate."""
import random
import sys

import torch
import transformers
from transformers.generation import logits_process as hf

import rows
from rows import Source, bits_of, single

HEADER = """\
# What the logits processors of transformers {} (torch {}, CPU, float32) make of random rows.
# Written by tests/peers/generate transformers. A line: a processor; seed, vocabulary, kind, length of the text, of its
# prompt, alphabet (rows.hpp makes the row and the text of these); the processor's parameters; the scores that it moves,
# as bits of floats, - for -infinity, *:- for all others, or after = the tokens that it keeps; its three largest
# probabilities. `all` is a list of processors, whose parameters are separated by semicolons.
"""


def numbers(values):
    return [str(v) for v in values]


def words(sequences):
    return [",".join(numbers(s)) for s in sequences]


class Generator:
    def __init__(self, out):
        self.out = out
        self.random = random.Random(20261201)
        self.seed = 0

    def source(self, case, least=0, most=200, vocab=(24, 160), kinds=range(rows.KINDS),
               alphabets=(1, 2, 3, 5, 8, 16, 24)):
        r = self.random
        self.seed += 1
        size = r.randint(*vocab)
        length = r.choice([least, least + 1, r.randint(least, most), r.randint(least, most), r.randint(least, 40)])
        prompt = r.choice([length, r.randint(0, length), r.randint(0, length)])
        return Source(self.seed, size, kinds[case % len(kinds)], length, prompt, r.choice(alphabets))

    def ids(self, source, count):
        """Some tokens, most of them of the text."""
        r = self.random
        text = source.text() or [0]
        return [r.choice(text) if r.random() < 0.7 else r.randrange(source.vocab) for _ in range(count)]

    def phrases(self, source, count):
        """Sequences that the text's end begins, that are somewhere in it, and others; no two alike."""
        r, text, found = self.random, source.text(), {}
        while len(found) < count:
            length = r.choice([1, 1, 2, 2, 3, 4, 6])
            how = r.random()
            if how < 0.55 and length - 1 <= len(text):
                phrase = text[len(text) - (length - 1):] + [r.choice(self.ids(source, 4))]
            elif how < 0.8 and length <= len(text):
                start = r.randint(0, len(text) - length)
                phrase = text[start:start + length]
            else:
                phrase = [r.randrange(source.vocab) for _ in range(length)]
            found[tuple(phrase)] = True
        return [list(p) for p in found]

    def write(self, name, source, parameters, processor, scores=None, only_kept=False):
        text = torch.tensor([source.text()], dtype=torch.long)
        scores = torch.tensor([source.logits()], dtype=torch.float32) if scores is None else scores
        with torch.no_grad():
            moved = processor(text, scores)
            probabilities = torch.softmax(moved, dim=-1)
        self.out.write(rows.line(name, source, parameters, moved[0].tolist(), probabilities[0].tolist(), only_kept) +
                       "\n")

    def repetition(self, case):
        source = self.source(case)
        penalty = single(self.random.choice([1.0, 1.1, 1.3, 0.5, 2.0, self.random.uniform(0.1, 5), 100.0, 0.01]))
        ignored = case % 3 == 0
        self.write("repetition", source, [bits_of(penalty), str(int(ignored))],
                   hf.RepetitionPenaltyLogitsProcessor(penalty, source.prompt if ignored else None))

    def no_repeat_ngram(self, case):
        source = self.source(case, alphabets=(1, 2, 2, 3, 3, 5, 24))
        n = self.random.choice([1, 2, 2, 3, 3, 4, 5, 8, 20])
        if case % 40 == 0:  # every token is in the text
            source, n = Source(source.seed, 24, source.kind, 200, 0, 24), 1
        self.write("no_repeat_ngram", source, [str(n)], hf.NoRepeatNGramLogitsProcessor(n))

    def sequence_bias(self, case):
        r, source = self.random, self.source(case)
        phrases = self.phrases(source, r.randint(1, 12))
        biases = [single(r.choice([r.uniform(-8, 8), r.uniform(-8, 8), 0.0, -100.0, 30.0, -float("inf")]))
                  for _ in phrases]
        self.write("sequence_bias", source,
                   [f"{w}:{rows.score_text(b)}" for w, b in zip(words(phrases), biases)],
                   hf.SequenceBiasLogitsProcessor([[p, b] for p, b in zip(phrases, biases)]))

    def no_bad_words(self, case):
        source = self.source(case)
        phrases = self.phrases(source, self.random.randint(1, 12))
        self.write("no_bad_words", source, words(phrases), hf.NoBadWordsLogitsProcessor(phrases))

    def min_length(self, case):
        """MinLength counts the prompt, MinNewTokensLength does not."""
        source = self.source(case, kinds=[rows.FINE, rows.MASKED])
        ends = sorted(set(self.ids(source, self.random.randint(1, 4))))
        total = case % 2 == 0
        so_far = source.length if total else source.length - source.prompt
        n = max(0, so_far + self.random.choice([-1, 0, 1, 10]))
        self.write("min_length" if total else "min_new_tokens", source, [str(n), *numbers(ends)],
                   hf.MinLengthLogitsProcessor(n, ends) if total else
                   hf.MinNewTokensLengthLogitsProcessor(source.prompt, n, ends))

    def forced(self, case):
        r = self.random
        source = self.source(case, kinds=[rows.FINE, rows.MASKED], most=3 if case % 2 else 200)
        token = r.randrange(source.vocab)
        if case % 2:
            self.write("forced_bos", source, [str(token)], hf.ForcedBOSTokenLogitsProcessor(token))
        else:
            most = source.length + r.choice([0, 1, 1, 2])
            self.write("forced_eos", source, [str(most), str(token)], hf.ForcedEOSTokenLogitsProcessor(most, token))

    def suppress(self, case):
        source = self.source(case, kinds=[rows.FINE, rows.MASKED])
        ids = self.ids(source, self.random.randint(1, 20))
        if case % 3 == 0:
            self.write("suppress", source, numbers(ids), hf.SuppressTokensLogitsProcessor(ids))
            return
        if case % 3 == 1:
            source.prompt = source.length
        self.write("begin_suppress", source, numbers(ids),
                   hf.SuppressTokensAtBeginLogitsProcessor(ids, source.prompt))

    def length_decay(self, case):
        r = self.random
        source = self.source(case)
        if case % 2 == 0:
            source.prompt = 0
        start = max(0, source.length - source.prompt - r.choice([-1, 0, 1, 2, 5, 30]))
        factor = single(r.choice([1.0, 1.01, 1.1, 1.5, 0.9, r.uniform(0.2, 3)]))
        token = r.randrange(source.vocab)
        self.write("length_decay", source, [str(start), bits_of(factor), str(token)],
                   hf.ExponentialDecayLengthPenalty((start, factor), token, source.prompt))

    def guidance(self, case):
        """The second row is that of the seed plus 2^32, always of 24 bits."""
        source = self.source(case, vocab=(16, 40), kinds=[rows.FINE, rows.COARSE, rows.MASKED, rows.ZEROS], most=4)
        g = single(self.random.choice([1.5, 3.0, 10.0, self.random.uniform(1.01, 8)]))
        other = Source(source.seed + 2**32, source.vocab, rows.FINE, 0, 0, 1)
        given, unconditional = torch.tensor([source.logits()]), torch.tensor([other.logits()])
        if case % 2 == 0:
            self.write("guidance", source, [bits_of(g)], hf.ClassifierFreeGuidanceLogitsProcessor(g),
                       scores=torch.cat([given, unconditional]))
            return
        # Of log-softmaxed scores, moved by a constant: the same probabilities, also for scales below 1.
        if source.kind != rows.MASKED:  # where 0 times -infinity would be NaN
            g = single(self.random.choice([g, 1.0, 0.0, 0.5, -1.0]))

        class Model:
            def __call__(self, *arguments, **options):
                return transformers.utils.ModelOutput(logits=unconditional[:, None, :])

        processor = hf.UnbatchedClassifierFreeGuidanceLogitsProcessor(
            g, Model(), unconditional_ids=torch.zeros((1, 1), dtype=torch.long))
        self.write("guidance_of_softmax", source, [bits_of(g)], processor, only_kept=True)

    def all(self, case):
        """In the order of transformers: its processors, then its warpers."""
        r, source = self.random, self.source(case, vocab=(60, 160), kinds=[rows.FINE], least=1)
        phrases, bad, ids = self.phrases(source, 4), self.phrases(source, 4), self.ids(source, 5)
        biases = [single(r.uniform(-4, 4)) for _ in phrases]
        penalty, n, factor = single(r.uniform(1, 2)), r.choice([2, 3, 4]), single(r.uniform(1, 1.2))
        generated = source.length - source.prompt
        least, start, end = max(0, generated + r.choice([0, 1])), max(0, generated - 5), r.randrange(source.vocab)
        temperature, k = single(r.uniform(0.4, 1.5)), r.choice([5, 20, 50])
        p, m = single(r.uniform(0.5, 1)), single(r.uniform(0, 0.05))
        parameters = [" ".join(f"{w}:{bits_of(b)}" for w, b in zip(words(phrases), biases)), bits_of(penalty), str(n),
                      " ".join(words(bad)), f"{least} {end}", f"{start} {bits_of(factor)} {end}",
                      " ".join(numbers(ids)), bits_of(temperature), str(k), bits_of(p), bits_of(m)]
        self.write("all", source, [" ; ".join(parameters)], hf.LogitsProcessorList([
            hf.SequenceBiasLogitsProcessor([[w, b] for w, b in zip(phrases, biases)]),
            hf.RepetitionPenaltyLogitsProcessor(penalty), hf.NoRepeatNGramLogitsProcessor(n),
            hf.NoBadWordsLogitsProcessor(bad),
            hf.MinNewTokensLengthLogitsProcessor(source.prompt, least, end),
            hf.ExponentialDecayLengthPenalty((start, factor), end, source.prompt),
            hf.SuppressTokensLogitsProcessor(ids),
            hf.TemperatureLogitsWarper(temperature), hf.TopKLogitsWarper(k), hf.TopPLogitsWarper(p),
            hf.MinPLogitsWarper(m)]), only_kept=True)


def main():
    counts = {"repetition": 150, "no_repeat_ngram": 200, "sequence_bias": 150, "no_bad_words": 150, "min_length": 120,
              "forced": 100, "suppress": 150, "length_decay": 200, "guidance": 160, "all": 100}
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(HEADER.format(transformers.__version__, torch.__version__))
        generator = Generator(out)
        for name, count in counts.items():
            for case in range(count):
                getattr(generator, name)(case)


main()
