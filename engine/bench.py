"""`python -m engine bench`: how fast and how small, beside other people's programs in the same run.

Everything is measured through the engine's public names. Times are CPU time, which on an idle
machine is what a clock shows, and on a busy one is less noisy; rates are medians of several rounds.
Peers take turns with us, round by round, so that both meet the same neighbours.
"""

import gc
import random
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from statistics import median
from time import process_time
from typing import TextIO

import numpy as np

from engine.bars import bar
from engine.bench_apart import answer, apart, grow, serve
from engine.bench_table import Row, percentiles
from engine.bench_text import BUNDLED, first, number_of, texts
from engine.dials import Dials
from engine.model import LanguageModel
from engine.opening import open_store
from engine.peers import Lines, cpu_seconds, lmplz_seconds, markovify_seconds, nltk_seconds
from engine.smoothing import SMOOTHINGS
from engine.store import Corpus, Document

ORDER = 5
TOKENS = 1_000_000
NLTK_TOKENS = 50_000
STREAM = 20_000
"""Tokens of the one long text that sampling is measured on."""
TEN = 10
"""Tokens of a document that is learned and unlearned."""
Rows = Iterator[Row]


class Bench:
    """One run over one text; `full` adds what takes minutes."""

    def __init__(self, corpus: str | None, full: bool) -> None:
        self.lines = first(texts(corpus), TOKENS)
        self.full = full
        self._corpus = corpus
        self._rng = random.Random(2)  # noqa: S311 - the same questions in every run
        made = " (repeated, one word in seven swapped, one in thirty new)"
        self.text = f"{corpus or BUNDLED.name}{'' if corpus else made}, {number_of(self.lines):,} tokens"
        self._share = min(1.0, number_of(self.lines) / 100_000)  # of a small text less is asked

    def _some(self, number: int) -> int:
        return max(20, round(number * self._share))

    def run(self, progress: TextIO) -> Rows:
        """All rows, with a bar on `progress` meanwhile."""
        stages = [
            *(self.building, self.growing, self.first_answers, self.budget),
            *(self.predicting, self.sampling, self.learning),
        ]
        end = "\r" if progress.isatty() else "\n"
        for i, stage in enumerate(stages):
            print(f"[{bar(i / len(stages), 30):30}] {stage.__name__:<20}", end=end, file=progress, flush=True)
            yield from stage()
            gc.collect()
        print(" " * 60, end=end, file=progress, flush=True)

    # Building

    def building(self) -> Rows:
        """Text to a finished model, in turns with the peers."""
        ours, words, markovify, lmplz = zip(
            *(
                (
                    self._build_seconds(self.lines, "whitespace"),
                    self._build_seconds(self.lines, "words"),
                    markovify_seconds(self.lines),
                    lmplz_seconds(self.lines, ORDER),
                )
                for _ in range(5)
            ),
            strict=True,
        )
        tokens = number_of(self.lines)
        what = f"text to mkn {ORDER}-gram model, {tokens:,} tokens"
        yield _rate(what, ours, tokens, "markovify, state 2", markovify, "ratio ≥ 3")
        yield _rate(f"{what}, unit words", words, tokens, "markovify, state 2", markovify)
        yield _rate(what, ours, tokens, f"lmplz, order {ORDER}", lmplz, "ratio ≥ 4")
        few = first(iter(self.lines), NLTK_TOKENS)
        ours, nltk = zip(
            *((self._build_seconds(few, "whitespace"), nltk_seconds(few, ORDER)) for _ in range(3)), strict=True
        )
        what = f"text to mkn {ORDER}-gram model, {number_of(few):,} tokens"
        yield _rate(what, ours, number_of(few), f"nltk, order {ORDER}", nltk)

    @staticmethod
    def _build_seconds(lines: Lines, unit: str) -> float:
        gc.collect()
        return cpu_seconds(LanguageModel(ORDER, unit, "mkn").learn, lines)

    def growing(self) -> Rows:
        """How building grows, each size in a process of its own, for its memory."""
        with tempfile.TemporaryDirectory() as folder:
            for size in (10_000, 100_000, TOKENS, 10 * TOKENS)[: 4 if self.full else 3]:
                lines = first(iter(self.lines), size) if size <= TOKENS else first(texts(self._corpus), size)
                path = Path(folder) / "text"
                path.write_text("\n".join(lines), encoding="utf-8")
                tokens = number_of(lines)
                del lines
                seconds, peak = apart(grow, str(path), ORDER)
                limit = "≤ 1,000" if size > TOKENS else ""
                yield Row(f"file to mkn model, {tokens:,} tokens", tokens / seconds, "tokens/s")
                if peak is not None:
                    yield Row("  peak memory of its process", peak, "MB", limit)

    # A restart

    def first_answers(self) -> Rows:
        """From an SQLite file to the likeliest next tokens, in a fresh process, imports and making the engine aside.

        They take turns, so that a slow moment of the machine meets one run of each and not all of one.
        """
        cases: list[tuple[str, str, str, str]] = []
        with tempfile.TemporaryDirectory() as folder:
            for number, limit in ((1_000, "≤ 15"), (100_000, "≤ 1,000")):
                documents, url = self._documents(number), f"sqlite:///{folder}/{number}.sqlite3"
                store = open_store(url)
                store.put(Corpus(1), documents)
                store.close()
                for smoothing in SMOOTHINGS[:-1]:  # all but "none"
                    what = f"first answer after a restart, {len(documents):,} documents, {smoothing}"
                    cases.append((url, smoothing, what, limit if len(documents) == number else ""))
            rounds = [[apart(answer, url, smoothing) for url, smoothing, *_ in cases] for _ in range(5)]
        for (_, _, what, limit), times in zip(cases, zip(*rounds, strict=True), strict=True):
            yield Row(what, median(answering for _, answering in times) * 1e3, "ms", limit)
        making = median(making for times in rounds for making, _ in times)
        yield Row("  making the engine before, once per process", making * 1e3, "ms")

    def _documents(self, number: int) -> list[Document]:
        return [Document(i, text) for i, text in enumerate(islice(texts(self._corpus), number), start=1)]

    def budget(self) -> Rows:
        """Many corpora asked at random, with room for some of their models."""
        corpora, limit = (10_000, 512) if self.full else (self._some(200), 64)
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/store.sqlite3"
            store = open_store(url)
            documents = self._documents(30_000)
            each = min(1_000, len(documents))
            for corpus in range(corpora):
                begin = self._rng.randrange(len(documents) - each + 1)
                store.put(Corpus(corpus), documents[begin : begin + each])
            store.close()
            del documents
            grown, held, times = apart(serve, url, corpora, limit * 2**20)
        what = f"{corpora:,} corpora of {each:,} documents within {limit} MB: "
        yield Row(f"{what}models held at the end", held, "models")
        if grown is not None:
            yield Row("  memory the process grew by", grown, "MB", f"≤ {limit}")
        yield from percentiles("  one answer, its model built if not held", times, "ms", ("", "", ""))

    # Questions

    def _prompts(self, number: int) -> Lines:
        lines = [line.split() for line in self._rng.choices(self.lines, k=number)]
        return [" ".join(words[: self._rng.randint(0, len(words))]) for words in lines]

    def predicting(self) -> Rows:
        """Whole distributions and the size of what they come from."""
        for smoothing, targets in (("mkn", ("≤ 60", "≤ 200", "")), ("best", ("≤ 1,000", "", ""))):
            model = LanguageModel(ORDER, smoothing=smoothing)
            model.learn(self.lines)
            if smoothing == "mkn":
                what, counts = f"bytes per n-gram, {model.ngrams:,} of them, in arrays", model.nbytes_of_counts
                yield Row(what, counts / model.ngrams, "bytes", "≤ 12.5")
                yield Row("  the documents in order and the vocabulary, too", model.nbytes / model.ngrams, "bytes")
            gc.freeze()  # a process that serves has its models out of the collector's way
            prompts = self._prompts(self._some(3_000))
            what = f"distribution over V = {len(model.vocabulary):,} after a prompt, {smoothing}"
            read = [model.read(prompt) for prompt in prompts]
            yield from percentiles(what, [cpu_seconds(model.distribution_after, p) for p in read], "µs", targets)
            times = [cpu_seconds(model.distribution, prompt) for prompt in prompts]
            yield from percentiles(f"{what}, which is tokenised too", times, "µs", ("", "", ""))
            gc.unfreeze()

    def sampling(self) -> Rows:
        """Texts drawn one token after another, and many side by side."""
        for smoothing, target in (("mkn", "≥ 300,000"), ("best", "≥ 20,000")):
            for unit in ("whitespace", "words"):
                yield from self._streams(smoothing, unit, target)
        model = LanguageModel(ORDER, "whitespace", "mkn")
        model.learn(self.lines)
        rng, rates = np.random.default_rng(6), []
        for _ in range(3):
            begin = process_time()
            drawn = model.generate_many(rng, self._some(20_000))
            rates.append(number_of(drawn, ends=True) / (process_time() - begin))
        yield Row(f"sampling in a batch of {self._some(20_000):,} texts, mkn", median(rates), "tokens/s", "≥ 1,000,000")

    def _streams(self, smoothing: str, unit: str, target: str) -> Rows:
        model = LanguageModel(ORDER, unit, smoothing)
        model.learn(self.lines)
        model.generate(np.random.default_rng(4))
        tokens, prompt = self._some(STREAM if smoothing == "mkn" else STREAM // 20), model.read("")
        for dials in (Dials(), Dials(originality=0.4)):
            rng = np.random.default_rng(5)

            def text_after_text(rng: np.random.Generator = rng, dials: Dials = dials) -> float:
                drawn, begin = 0, process_time()
                while drawn < tokens:
                    drawn += len(model.continue_prompt(rng, prompt, None, dials)) + 1
                return drawn / (process_time() - begin)

            what = f"sampling one stream, {smoothing}, {unit}, originality {dials.originality:g}"
            yield Row(f"{what}, text after text", median(text_after_text() for _ in range(5)), "tokens/s",
                      target if dials == Dials() else "")  # fmt: skip
            rates = [tokens / cpu_seconds(model.generate, rng, tokens, "", dials) for _ in range(5)]
            yield Row(f"  one text of {tokens:,} tokens, and written out", median(rates), "tokens/s")

    # Learning

    def learning(self) -> Rows:
        """One document of ten tokens more, one less, each with its id as a store has them; merges as they come."""
        model = LanguageModel(ORDER, smoothing="mkn")
        model.learn([Document(id, line) for id, line in enumerate(self.lines, start=1)])
        gc.freeze()
        encode, decode = model.tokenizer.encode, model.tokenizer.decode
        said = list(chain.from_iterable(map(encode, self._rng.choices(self.lines, k=self._some(20_000)))))
        texts = [decode(said[i : i + TEN]) for i in range(0, len(said), TEN)]
        texts = [text for text in texts if len(encode(text)) == TEN][: self._some(8_000)]
        documents = [Document(id, text) for id, text in enumerate(texts, start=len(self.lines) + 1)]
        for verb, change in (("learning", model.learn), ("unlearning", model.unlearn)):
            times = [cpu_seconds(change, [document]) for document in documents]
            what = f"{verb} one document of {TEN} tokens, tokenised and merged"
            yield from percentiles(what, times, "µs", ("≤ 50", "≤ 200", "≤ 50,000"))
            times.append(cpu_seconds(getattr, model, "vocabulary"))  # who asks has all counted that was only noted
            yield Row("  on average, all of them counted", sum(times) / len(documents) * 1e6, "µs")
            asked = [
                cpu_seconds(change, [document]) + cpu_seconds(getattr, model, "vocabulary")
                for document in documents[: len(documents) // 10]
            ]
            yield Row("  p50 where somebody asks after each", median(asked) * 1e6, "µs")
        gc.unfreeze()


def _rate(
    what: str, ours: Sequence[float], tokens: int, peer: str, theirs: Sequence[float | None], target: str = ""
) -> Row:
    """Tokens a second, beside a peer that took turns; the ratio is the median of the turns'."""
    times = [seconds for seconds in theirs if seconds is not None]
    if not times:
        return Row(what, tokens / median(ours), "tokens/s", target, f"{peer}: not installed")
    ratio = median(b / a for a, b in zip(ours, times, strict=True))
    return Row(what, tokens / median(ours), "tokens/s", target, peer, tokens / median(times), ratio)
