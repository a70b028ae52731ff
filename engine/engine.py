"""The façade: a store of corpora, and models of them built on demand and kept within a memory budget."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np

from engine.errors import EmptyCorpus, InvalidArgument
from engine.model import Distribution, LanguageModel
from engine.sampling import Dials, reshape
from engine.store import Corpus, Document, Size, Store
from engine.tokenizer import tokenizer
from engine.vocabulary import BEGIN_TOKEN

DEFAULT_BUDGET = 512 * 2**20
DEFAULT_SMOOTHING = "best"
SPEAKING = Dials(originality=0.4)
"""How a text is drawn when nobody turns a dial: a little closer to what was said than the model is."""


Key = tuple[Corpus, str, int, str]
"""What a model is of: corpus, unit, order, smoothing."""


class Learned(NamedTuple):
    """What became of documents handed to `learn`."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Generation:
    """A new text and what it was made of."""

    text: str
    tokens: tuple[str, ...]
    """All tokens of the text, those of the start included."""
    seed: int
    """Gives the same text again, from the same corpus with the same arguments."""
    unit: str
    order: int
    unseen: tuple[str, ...]
    """Tokens of the start that this corpus never saw."""
    replaced: tuple[tuple[str, str], ...]
    """(as asked, as read) for tokens of the start known in another capitalisation only."""
    context: tuple[str, ...]
    """The longest end of the start that was known as a context; empty when none of it was."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token that may come next."""

    token: str
    probability: float
    count: int
    """How often it followed the context used."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The likeliest next tokens after a prompt, and what they rest on."""

    prompt: tuple[str, ...]
    context: tuple[str, ...]
    """The longest end of the prompt that was known as a context."""
    order_used: int
    """The n of the longest n-grams that answered: 1 + the tokens of the context; `<s>` is the empty prompt's."""
    context_count: int
    """How often that context was followed by anything."""
    candidates: tuple[Candidate, ...]
    """Most probable first."""
    vocabulary: int
    entropy_bits: float
    unit: str
    order: int
    unseen: tuple[str, ...]
    replaced: tuple[tuple[str, str], ...]


def rank(model: LanguageModel, prompt: str, top: int = 10, temperature: float = 1.0) -> Candidates:
    """The `top` likeliest next tokens after a prompt; ties by vocabulary order.

    Raises InvalidArgument for a `top` below 1 or a temperature out of range, EmptyCorpus, UnseenContext.
    """
    if top < 1:
        raise InvalidArgument(f"{top} candidates were asked for; ask for 1 or more.")
    dials = Dials(temperature=temperature)
    read = model.read(prompt)
    p = model.distribution_after(read)
    p = Distribution(p.tokens, reshape(p.probabilities, dials))
    counts = model.occurrences(read)
    context = model.known_context(read)
    best = np.argsort(-p.probabilities, kind="stable")[:top].tolist()
    return Candidates(
        prompt=tuple(read.tokens),
        context=_without_begin(context),
        order_used=len(context) + 1,
        context_count=sum(counts),
        candidates=tuple(
            Candidate(p.tokens[i], float(p.probabilities[i]), counts[i]) for i in best if p.probabilities[i] > 0
        ),
        vocabulary=len(p.tokens),
        entropy_bits=p.entropy(),
        unit=model.unit,
        order=model.order,
        unseen=read.unseen,
        replaced=read.replaced,
    )


def _without_begin(context: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(token for token in context if token != BEGIN_TOKEN)


class Engine:
    """Corpora in a store, and a language model of each, made when asked for.

    Models are a cache: they follow every change of their corpus, and the least recently used ones
    are dropped when all together hold more than `memory_budget` bytes. Seeds that nobody gave come
    from `draw_seed`. Not thread-safe: call it from one thread at a time.
    """

    def __init__(
        self,
        store: Store,
        memory_budget: int = DEFAULT_BUDGET,
        draw_seed: Callable[[], int] = lambda: secrets.randbelow(2**32),
    ) -> None:
        self._store = store
        self._memory_budget = memory_budget
        self._draw_seed = draw_seed
        self._models: OrderedDict[Key, LanguageModel] = OrderedDict()
        self._sizes: dict[Key, int] = {}  # of each model, when last looked at

    # Documents

    def learn(self, corpus: Corpus, documents: Iterable[Document]) -> Learned:
        """Store documents and learn them; one whose id is known replaces what was there."""
        given = list(documents)
        changes = self._store.put(corpus, given)
        old = [change.old for change in changes if change.old]
        models = self._models_of(corpus)
        for model in models.values():
            model.unlearn(old)
            model.learn(change.new for change in changes)
        self._keep_to_budget(*models)
        return Learned(len(changes) - len(old), len(old), len(given) - len(changes))

    def unlearn(self, corpus: Corpus, ids: Iterable[int]) -> int:
        """Forget documents by id, exactly; returns how many were there."""
        gone = self._store.remove(corpus, ids)
        self._unlearn(corpus, gone)
        return len(gone)

    def forget_author(self, author: int, *, corpus: Corpus | None = None, space: int | None = None) -> int:
        """Forget all an author left in a corpus, in a space, or everywhere; returns how many documents."""
        gone = self._store.remove_author(author, corpus=corpus, space=space)
        for where, documents in gone.items():
            self._unlearn(where, documents)
        return sum(map(len, gone.values()))

    def erase(self, corpus: Corpus) -> int:
        """Forget a whole corpus and its choices; returns how many documents it had."""
        gone = self._store.erase(corpus)
        for key in [key for key in self._models if key[0] == corpus]:
            del self._models[key], self._sizes[key]
        return gone

    def erase_space(self, space: int) -> int:
        """Forget every corpus of a space; returns how many documents they had."""
        return sum(self.erase(corpus) for corpus in self._store.corpora(space))

    def ids(self, corpus: Corpus, low: int, high: int) -> list[int]:
        """The ids of stored documents from `low` to `high`, both included, ascending."""
        return self._store.ids(corpus, low, high)

    def size(self, corpus: Corpus) -> Size:
        """How much a corpus holds."""
        return self._store.size(corpus)

    # Choices

    def choose(self, corpus: Corpus, name: str, value: str | None) -> None:
        """Keep a choice about a corpus; None removes it."""
        self._store.choose(corpus, name, value)

    def choice(self, corpus: Corpus, name: str) -> str | None:
        """A choice about a corpus, None when it was never made."""
        return self._store.choices(name).get(corpus)

    def choices(self, name: str) -> dict[Corpus, str]:
        """Every corpus for which this choice was made, with its value."""
        return self._store.choices(name)

    # Questions

    def generate(
        self,
        corpus: Corpus,
        *,
        unit: str = "words",
        order: int | None = None,
        smoothing: str = DEFAULT_SMOOTHING,
        length: int | None = None,
        start: str = "",
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        originality: float = SPEAKING.originality,
        seed: int | None = None,
    ) -> Generation:
        """A new text in this corpus's voice; of exactly `length` tokens, the start's included, when given.

        Raises EmptyCorpus, InvalidArgument.
        """
        model = self.model(corpus, unit, order, smoothing)
        seed = self._draw_seed() if seed is None else seed
        prompt = model.read(start)
        dials = Dials(temperature, top_k, top_p, originality)
        tokens = model.continue_prompt(np.random.default_rng(seed % 2**64), prompt, length, dials)
        return Generation(
            text=model.tokenizer.decode(tokens),
            tokens=tuple(tokens),
            seed=seed,
            unit=model.unit,
            order=model.order,
            unseen=prompt.unseen,
            replaced=prompt.replaced,
            context=_without_begin(model.known_context(prompt)),
        )

    def candidates(
        self,
        corpus: Corpus,
        prompt: str,
        *,
        unit: str = "words",
        order: int | None = None,
        smoothing: str = DEFAULT_SMOOTHING,
        top: int = 10,
        temperature: float = 1.0,
    ) -> Candidates:
        """The likeliest next tokens after a prompt; raises EmptyCorpus, InvalidArgument."""
        return rank(self.model(corpus, unit, order, smoothing), prompt, top, temperature)

    # Models

    def model(
        self, corpus: Corpus, unit: str = "words", order: int | None = None, smoothing: str = DEFAULT_SMOOTHING
    ) -> LanguageModel:
        """The model of a corpus, built now unless it is held already.

        Raises EmptyCorpus when the corpus has no documents, InvalidArgument for what cannot be a model.
        """
        order = tokenizer(unit).default_order if order is None else order
        key = (corpus, unit, order, smoothing)
        model = self._models.pop(key, None)
        if model is None:
            model = LanguageModel(order, unit, smoothing)
            model.learn(self._store.documents(corpus))
        if not model.documents:
            raise EmptyCorpus("Nothing has been learned here yet; learn some messages first.")
        before = list(islice(reversed(self._models), 1))  # it may have grown by what it was asked
        self._models[key] = model
        self._keep_to_budget(key, *before)
        return model

    @property
    def models(self) -> int:
        """How many models are held now."""
        return len(self._models)

    def _keep_to_budget(self, *changed: Key) -> None:
        """Drop least recently used models, never the latest, until the rest fits; only these may have grown."""
        self._sizes.update((key, self._models[key].nbytes) for key in changed)
        held = sum(map(self._sizes.__getitem__, self._models))
        while held > self._memory_budget and len(self._models) > 1:
            oldest, _ = self._models.popitem(last=False)
            held -= self._sizes.pop(oldest)

    def _models_of(self, corpus: Corpus) -> dict[Key, LanguageModel]:
        return {key: model for key, model in self._models.items() if key[0] == corpus}

    def _unlearn(self, corpus: Corpus, documents: list[Document]) -> None:
        models = self._models_of(corpus)
        for model in models.values():
            model.unlearn(documents)
        self._keep_to_budget(*models)

    def close(self) -> None:
        """Drop the models and close the store."""
        self._models.clear()
        self._store.close()


def tokens(text: str, unit: str = "words") -> list[str]:
    """A text's tokens in a unit."""
    return tokenizer(unit).encode(text)


def join(tokens: Iterable[str], unit: str = "words") -> str:
    """The text of these tokens: the inverse of `tokens`."""
    return tokenizer(unit).decode(tokens)
