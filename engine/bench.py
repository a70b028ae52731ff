"""`python -m engine bench`: how fast and how small, beside other people's programs in the same run.

Everything is measured through the engine's public names. Times are CPU time, which on an idle
machine is what a clock shows, and on a busy one is less noisy; rates are medians of several rounds.
Peers take turns with us, round by round, so that both meet the same neighbours.
"""

import gc
import multiprocessing
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, islice
from pathlib import Path
from statistics import median
from time import process_time
from typing import TextIO, TypeVar

import numpy as np

from engine.bars import bar
from engine.bench_table import Row, percentiles
from engine.corpus import read_corpus
from engine.engine import Engine
from engine.memory import megabytes, peak_megabytes
from engine.model import LanguageModel
from engine.peers import Lines, cpu_seconds, lmplz_seconds, markovify_seconds, nltk_seconds
from engine.sampling import Dials
from engine.smoothing import SMOOTHINGS
from engine.store import Corpus, Document, open_store

BUNDLED = Path(__file__).parent.parent / "corpora" / "harbour.txt"
ORDER = 5
TOKENS = 1_000_000
NLTK_TOKENS = 50_000
STREAM = 20_000
"""Tokens of the one long text that sampling is measured on."""
Rows = Iterator[Row]
Result = TypeVar("Result")


def text_of(corpus: str | None, tokens: int) -> Lines:
    """The messages of a file, or endless ones made from ours: as many as hold so many tokens."""
    lines = (document.text for document in read_corpus(corpus or BUNDLED).documents)
    return _first(lines if corpus else varied(list(lines)), tokens)


def _first(lines: Iterator[str], tokens: int) -> Lines:
    some: Lines = []
    for line in lines:
        if tokens <= 0:
            break
        some.append(line)
        tokens -= len(line.split())
    return some


def varied(lines: Lines) -> Iterator[str]:
    """The text again and again; after the first round one word in seven is another word of it, one in thirty new."""
    rng = random.Random(1)  # noqa: S311 - the same text in every run
    words = " ".join(lines).split()
    yield from lines
    for again in count(1):
        for line in lines:
            shares = [rng.random() for _ in line.split()]
            yield " ".join(
                f"{word}{again}" if share < 1 / 30 else rng.choice(words) if share < 1 / 7 else word
                for word, share in zip(line.split(), shares, strict=True)
            )


class Bench:
    """One run over one text; `full` adds what takes minutes."""

    def __init__(self, corpus: str | None, full: bool) -> None:
        self.lines = text_of(corpus, TOKENS)
        self.full = full
        self._corpus = corpus
        self._rng = random.Random(2)  # noqa: S311 - the same questions in every run
        made = " (repeated, one word in seven swapped, one in thirty new)"
        self.text = f"{corpus or BUNDLED.name}{'' if corpus else made}, {_number(self.lines):,} tokens"

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
                for _ in range(3)
            ),
            strict=True,
        )
        tokens = _number(self.lines)
        what = f"text to mkn {ORDER}-gram model, {tokens:,} tokens"
        yield _rate(what, ours, tokens, "markovify, state 2", markovify, "ratio ≥ 3")
        yield _rate(f"{what}, unit words", words, tokens, "markovify, state 2", markovify)
        yield _rate(what, ours, tokens, f"lmplz, order {ORDER}", lmplz, "ratio ≥ 4")
        few = _first(iter(self.lines), NLTK_TOKENS)
        ours, nltk = zip(
            *((self._build_seconds(few, "whitespace"), nltk_seconds(few, ORDER)) for _ in range(3)), strict=True
        )
        what = f"text to mkn {ORDER}-gram model, {_number(few):,} tokens"
        yield _rate(what, ours, _number(few), f"nltk, order {ORDER}", nltk)

    @staticmethod
    def _build_seconds(lines: Lines, unit: str) -> float:
        gc.collect()
        return cpu_seconds(LanguageModel(ORDER, unit, "mkn").learn, lines)

    def growing(self) -> Rows:
        """How building grows, each size in a process of its own, for its memory."""
        with tempfile.TemporaryDirectory() as folder:
            for size in (10_000, 100_000, TOKENS, 10 * TOKENS)[: 4 if self.full else 3]:
                lines = _first(iter(self.lines), size) if size <= TOKENS else text_of(self._corpus, size)
                path = Path(folder) / "text"
                path.write_text("\n".join(lines), encoding="utf-8")
                tokens = _number(lines)
                del lines
                seconds, peak = _apart(_grow, str(path))
                limit = "≤ 1,000" if size > TOKENS else ""
                yield Row(f"file to mkn model, {tokens:,} tokens", tokens / seconds, "tokens/s")
                if peak is not None:
                    yield Row("  peak memory of its process", peak, "MB", limit)

    # A restart

    def first_answers(self) -> Rows:
        """From an SQLite file to the likeliest next tokens, in a fresh process, imports not counted."""
        for messages, limit in ((1_000, "≤ 15"), (100_000, "≤ 1,000")):
            documents = self._messages(messages)
            with tempfile.TemporaryDirectory() as folder:
                url = f"sqlite:///{folder}/store.sqlite3"
                store = open_store(url)
                store.put(Corpus(1), documents)
                store.close()
                seconds = [_apart(_answer, url) for _ in range(3)]
            target = limit if len(documents) == messages else ""
            what = f"first answer after a restart, {len(documents):,} messages"
            yield Row(what, median(seconds) * 1e3, "ms", target)

    def _messages(self, number: int) -> list[Document]:
        lines: Iterator[str] = iter(self.lines)
        if self._corpus is None:
            lines = varied([document.text for document in read_corpus(BUNDLED).documents])
        return [Document(i, text) for i, text in enumerate(islice(lines, number), start=1)]

    def budget(self) -> Rows:
        """Many channels asked at random, with room for some of their models."""
        channels, megabytes_ = (10_000, 512) if self.full else (200, 64)
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/store.sqlite3"
            store = open_store(url)
            documents = self._messages(30_000)
            each = min(1_000, len(documents))
            for channel in range(channels):
                begin = self._rng.randrange(len(documents) - each + 1)
                store.put(Corpus(channel), documents[begin : begin + each])
            store.close()
            del documents
            grown, held, times = _apart(_serve, url, channels, megabytes_ * 2**20)
        what = f"{channels:,} channels of {each:,} messages within {megabytes_} MB: "
        yield Row(f"{what}models held at the end", held, "models")
        if grown is not None:
            yield Row("  memory the process grew by", grown, "MB", f"≤ {megabytes_}")
        yield from percentiles("  one answer, its model built if not held", times, "ms", ("", "", ""))

    # Questions

    def _prompts(self, number: int) -> Lines:
        lines = [line.split() for line in self._rng.choices(self.lines, k=number)]
        return [" ".join(words[: self._rng.randint(0, len(words))]) for words in lines]

    def predicting(self) -> Rows:
        """Whole distributions and the size of what they come from."""
        for smoothing, targets in (("mkn", ("≤ 60", "≤ 200", "")), ("best", ("≤ 1,000", "", ""))):
            if smoothing not in SMOOTHINGS:
                continue
            model = LanguageModel(ORDER, smoothing=smoothing)
            model.learn(self.lines)
            gc.freeze()  # a process that serves has its models out of the collector's way
            times = [cpu_seconds(model.distribution, prompt) for prompt in self._prompts(3_000)]
            what = f"distribution over V = {len(model.vocabulary):,} after a prompt, {smoothing}"
            yield from percentiles(what, times, "µs", targets)
            if smoothing == "mkn":
                yield Row(f"bytes per n-gram, {model.ngrams:,} of them", model.nbytes / model.ngrams, "bytes", "≤ 12.5")
            gc.unfreeze()

    def sampling(self) -> Rows:
        """Texts drawn one token after another, and many side by side."""
        for smoothing, target in (("mkn", "≥ 300,000"), ("best", "≥ 20,000")):
            for unit in ("whitespace", "words"):
                for dials in (Dials(), Dials(originality=0.4)):
                    if smoothing in SMOOTHINGS:
                        yield self._stream(smoothing, unit, dials, target)
        model = LanguageModel(ORDER, "whitespace", "mkn")
        model.learn(self.lines)
        rng, rates = np.random.default_rng(6), []
        for _ in range(3):
            begin = process_time()
            drawn = model.generate_many(rng, 20_000)
            rates.append(_number(drawn, ends=True) / (process_time() - begin))
        yield Row("sampling in a batch of 20,000 texts, mkn", median(rates), "tokens/s", "≥ 1,000,000")

    def _stream(self, smoothing: str, unit: str, dials: Dials, target: str) -> Row:
        model = LanguageModel(ORDER, unit, smoothing)
        model.learn(self.lines)
        rng = np.random.default_rng(5)
        length = STREAM if smoothing == "mkn" else STREAM // 20  # a token of the mixture costs ten times as much
        rates = [length / cpu_seconds(model.generate, rng, length, "", dials) for _ in range(5)]
        what = f"sampling one stream, {smoothing}, {unit}, originality {dials.originality:g}"
        return Row(what, median(rates), "tokens/s", target)

    # Learning

    def learning(self) -> Rows:
        """One message of ten tokens more, one less; merges as they come."""
        model = LanguageModel(ORDER, smoothing="mkn")
        model.learn(self.lines)
        gc.freeze()
        words = list(chain.from_iterable(line.split() for line in self._rng.choices(self.lines, k=20_000)))
        starts = range(0, len(words) - 10, 10)
        messages = [" ".join(words[i : i + 10]) for i in starts][:8_000]
        for verb, change in (("learning", model.learn), ("unlearning", model.unlearn)):
            times = [cpu_seconds(change, [message]) for message in messages]
            what = f"{verb} one message of 10 words, tokenised and merged"
            yield from percentiles(what, times, "µs", ("≤ 50", "≤ 200", "≤ 50,000"))
        gc.unfreeze()


def _number(lines: Sequence[str], ends: bool = False) -> int:
    return sum(len(line.split()) for line in lines) + ends * len(lines)


def _rate(
    what: str, ours: Sequence[float], tokens: int, peer: str, theirs: Sequence[float | None], target: str = ""
) -> Row:
    """Tokens a second, beside a peer that took turns; the ratio is the median of the turns'."""
    times = [seconds for seconds in theirs if seconds is not None]
    if not times:
        return Row(what, tokens / median(ours), "tokens/s", target, f"{peer}: not installed")
    ratio = median(b / a for a, b in zip(ours, times, strict=True))
    return Row(what, tokens / median(ours), "tokens/s", target, peer, tokens / median(times), ratio)


# In processes of their own


def _apart(function: Callable[..., Result], *arguments: object) -> Result:
    """What a function of this file returns in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def _grow(path: str) -> tuple[float, float | None]:
    model = LanguageModel(ORDER, smoothing="mkn")

    def build() -> None:
        with open(path, encoding="utf-8") as lines:
            model.learn(line.rstrip("\n") for line in lines)

    return cpu_seconds(build), peak_megabytes()


def _answer(url: str) -> float:
    def answer() -> None:
        engine = Engine(open_store(url))
        engine.candidates(Corpus(1), "the")
        engine.close()

    return cpu_seconds(answer)


def _serve(url: str, channels: int, budget: int) -> tuple[float | None, int, list[float]]:
    engine, rng = Engine(open_store(url), budget), random.Random(3)  # noqa: S311
    before = megabytes()
    asked = rng.sample(range(channels), channels) + rng.choices(range(channels), k=channels // 2)
    times = [cpu_seconds(engine.candidates, Corpus(channel), "the") for channel in asked]
    now = peak_megabytes()
    return None if now is None or before is None else now - before, engine.models, times
