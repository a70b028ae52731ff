"""What documents taught: the counts, and everything else that follows the set of documents.

`Knowledge._fold` is the one place where a document goes into or comes out of all of it. Changes are
merged into the arrays by and by (see `merging`), a step with each document once there are many.
"""

from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import chain, islice
from weakref import WeakMethod

import numpy as np
from numpy.typing import NDArray

from engine.authors import TokensOfOne
from engine.background import UNIT, BackgroundPart, shipped
from engine.characters import ORDER, Characters
from engine.counts import type_of_words
from engine.errors import EmptyCorpus, NotLearned, UnseenContext
from engine.given import Given, columns_of, tokens_of
from engine.history import History
from engine.longer import Longer
from engine.mixture import Mixture, merge_all
from engine.origins import Origins
from engine.overlay import Counts
from engine.reading import read
from engine.skips import Skips
from engine.smoothing import UNSEEN_WORDS, Floats, KneserNey
from engine.store import Document
from engine.tokenizer import Tokenizer
from engine.vocabulary import BEGIN, END, UNKNOWN, Vocabulary

_LEAST_CHANGES, _MOST_CHANGES = 8_000, 120_000
"""Contexts changed before a merge begins: a twentieth of the n-grams, within these."""
_PASSED = 2_000_000
"""Numbers that are passed over with one document while a merge is under way: some 5 ms."""
_TOGETHER = 1_000  # documents taken from their source at a time


class Knowledge:
    """Counts of order `order`, and what they predict as `smoothing` says (see `model`).

    Attributes:
        history, origins: the documents in order, and what tells whether a text is a copy of one
        counts, predictor, mixture: replaced by new ones when a merge ends; the mixture is `best`'s alone.
            Whoever asks for one of them has all documents counted that were noted (see `overlay`).
        forgets: grows whenever something is unlearned or ids change, for those who remember more than what is known
    """

    def __init__(self, order: int, tokenizer: Tokenizer, smoothing: str) -> None:
        self.order = order
        self.tokenizer = tokenizer
        self.smoothing = smoothing
        self.forgets = 0
        self._is_long = tokenizer.unit == "characters" and order == ORDER
        self._followers: list[WeakMethod[Callable[[], None]]] = []
        self._read_in_bulk([])

    # Learning

    def learn(self, documents: Iterable[str | Document]) -> None:
        """Learn documents, one after another; when nothing was learned yet all at once, which is faster."""
        if not self.history.documents:
            self._read_in_bulk(documents)
            return
        for document in documents:
            self._fold(self._given(document), 1)

    def unlearn(self, documents: Iterable[str | Document]) -> None:
        """Make it as if these had never been learned; raises NotLearned, and changes nothing, when one was not."""
        found: dict[tuple[int, int, tuple[str, ...]], list[int]] = {}  # where the equals of each stand
        gone = []
        for given in map(self._given, documents):
            equals = given.place, given.name, tuple(given.tokens)
            if equals not in found:
                found[equals] = self._find(given)[::-1]
            if not found[equals]:
                raise NotLearned("A document to unlearn was never learned, so nothing was unlearned; learn it first.")
            gone.append((found[equals].pop(), given))
        for at, given in sorted(gone, reverse=True):  # from the end, so that the others stay where they are
            self._fold(given, -1, at)

    def unlearn_latest(self, text: str) -> None:
        """Unlearn the latest of all documents, which has this text."""
        self._fold(self._given(text), -1, self.history.documents - 1)

    def _given(self, document: str | Document) -> Given:
        return Given.of(document, self.tokenizer)

    def _find(self, given: Given) -> list[int]:
        """Where a document and its equals stand in the history."""
        index = self._counts.vocabulary.index
        try:
            ids = [BEGIN, *map(index.__getitem__, given.tokens), END]
        except KeyError:
            return []
        return self.history.find(ids, given.place, given.name)

    def _read_in_bulk(self, documents: Iterable[str | Document]) -> None:
        told = array("q"), array("q"), array("q")

        def texts() -> Iterator[Sequence[str]]:
            source = iter(documents)
            while some := list(islice(source, _TOGETHER)):
                here, *besides = columns_of(some)
                for numbers, more in zip(told, besides, strict=True):
                    numbers.extend(more)
                yield here

        tokens, numbers = read(self.tokenizer, chain.from_iterable(texts()))
        vocabulary = Vocabulary(tokens)
        ids = np.fromiter(map(vocabulary.index.__getitem__, tokens), np.int32, len(tokens))
        narrow: type[np.integer] = type_of_words(vocabulary.ids)
        text: NDArray[np.integer] = ids.astype(narrow).take(numbers)
        del numbers  # as much memory again
        self._merging: Generator[int, None, tuple[Counts, Skips | Longer | None]] | None = None
        self._meanwhile: list[tuple[list[str], int]] = []
        counts = Counts.of_text(text, vocabulary, self.order)
        self.history = History(text, *told, vocabulary.ids)
        self.origins = Origins(self.tokenizer)
        self._use(counts, Longer.of_text(text, counts) if self._is_long and self.smoothing == "best" else None)

    def _fold(self, given: Given, step: int, at: int = -1) -> None:
        """Learn one document (step 1), or unlearn one (step -1) that stands `at` a place in the history."""
        tokens, place, name, author = given
        counts, mixture = self._counts, self._mixture
        ids = (counts.learn if step > 0 else counts.unlearn)(tokens)
        is_last = False
        if step > 0:
            is_last = self.history.add(ids, place, name, author)
        else:
            author, gone = self.history.remove(at)
            self.forgets += 1
            for id in gone:
                if id > UNKNOWN:
                    counts.vocabulary.discard(id)  # counted later, but forgotten now
        self.origins.fold(ids[1:-1], tokens, author, step)
        if mixture:
            mixture.fold(ids, step, is_last=is_last)
        else:
            self._predictor.changed()
        self._tell()
        if self._merging:
            self._meanwhile.append((tokens, step))
        if self._merging or self._changed > self._room:
            passed = self.merge_step()
            while self._merging and passed < _PASSED:
                passed += self.merge_step()

    def tell(self, follower: Callable[[], None]) -> None:
        """Call a method after every change, to let go of what was worked out; its object is not kept alive by that."""
        self._followers.append(WeakMethod(follower))

    def _tell(self) -> None:
        for follower in self._followers:
            if let_go := follower():
                let_go()

    def count_all(self) -> None:
        """Count now what else would be counted once it is asked for often."""
        if isinstance(self.mixture, Mixture):
            self.mixture.count_skips()

    def tokens(self, text: str) -> list[str]:
        """A text's tokens; one that is written like `<s>` or `</s>` is `<unk>`."""
        return tokens_of(text, self.tokenizer)

    # Merging

    @property
    def _changed(self) -> int:
        """How many contexts are not as the tables say."""
        return self._counts.changed + (self._mixture.changed if self._mixture else 0)

    @property
    def merging(self) -> bool:
        """Whether a merge is under way."""
        return self._merging is not None

    def merge(self) -> None:
        """Fold all changes into the arrays now (0.1 s a million n-grams); learning does it bit by bit.

        Afterwards nothing in memory differs from a model of the documents that are left.
        """
        self._counts.settle()
        while self._merging or self._changed or not self._counts.vocabulary.canonical:
            self.merge_step()

    def merge_step(self) -> int:
        """Go on with the merge under way, or begin one; returns how many numbers it passed over (see `merging`)."""
        self._merging = self._merging or merge_all(self.counts, self.history, self.mixture)
        try:
            return next(self._merging)
        except StopIteration as done:
            counts, besides = done.value
            for tokens, step in self._meanwhile:
                ids = (counts.learn if step > 0 else counts.unlearn)(tokens)
                if besides:
                    besides.fold(ids, step)
            counts.settle()
            self._merging, self._meanwhile = None, []
            self.history.renumber(self._counts.vocabulary, counts.vocabulary)
            self.origins.renumber()
            self._use(counts, besides)
            return 0

    def _use(self, counts: Counts, besides: Skips | Longer | None) -> None:
        self._counts = counts
        self.forgets += 1
        self._room = min(max(len(counts) // 20, _LEAST_CHANGES), _MOST_CHANGES)
        best = self.smoothing == "best"
        is_open = best and self.tokenizer.unit == UNIT
        self._predictor = KneserNey(counts, UNSEEN_WORDS if is_open else 1, as_lmplz=not best)
        self._mixture: Mixture | Characters | None = None
        if isinstance(besides, Longer):
            self._mixture = Characters(self._predictor, self.history, besides)
        elif best:
            background = BackgroundPart(shipped(), counts.vocabulary) if is_open else None
            self._mixture = Mixture(self._predictor, self.history, besides, background)
        self._tell()

    # What is known

    @property
    def counts(self) -> Counts:
        """The counts of all documents."""
        self._counts.settle()
        return self._counts

    @property
    def predictor(self) -> KneserNey:
        """Kneser-Ney on these."""
        self._counts.settle()
        return self._predictor

    @property
    def mixture(self) -> Mixture | Characters | None:
        """What `best` makes of them."""
        self._counts.settle()
        return self._mixture

    @property
    def nbytes(self) -> int:
        """About how many bytes are held: arrays, changes, the vocabulary, hashes of documents."""
        mixture = self._mixture.nbytes if self._mixture else 0
        words = 16 * len(self._counts.vocabulary)  # as smoothing and stream keep them
        documents = self.history.nbytes + self.origins.nbytes
        return self._counts.nbytes + self._counts.vocabulary.nbytes + mixture + documents + words

    def check_not_empty(self) -> None:
        """Raise EmptyCorpus when nothing is known."""
        if not self.history.documents:
            raise EmptyCorpus("Nothing has been learned yet, so there is nothing to predict from; learn a text first.")

    def withheld_ids(self) -> NDArray[np.int64]:
        """The ids of the tokens that are never said, as one person only said them; of characters none."""
        of_one = self.origins.of_one(self.history, self.counts.vocabulary)
        return of_one.ids() if isinstance(of_one, TokensOfOne) else np.empty(0, np.int64)

    def context(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The last order - 1 of `<s>` and the ids."""
        return (BEGIN, *ids)[-self.order + 1 :] if self.order > 1 else ()

    def known_context(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The longest end of these ids that something followed; of no ids, `<s>`."""
        context = tuple(self.context(ids)[-len(ids) :]) if ids else self.context(ids)
        longest = next(self.counts.backoff(context), None)
        return context[len(context) - longest[0] + 1 :] if longest else ()

    def probabilities(
        self, ids: Sequence[int], originality: float = 1.0, texts: Sequence[str] = (), *, timeless: bool = False
    ) -> Floats:
        """(V,) what comes next when a document begins with these ids; raises EmptyCorpus, UnseenContext.

        texts: the first tokens, where they are at hand; the background may know more of them than the ids tell.
        timeless: by Kneser-Ney alone, where the model is a mixture.
        """
        self.check_not_empty()
        if self.mixture and not (timeless and isinstance(self.mixture, Mixture)):
            return self.mixture.distribution((BEGIN, *ids), originality, texts)
        context = self.context(ids)
        if self.smoothing != "none":
            return self.predictor.distribution(context, originality)
        p = self.predictor.relative_frequencies(context)
        if p is None:
            many = self.order - 1
            last = f"{many} tokens were never seen in a row" if many > 1 else "token was never seen before another"
            raise UnseenContext(
                f"The last {last}, so plain relative frequencies say nothing; "
                'ask for a lower order, or for smoothing "best".'
            )
        return p
