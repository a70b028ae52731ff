"""LanguageModel: what one corpus teaches about which token comes next, in one unit, at one order."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.conditions import BLANK, Condition
from engine.dials import AS_LEARNED, Dials
from engine.errors import InvalidArgument, shortened
from engine.explaining import Step, walk
from engine.given import text_of
from engine.knowledge import Knowledge
from engine.measuring import Surprise, surprise
from engine.occurrences import occurrences
from engine.pieces import Piece, pieces
from engine.prompt import Prompt, read_prompt
from engine.smoothing import SMOOTHINGS, Floats
from engine.sources import Span
from engine.speaking import Chosen, Speaker
from engine.steered import Steered
from engine.steering import Steering
from engine.store import Document
from engine.symbols import body
from engine.tokenizer import tokenizer
from engine.veto import Veto

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


class LanguageModel:
    """An n-gram model of `order` (1 to 8), over the tokens of `unit`, smoothed as `smoothing` says.

    `best`  a mixture of `mkn`, what was said lately, skip-grams, and in `words` a background (see `mixture`);
            in `characters` at order 8, longer contexts and words too (see `characters`)
    `mkn`   interpolated modified Kneser-Ney (Chen & Goodman 1998), as KenLM's lmplz computes it
    `none`  relative frequencies at exactly that order: the plain Markov chain, a dictionary of lists

    It is a pure function of the documents learned and not unlearned since: of the multiset of their
    texts, and with `best` also of their order. Which is that of their ids; a text without one comes
    after those that have one, as it arrived. The id is part of what has to be unlearned, and of equals
    the first learned goes first.
    Raises InvalidArgument for an order, unit or smoothing that does not exist.
    """

    def __init__(self, order: int = 5, unit: str = "words", smoothing: str = "best") -> None:
        if order not in ORDERS:
            raise InvalidArgument(
                "The order is {order}; it must be from {least} to {most}.",
                order=order,
                least=ORDERS[0],
                most=ORDERS[-1],
            )
        if smoothing not in SMOOTHINGS:
            found = shortened(repr(smoothing))
            raise InvalidArgument(f"The smoothing is {found}; it must be one of {', '.join(SMOOTHINGS)}.")
        self.order = int(order)  # 5.0 is one, too
        self.smoothing = smoothing
        self.tokenizer = tokenizer(unit)
        self._known = Knowledge(self.order, self.tokenizer, smoothing)
        self._speaker = Speaker(self._known)
        self.steering = Steering(self._known)
        """Draws texts under conditions."""

    @property
    def unit(self) -> str:
        """What a token is."""
        return self.tokenizer.unit

    # Learning

    def learn(self, documents: Iterable[str | Document]) -> None:
        """Learn documents, one after another; into an empty model all at once, which is faster."""
        self._known.learn(documents)

    def unlearn(self, documents: Iterable[str | Document]) -> None:
        """Make it as if these documents had never been learned.

        Raises NotLearned when one of them was not, and then changes nothing.
        """
        self._known.unlearn(documents)

    def merge(self) -> None:
        """Fold all changes into the arrays now (0.1 s a million n-grams); learning does it bit by bit.

        Afterwards nothing in memory differs from a model of the documents that are left.
        """
        self._known.merge()

    # What is known

    @property
    def vocabulary(self) -> list[str]:
        """`</s>`, `<unk>`, then every learned token by code point. Not to be changed."""
        return self._known.counts.vocabulary.tokens

    @property
    def documents(self) -> int:
        """How many documents were learned and not unlearned."""
        return self._known.history.documents

    @property
    def tokens(self) -> int:
        """How many tokens were learned, a `</s>` for each document included."""
        return self._known.history.tokens

    @property
    def ngrams(self) -> int:
        """How many n-grams of all orders the arrays hold."""
        return len(self._known.counts)

    @property
    def nbytes_of_counts(self) -> int:
        """How many bytes of `nbytes` the counts of these n-grams take, and their changes."""
        return self._known.counts.nbytes

    @property
    def nbytes(self) -> int:
        """About how many bytes the model holds: arrays, changes, the vocabulary, hashes of documents."""
        return self._known.nbytes + self._speaker.nbytes + self.steering.nbytes

    def read(self, prompt: str) -> Prompt:
        """How this model reads a prompt: tokens it knows, and tokens it does not."""
        return read_prompt(self._known.tokens(prompt), self._known.counts.vocabulary)

    def read_to_show(self, prompt: str) -> Prompt:
        """How this model reads a prompt of which everybody may see what follows (see `Veto.hides`)."""
        read = self.read(prompt)
        return read.hidden() if self._veto_of(read).hides(read.ids) else read

    def known_context(self, prompt: Prompt) -> tuple[str, ...]:
        """The longest end of a prompt that is known as a context at this order; of no tokens, `<s>`."""
        return tuple(map(self._known.counts.vocabulary.token, self._known.known_context(prompt.ids)))

    def occurrences(self, prompt: Prompt) -> list[int]:
        """(V,) how often each token of the vocabulary followed a prompt's context, anywhere in a document."""
        counts = self._known.counts
        return occurrences(counts, self._known.known_context(prompt.ids))[counts.vocabulary.live].tolist()  # type: ignore[no-any-return]

    # Predicting

    def distribution(self, prompt: str) -> Distribution:
        """What comes next when a document begins with this prompt.

        Raises EmptyCorpus when nothing was learned; with smoothing "none", UnseenContext.
        """
        return self.distribution_after(self.read(prompt))

    def distribution_after(self, prompt: Prompt) -> Distribution:
        """What comes next after a prompt that was read; raises as `distribution` does."""
        return Distribution(self.vocabulary, self._known.probabilities(prompt.ids, texts=prompt.tokens))

    def pieces(self, prompt: Prompt, token: str) -> list[Piece]:
        """P(token | prompt) as a sum: what each context, and each other source, adds to it (see `pieces`)."""
        return pieces(self._known, prompt, self._known.counts.vocabulary.id(token))

    def explain(self, text: str, first: int = 0, most: int | None = None) -> list[Step]:
        """A text token by token, with its end, each with what this model makes of it there.

        Of a long text perhaps `most` tokens only, from the `first` on (counted from 0).
        Raises EmptyCorpus when nothing was learned.
        """
        return walk(self._known, self.read(text), first, most)

    def perplexity(self, documents: Iterable[str | Document]) -> float:
        """2 to the mean bits per token, `</s>` counted; a token never learned counts as `<unk>`.

        With `best` each document is learned after it was predicted, and unlearned in the end.
        """
        surprise = self.surprise(documents)
        return float(2 ** (surprise.bits / surprise.tokens))

    def surprise(self, documents: Iterable[str | Document]) -> Surprise:
        """The bits it takes to say these documents.

        With `best` each document is learned after it was predicted, and unlearned in the end.
        Raises EmptyCorpus when there is nothing to predict from, or no document.
        """
        return surprise(self._known, map(text_of, documents))

    def withheld(self, prompt: Prompt) -> NDArray[np.bool_] | None:
        """(V,) the next tokens that are shown to nobody, as one person only said them; None where all may be shown."""
        return self._veto_of(prompt).withheld_after(prompt.ids)

    def _veto_of(self, prompt: Prompt) -> Veto:
        return self._speaker.veto(dict(enumerate(prompt.tokens)), max_copy=0)

    def prepare(self, max_copy: int = 0) -> None:
        """Work out now what the first questions would have to wait for.

        max_copy: of texts that are to be drawn (see `Dials`); 0 where it will only be asked what comes next.
        """
        if not max_copy:
            self._known.count_all()
        self._speaker.veto({}, max_copy)

    def sources(self, text: str, least: int = 3, most: int = 5) -> list[Span]:
        """The longest spans of at least `least` words that a text shares with one learned document, longest first.

        Of ids that are none (a document learned as a plain string) it gives a very large number.
        """
        known = self._known
        return known.origins.spans(text, known.history, known.counts.vocabulary, least, most)

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
        return self.choose(rng, prompt, length, dials).tokens

    def choose(self, rng: np.random.Generator, prompt: Prompt, length: int | None, dials: Dials) -> Chosen:
        """`continue_prompt`, and the seed that alone leads to the same text, if it was chosen among several."""
        return self._speaker.continue_prompt(rng, prompt, length, dials)

    def steer(
        self,
        rng: np.random.Generator,
        prompt: Prompt,
        condition: Condition,
        length: int | None = None,
        dials: Dials = AS_LEARNED,
    ) -> Steered:
        """A new text that begins with a prompt that was read and is as a condition asks (see `request`).

        Drawn from `mkn`'s distribution given that the condition holds, and of that what may be said (see `veto`).
        Raises EmptyCorpus; InvalidArgument when there is no such text, and why.
        """
        self._speaker.check_can_speak()
        watch = partial(self._speaker.veto, max_copy=dials.max_copy)
        return self.steering.draw(rng, prompt, condition, length, dials, watch)

    def unseen(self, condition: Condition) -> list[str]:
        """The tokens a condition asks for that were never learned, whatever the gaps beside them."""
        asked = (*BLANK.split(condition.template), *condition.containing, condition.ending)
        unseen = [token for text in asked for token in self.read(text).unseen]
        known = set(map(body, self.vocabulary)) if unseen else ()
        return [token for token in unseen if body(token) not in known]

    def generate_many(self, rng: np.random.Generator, count: int) -> list[str]:
        """Many new texts, each up to its end or as long as texts get; with `mkn` side by side, which is faster."""
        return self._speaker.many(rng, count)
