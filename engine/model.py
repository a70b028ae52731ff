"""LanguageModel: what one corpus teaches about which token comes next, in one unit, at one order."""

import math
from array import array
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine import evaluation
from engine.batch import sample_many
from engine.errors import EmptyCorpus, InvalidArgument, NotLearned, UnseenContext
from engine.gaps import GLUE
from engine.history import LATEST, History
from engine.mixed import MixedStream
from engine.mixture import Mixture, merge_all
from engine.occurrences import occurrences
from engine.overlay import Counts
from engine.reading import read
from engine.sampling import AS_LEARNED, Dials, draw_message
from engine.skips import Skips
from engine.smoothing import SMOOTHINGS, Floats, KneserNey
from engine.store import Document
from engine.stream import Rule, Stream
from engine.tokenizer import tokenizer
from engine.vocabulary import BEGIN, BEGIN_TOKEN, END, END_TOKEN, UNKNOWN, UNKNOWN_TOKEN, Vocabulary

ORDERS = range(1, 9)
LONGEST = {"words": 400, "characters": 2000, "whitespace": 400}
"""How many tokens a text that finds no end by itself gets, its start aside."""
NEVER = -1  # the id of a token that was never learned
_NOTHING_TO_MEASURE = "There is no document to measure; give at least one."
_LEAST_CHANGES, _MOST_CHANGES = 20_000, 120_000
"""Contexts changed before a merge begins: a twentieth of the n-grams, within these."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """P(token | context) over the whole vocabulary."""

    tokens: list[str]
    """The vocabulary: `</s>`, `<unk>`, then every learned token by code point. Not to be changed."""
    probabilities: Floats
    """float64 (V,), sums to 1."""

    def entropy(self) -> float:
        """How open the choice is, in bits."""
        p = self.probabilities[self.probabilities > 0]
        return abs(float(-(p * np.log2(p)).sum()))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text as this model reads it."""

    tokens: list[str]
    """The tokens, with known capitalisation where only another one was learned."""
    ids: list[int]
    unseen: tuple[str, ...]
    """Tokens that were never learned."""
    replaced: tuple[tuple[str, str], ...]
    """(as asked, as read) for tokens known in another capitalisation only."""


class LanguageModel:
    """An n-gram model of `order` (1 to 8), over the tokens of `unit`, smoothed as `smoothing` says.

    `best`  a mixture of that, what was said lately, and skip-grams (see `mixture`)
    `mkn`   interpolated modified Kneser-Ney (Chen & Goodman 1998), as KenLM's lmplz computes it
    `none`  relative frequencies at exactly that order: the plain Markov chain, a dictionary of lists

    It is a pure function of the documents learned and not unlearned since: of the multiset of their
    texts, and with `best` also of their order. Which is that of their ids; a text without one comes
    after those that have one, as it arrived. With `best` the id is part of what has to be unlearned,
    and of equals the first learned goes first.
    Raises InvalidArgument for an order, unit or smoothing that does not exist.
    """

    def __init__(self, order: int = 5, unit: str = "words", smoothing: str = "best") -> None:
        if order not in ORDERS:
            raise InvalidArgument(f"The order is {order}; it must be from {ORDERS[0]} to {ORDERS[-1]}.")
        if smoothing not in SMOOTHINGS:
            raise InvalidArgument(f"The smoothing is {smoothing!r}; it must be one of {', '.join(SMOOTHINGS)}.")
        self.order = order
        self.smoothing = smoothing
        self.tokenizer = tokenizer(unit)
        self._documents: Counter[int] = Counter()  # by hash, which holds no text
        self._stream: Stream | None = None
        self._read_in_bulk([])

    @property
    def unit(self) -> str:
        """What a token is."""
        return self.tokenizer.unit

    # Learning

    def learn(self, documents: Iterable[str | Document]) -> None:
        """Learn documents, one after another; into an empty model all at once, which is faster."""
        if not self._documents:
            self._read_in_bulk(documents)
            return
        for document in documents:
            self._fold(document, 1)

    def unlearn(self, documents: Iterable[str | Document]) -> None:
        """Make it as if these documents had never been learned.

        Raises NotLearned when one of them was not, and then changes nothing.
        """
        gone = list(documents)
        for name, times in Counter(map(self._name, gone)).items():
            if times > self._documents[name]:
                raise NotLearned("A document to unlearn was never learned, so nothing was unlearned; learn it first.")
        for document in gone:
            self._fold(document, -1)

    def _read_in_bulk(self, documents: Iterable[str | Document]) -> None:
        places, names = array("q"), array("q")

        def texts() -> Iterable[str]:
            name, best = self._name, self.smoothing == "best"
            for document in documents:
                text = _text(document)
                names.append(name(document) if best else hash(text))
                places.append(_place(document) if best else 0)
                yield text

        tokens, numbers = read(self.tokenizer, texts())
        self._documents.update(names)
        vocabulary = Vocabulary(tokens)
        ids = np.fromiter(map(vocabulary.index.__getitem__, tokens), np.int32, len(tokens))
        text = ids.take(numbers)
        self._merging: Generator[None, None, tuple[Counts, Skips | None]] | None = None
        self._meanwhile: list[tuple[list[str], int]] = []
        counts = Counts.of_text(text, vocabulary, self.order)
        if self.smoothing == "best":
            self._use(counts, History(text, places, names, vocabulary.ids), Skips.of_text(text, counts))
        else:
            self._use(counts)

    def _name(self, document: str | Document) -> int:
        """A number that tells a document from others, and holds no text."""
        text = _text(document)
        return hash((_place(document), text)) if self.smoothing == "best" else hash(text)

    def _fold(self, document: str | Document, step: int, *, latest: bool = False) -> None:
        """Learn one document (step 1) or unlearn one that was learned (step -1): the first, or the `latest` of all."""
        tokens, name = self._tokens(_text(document)), self._name(document)
        ids = (self._counts.learn if step > 0 else self._counts.unlearn)(tokens)
        if self._mixture:
            self._mixture.fold(ids, step, None if latest else (_place(document), name))
        else:
            self._predictor.changed()
        self._stream = None
        self._documents[name] += step
        if not self._documents[name]:
            del self._documents[name]
        if self._merging:
            self._meanwhile.append((tokens, step))
        if self._merging or self._changed > self._room:
            self._merge_step()

    @property
    def _changed(self) -> int:
        """How many contexts are not as the tables say."""
        return self._counts.changed + (self._mixture.skips.changed if self._mixture else 0)

    def _tokens(self, text: str) -> list[str]:
        tokens = self.tokenizer.encode(text)
        if BEGIN_TOKEN not in tokens and END_TOKEN not in tokens:
            return tokens
        return [UNKNOWN_TOKEN if token in (BEGIN_TOKEN, END_TOKEN) else token for token in tokens]

    def merge(self) -> None:
        """Fold all changes into the arrays now (0.1 s a million n-grams); learning does it bit by bit.

        Afterwards nothing in memory differs from a model of the documents that are left.
        """
        while self._merging or self._changed or not self._counts.vocabulary.canonical:
            self._merge_step()

    def _merge_step(self) -> None:
        self._merging = self._merging or merge_all(self._counts, self._mixture)
        try:
            next(self._merging)
        except StopIteration as done:
            counts, skips = done.value
            for tokens, step in self._meanwhile:
                ids = (counts.learn if step > 0 else counts.unlearn)(tokens)
                if skips:
                    skips.fold(ids, step)
            self._merging, self._meanwhile = None, []
            history = self._mixture.history if self._mixture else None
            if history is not None:
                history.renumber(self._counts.vocabulary, counts.vocabulary)
            self._use(counts, history, skips)

    def _use(self, counts: Counts, history: History | None = None, skips: Skips | None = None) -> None:
        self._counts = counts
        self._room = min(max(len(counts) // 20, _LEAST_CHANGES), _MOST_CHANGES)
        self._predictor = KneserNey(counts)
        self._mixture = Mixture(self._predictor, history, skips) if history is not None and skips else None
        self._stream = None

    # What is known

    @property
    def vocabulary(self) -> list[str]:
        """`</s>`, `<unk>`, then every learned token by code point. Not to be changed."""
        return self._counts.vocabulary.tokens

    @property
    def documents(self) -> int:
        """How many documents were learned and not unlearned."""
        return self._documents.total()

    @property
    def tokens(self) -> int:
        """How many tokens were learned, a `</s>` for each document included."""
        return int(occurrences(self._counts, ()).sum())

    @property
    def ngrams(self) -> int:
        """How many n-grams of all orders the arrays hold."""
        return len(self._counts)

    @property
    def nbytes(self) -> int:
        """About how many bytes the model holds: arrays, changes, the vocabulary, hashes of documents."""
        mixture = self._mixture.nbytes if self._mixture else 0
        documents, words = (
            100 * len(self._documents),
            16 * len(self._counts.vocabulary),
        )  # as smoothing and stream keep them
        return self._counts.nbytes + self._counts.vocabulary.nbytes + mixture + documents + words

    def read(self, prompt: str) -> Prompt:
        """How this model reads a prompt: tokens it knows, and tokens it does not."""
        index = self._counts.vocabulary.index
        tokens = self._tokens(prompt)
        unseen, replaced = [], []
        for i, token in enumerate(tokens):
            if token not in index:
                variants = (token.lower(), token.capitalize(), token.upper())
                known = next((variant for variant in variants if variant in index), None)
                if known is None:
                    unseen.append(token)
                else:
                    replaced.append((token, known))
                    tokens[i] = known
        ids = [index.get(token, UNKNOWN) for token in tokens]
        return Prompt(tokens, ids, tuple(unseen), tuple(replaced))

    def known_context(self, prompt: Prompt) -> tuple[str, ...]:
        """The longest end of a prompt that is known as a context at this order; of no tokens, `<s>`."""
        return tuple(map(self._counts.vocabulary.token, self._known_context(prompt.ids)))

    def _context(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The last order - 1 of `<s>` and the ids."""
        return (BEGIN, *ids)[-self.order + 1 :] if self.order > 1 else ()

    def _known_context(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The longest end of these ids that something followed; of no ids, `<s>`."""
        context = tuple(self._context(ids)[-len(ids) :]) if ids else self._context(ids)
        longest = next(self._counts.backoff(context), None)
        return context[len(context) - longest[0] + 1 :] if longest else ()

    def occurrences(self, prompt: Prompt) -> list[int]:
        """(V,) how often each token of the vocabulary followed a prompt's context, anywhere in a document."""
        return occurrences(self._counts, self._known_context(prompt.ids))[self._counts.vocabulary.live].tolist()  # type: ignore[no-any-return]

    # Predicting

    def distribution(self, prompt: str) -> Distribution:
        """What comes next when a document begins with this prompt.

        Raises EmptyCorpus when nothing was learned; with smoothing "none", UnseenContext.
        """
        return self.distribution_after(self.read(prompt))

    def distribution_after(self, prompt: Prompt) -> Distribution:
        """What comes next after a prompt that was read; raises as `distribution` does."""
        return Distribution(self.vocabulary, self._probabilities(prompt.ids))

    def pieces(self, prompt: Prompt, token: str) -> list[tuple[str, float]]:
        """P(token | prompt) as a sum: what each part of `best` (see `gates`), or each order of `mkn`, adds to it."""
        self._check_not_empty()
        word = self._counts.vocabulary.id(token)
        if self._mixture:
            return self._mixture.parts(prompt.ids, word)
        terms = self._predictor.terms(self._context(prompt.ids), word)
        return [(f"order {order}", term) for order, term in enumerate(terms)]

    def _probabilities(self, ids: Sequence[int], originality: float = 1.0) -> Floats:
        """(V,) what comes next when a document begins with these ids."""
        self._check_not_empty()
        if self._mixture:
            return self._mixture.distribution((BEGIN, *ids), originality)
        context = self._context(ids)
        if self.smoothing == "mkn":
            return self._predictor.distribution(context, originality)
        p = self._predictor.relative_frequencies(context)
        if p is None:
            raise UnseenContext(
                f"The last {self.order - 1} tokens were never seen in a row, so plain relative frequencies say "
                'nothing; ask for a lower order, or for smoothing "best".'
            )
        return p

    def _check_not_empty(self) -> None:
        if not self._documents:
            raise EmptyCorpus("Nothing has been learned yet, so there is nothing to predict from; learn a text first.")

    def perplexity(self, documents: Iterable[str | Document]) -> float:
        """2 to the mean bits per token, `</s>` counted; a token never learned counts as `<unk>`.

        With `best` each document is learned after it was predicted, and unlearned in the end.
        """
        bits, number, _ = self.surprise(documents)
        return float(2 ** (bits / number))

    def surprise(self, documents: Iterable[str | Document]) -> tuple[float, int, int]:
        """The bits it takes to say these documents, their tokens (`</s>` counted), and how many of those are unknown.

        With `best` each document is learned after it was predicted, and unlearned in the end.
        Raises EmptyCorpus when there is nothing to predict from, or no document.
        """
        self._check_not_empty()
        if self._mixture:
            return self._surprise_learning(list(map(_text, documents)))
        self.merge()
        index = self._counts.vocabulary.index
        tokens, numbers = read(self.tokenizer, map(_text, documents))
        text = np.array([index.get(token, UNKNOWN) for token in tokens]).take(numbers)
        number = int(np.count_nonzero(text != BEGIN))
        if not number:
            raise EmptyCorpus(_NOTHING_TO_MEASURE)
        unknown = np.array([token not in index for token in tokens]).take(numbers)
        if self.smoothing == "mkn":
            bits = -float(evaluation.of_text(self._predictor, text).sum()) / math.log(2)
        else:
            bits = self._plain_surprise(text.tolist())
        return bits, number, int(np.count_nonzero(unknown))

    def _surprise_learning(self, texts: list[str]) -> tuple[float, int, int]:
        """`surprise` of texts that are each learned, as the latest of all, once they were predicted."""
        if not texts:
            raise EmptyCorpus(_NOTHING_TO_MEASURE)
        bits, number, unknown, learned = 0.0, 0, 0, 0
        try:
            for text in texts:
                ids = [self._counts.vocabulary.index.get(token, NEVER) for token in self._tokens(text)]
                unknown += ids.count(NEVER)
                ids = [BEGIN, *(UNKNOWN if id == NEVER else id for id in ids), END]
                assert self._mixture  # noqa: S101 - for mypy: _fold may make a new one
                bits -= float(evaluation.of_message(self._mixture, ids).sum()) / math.log(2)
                number += len(ids) - 1
                self._fold(text, 1)
                learned += 1
        finally:
            for text in reversed(texts[:learned]):
                self._fold(text, -1, latest=True)
        return bits, number, unknown

    def _plain_surprise(self, text: list[int]) -> float:
        bits, begin = 0.0, 0
        places = self._counts.vocabulary.places
        for i, id in enumerate(text):
            if id == BEGIN:
                begin = i + 1
                continue
            p = float(self._probabilities(text[begin:i])[places[id]])
            bits -= math.log2(p) if p > 0 else -math.inf
        return bits

    # Speaking

    def generate(
        self, rng: np.random.Generator, length: int | None = None, start: str = "", dials: Dials = AS_LEARNED
    ) -> str:
        """A new text that begins with `start`, of exactly `length` tokens (all counted) when given.

        Raises EmptyCorpus; InvalidArgument when the start is longer than `length`.
        """
        return self.tokenizer.decode(self.continue_prompt(rng, self.read(start), length, dials))

    def continue_prompt(
        self, rng: np.random.Generator, prompt: Prompt, length: int | None = None, dials: Dials = AS_LEARNED
    ) -> list[str]:
        """The tokens of a new text that begins with a prompt that was read; raises as `generate` does."""
        self._check_not_empty()
        if length is not None and length < max(1, len(prompt.ids)):
            raise InvalidArgument(
                f"The length is {length} and the start alone has {len(prompt.ids)} tokens; "
                "ask for a length of at least 1 that the start fits into."
            )
        if len(self.vocabulary) == 2:  # noqa: PLR2004 - `</s>` and `<unk>`
            raise EmptyCorpus("Only empty texts have been learned, so there is nothing to say; learn a text first.")
        longest = len(prompt.ids) + LONGEST[self.unit]
        if self.smoothing != "none" and not dials.reshapes:
            rule = Rule(dials.originality, dials.beginning, may_end=length is None, melts=self._melts)
            ids = self._stream_now().document(rng, prompt.ids, length or longest, rule)
        else:
            live = self._counts.vocabulary.live.tolist()
            ids = draw_message(rng, self._probabilities, live, prompt.ids, length, longest, dials, self._melts)
        return prompt.tokens + self._counts.vocabulary.texts(ids[len(prompt.ids) :])

    def _stream_now(self) -> Stream:
        if self._stream is None:
            self._stream = MixedStream(self._mixture) if self._mixture else Stream(self._predictor)
        return self._stream

    def generate_many(self, rng: np.random.Generator, count: int) -> list[str]:
        """Many new texts at once, drawn by `mkn` alone, each up to its end or as long as texts get."""
        self._check_not_empty()
        self.merge()
        texts = self._counts.vocabulary.texts
        drawn = sample_many(self._counts, self._predictor.discounts, rng, count, LONGEST[self.unit])
        return [self.tokenizer.decode(texts(ids)) for ids in drawn]

    def _melts(self, ids: list[int], id: int) -> bool:
        """Whether a token, written after these and read again, would not be itself.

        Two tokens drawn side by side that no text had side by side can melt into one ("!" and "!!");
        the text would then not have the tokens, nor the number of tokens, that were drawn.
        """
        if self.unit == "whitespace":
            return False
        tail = self._counts.vocabulary.texts((*ids[-2:], id))
        if all(token.isalnum() and token.isascii() for token in tail[-2:]):
            return False  # two words with a blank between them
        read_again = self.tokenizer.encode(self.tokenizer.decode(tail))
        return [token.strip(GLUE) for token in read_again] != [token.strip(GLUE) for token in tail]


def _place(document: str | Document) -> int:
    return document.id if isinstance(document, Document) else LATEST


def _text(document: str | Document) -> str:
    return document.text if isinstance(document, Document) else document
