"""LanguageModel: what one corpus teaches about which token comes next, in one unit, at one order."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.counts import Context, Counts
from engine.errors import EmptyCorpus, InvalidArgument, NotLearned, UnseenContext
from engine.sampling import AS_LEARNED, Dials, draw_message
from engine.smoothing import SMOOTHINGS, Floats, modified_kneser_ney, relative_frequencies
from engine.store import Document
from engine.tokenizer import tokenizer
from engine.vocabulary import BEGIN, END, UNKNOWN, document_tokens

ORDERS = range(1, 9)


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
    unseen: tuple[str, ...]
    """Tokens that were never learned."""
    replaced: tuple[tuple[str, str], ...]
    """(as asked, as read) for tokens known in another capitalisation only."""
    context: Context
    """The longest end of `<s>` and the tokens that is known as a context at this order."""


class LanguageModel:
    """An n-gram model of `order` (1 to 8), over the tokens of `unit`, smoothed as `smoothing` says.

    `mkn`   interpolated modified Kneser-Ney (Chen & Goodman 1998), as KenLM's lmplz computes it
    `none`  relative frequencies at exactly that order: the plain Markov chain, a dictionary of lists

    It is a pure function of the multiset of documents learned and not unlearned since.
    Raises InvalidArgument for an order, unit or smoothing that does not exist.
    """

    def __init__(self, order: int = 5, unit: str = "words", smoothing: str = "mkn") -> None:
        if order not in ORDERS:
            raise InvalidArgument(f"The order is {order}; it must be from {ORDERS[0]} to {ORDERS[-1]}.")
        if smoothing not in SMOOTHINGS:
            raise InvalidArgument(f"The smoothing is {smoothing!r}; it must be one of {', '.join(SMOOTHINGS)}.")
        self.order = order
        self.smoothing = smoothing
        self.tokenizer = tokenizer(unit)
        self._counts = Counts(order)
        self._documents: Counter[str] = Counter()

    @property
    def unit(self) -> str:
        """What a token is."""
        return self.tokenizer.unit

    # Learning

    def learn(self, documents: Iterable[str | Document]) -> None:
        """Learn documents, one after another."""
        for text in map(_text, documents):
            self._counts.learn(document_tokens(self.tokenizer.encode(text)))
            self._documents[text] += 1
        self._forget_vocabulary()

    def unlearn(self, documents: Iterable[str | Document]) -> None:
        """Make it as if these documents had never been learned.

        Raises NotLearned when one of them was not, and then changes nothing.
        """
        leaving = Counter(map(_text, documents))
        if any(count > self._documents[text] for text, count in leaving.items()):
            raise NotLearned("A document to unlearn was never learned, so nothing was unlearned; learn it first.")
        for text in leaving.elements():
            self._counts.unlearn(document_tokens(self.tokenizer.encode(text)))
        self._documents -= leaving
        self._forget_vocabulary()

    # What is known

    @cached_property
    def vocabulary(self) -> list[str]:
        """`</s>`, `<unk>`, then every learned token by code point."""
        learned = set(self._counts.raw[0].get((), ()))
        return [END, UNKNOWN, *sorted(learned - {END, UNKNOWN})]

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: id for id, token in enumerate(self.vocabulary)}

    def _forget_vocabulary(self) -> None:
        self.__dict__.pop("vocabulary", None)
        self.__dict__.pop("_ids", None)

    @property
    def tokens(self) -> int:
        """How many tokens were learned, a `</s>` for each document included."""
        return sum(self._counts.raw[0].get((), {}).values())

    @property
    def nbytes(self) -> int:
        """About how many bytes the model holds."""
        entries = sum(len(f) + 3 for table in (*self._counts.raw, *self._counts.adjusted) for f in table.values())
        return 100 * entries

    def read(self, prompt: str) -> Prompt:
        """How this model reads a prompt: tokens it knows, tokens it does not, the context it answers from."""
        tokens = document_tokens(self.tokenizer.encode(prompt))[1:-1]
        unseen, replaced = [], []
        for i, token in enumerate(tokens):
            if token not in self._ids:
                variants = (token.lower(), token.capitalize(), token.upper())
                known = next((variant for variant in variants if variant in self._ids), None)
                if known is None:
                    unseen.append(token)
                else:
                    replaced.append((token, known))
                    tokens[i] = known
        return Prompt(tokens, tuple(unseen), tuple(replaced), self._known_context(tokens))

    def _known_context(self, tokens: list[str]) -> Context:
        context = (BEGIN, *tokens)[-self.order + 1 :] if self.order > 1 else ()
        while context and context not in self._counts.raw[len(context)]:
            context = context[1:]
        return context

    def count(self, context: Context, token: str) -> int:
        """How often a token followed a context of at most order - 1 tokens."""
        return self._counts.raw[len(context)].get(context, {}).get(token, 0)

    def context_count(self, context: Context) -> int:
        """How often a context was followed by anything."""
        return sum(self._counts.raw[len(context)].get(context, {}).values())

    # Predicting

    def distribution(self, prompt: str) -> Distribution:
        """What comes next when a document begins with this prompt.

        Raises EmptyCorpus when nothing was learned; with smoothing "none", UnseenContext.
        """
        return self.distribution_after(self.read(prompt))

    def distribution_after(self, prompt: Prompt) -> Distribution:
        """What comes next after a prompt that was read; raises as `distribution` does."""
        return Distribution(self.vocabulary, self._probabilities(prompt.tokens))

    def _probabilities(self, tokens: list[str], originality: float = 1.0) -> Floats:
        if not self._documents:
            raise EmptyCorpus("Nothing has been learned yet, so there is nothing to predict from; learn a text first.")
        context = self._known_context(tokens)
        if self.smoothing == "mkn":
            return modified_kneser_ney(self._counts, context, self._ids, originality)
        if len(context) < min(self.order - 1, len(tokens) + 1):
            raise UnseenContext(
                f"The last {self.order - 1} tokens were never seen in a row, so plain relative frequencies say "
                'nothing; ask for a lower order, or for smoothing "mkn".'
            )
        return relative_frequencies(self._counts.raw[len(context)][context], self._ids)

    def perplexity(self, documents: Iterable[str | Document]) -> float:
        """2 to the mean bits per token, `</s>` counted; a token never learned counts as `<unk>`."""
        bits, number, _ = self.surprise(documents)
        return float(2 ** (bits / number))

    def surprise(self, documents: Iterable[str | Document]) -> tuple[float, int, int]:
        """The bits it takes to say these documents, their tokens (`</s>` counted), and how many of those are unknown.

        Raises EmptyCorpus when there is nothing to predict from, or no document.
        """
        bits, number, unknown = 0.0, 0, 0
        for text in map(_text, documents):
            tokens = document_tokens(self.tokenizer.encode(text))[1:]
            unknown += sum(token not in self._ids for token in tokens)
            for i, token in enumerate(tokens):
                p = self._probabilities(tokens[:i])[self._ids.get(token, self._ids[UNKNOWN])]
                bits -= math.log2(p) if p > 0 else -math.inf
            number += len(tokens)
        if not number:
            raise EmptyCorpus("There is no document to measure; give at least one.")
        return bits, number, unknown

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
        return draw_message(rng, self._probabilities, self.vocabulary, self.tokenizer, prompt.tokens, length, dials)


def _text(document: str | Document) -> str:
    return document.text if isinstance(document, Document) else document
