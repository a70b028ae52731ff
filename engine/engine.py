"""The façade: a store of corpora, and models of them built on demand and kept within a memory budget."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from engine.answers import Candidate, Candidates, Generation, Learned, pick, rank, say, without_begin
from engine.asked import asked
from engine.background import shipped
from engine.building import Build, ModelKey
from engine.conditions import ANYTHING, Condition
from engine.dials import MAX_COPY, speaking, speaking_order
from engine.explaining import Step
from engine.held import Models
from engine.keeping import Keeping
from engine.model import LanguageModel
from engine.receipt import COUNTED_UP_TO, Forgotten, ngrams_gone
from engine.sources import Span
from engine.speaking import SEEDS
from engine.store import Change, Corpus, Document, Store
from engine.tokenizer import tokenizer

DEFAULT_BUDGET = 512 * 2**20
DEFAULT_SMOOTHING = "best"


class Engine(Keeping):
    """Corpora in a store, and a language model of each, made when asked for.

    Models are a cache: they follow every change of their corpus, and the least recently used ones
    are dropped when all together hold more than `memory_budget` bytes. Seeds that nobody gave come
    from `draw_seed`. Not thread-safe: call it from one thread at a time.

    With `build_aside` a question that needs a large model built first raises Unbuilt instead, which
    carries the Build: carry it out in another thread, hand it to `adopt`, then ask again.
    """

    def __init__(
        self,
        store: Store,
        memory_budget: int = DEFAULT_BUDGET,
        draw_seed: Callable[[], int] = lambda: secrets.randbelow(2**32),
        *,
        build_aside: bool = False,
    ) -> None:
        super().__init__(store)
        self._draw_seed = draw_seed
        self._models = Models(store.documents, memory_budget, build_aside=build_aside)
        self._version = store.version()
        shipped()  # once per process: the first answer need not wait for it

    # Learning and forgetting

    def learn(self, corpus: Corpus, documents: Iterable[Document]) -> Learned:
        """Store documents and learn them; one whose id is known replaces what was there.

        Those of authors who refuse are left out.
        """
        given = list(documents)
        return self._learned(corpus, len(given), self._store.put(corpus, given))

    def relearn(self, corpus: Corpus, documents: Iterable[Document]) -> Learned:
        """Learn the new texts of documents that are stored; of others nothing."""
        return self.learn(corpus, [one for one in documents if self.ids(corpus, one.id, one.id)])

    def learn_together(self, given: Sequence[tuple[Corpus, Iterable[Document]]]) -> list[Learned]:
        """`learn` many times in one transaction: all of it, or (when it raises) none."""
        batches = [(corpus, list(documents)) for corpus, documents in given]
        with self._store.together():
            changed = [self._store.put(corpus, documents) for corpus, documents in batches]
        return [
            self._learned(corpus, len(documents), changes)
            for (corpus, documents), changes in zip(batches, changed, strict=True)
        ]

    def _learned(self, corpus: Corpus, given: int, changes: list[Change]) -> Learned:
        """Have the models follow what is stored of so many documents that were given."""
        old = [change.old for change in changes if change.old]
        self._models.fold(corpus, old, [change.new for change in changes])
        return Learned(len(changes) - len(old), len(old), given - len(changes))

    def unlearn(self, corpus: Corpus, ids: Iterable[int], *, receipt: bool = True) -> Forgotten:
        """Forget documents by id, exactly; unknown ids are fine.

        Without `receipt` the n-grams are not counted, which is quicker: for events, where nobody reads it.
        """
        gone = self._store.remove(corpus, ids)
        self._models.fold(corpus, gone, [])
        return self._receipt({corpus: gone}, receipt=receipt)

    def forget_author(
        self,
        author: int,
        *,
        corpus: Corpus | None = None,
        space: int | None = None,
        up_to: int | None = None,
        receipt: bool = True,
    ) -> Forgotten:
        """Forget all an author left in a corpus, in a space, or everywhere; or up to an id, that included."""
        self._follow()
        gone = self._store.remove_author(author, corpus=corpus, space=space, up_to=up_to)
        self._skip_own_version()
        for where, documents in gone.items():
            self._models.fold(where, documents, [])
        return self._receipt(gone, receipt=receipt)

    def retain(self, corpus: Corpus, *, newer_than_id: int | None = None, at_most: int | None = None) -> Forgotten:
        """Forget what is not newer than an id, or not among the newest so many; n-grams are not counted."""
        documents = 0
        while gone := self._store.retain(corpus, newer_than_id=newer_than_id, at_most=at_most):
            self._models.fold(corpus, gone, [])
            documents += len(gone)
        return Forgotten(documents, 0)

    def erase(self, corpus: Corpus, *, receipt: bool = True) -> Forgotten:
        """Forget a whole corpus: documents, choices, jobs, and its key."""
        return self._erase([corpus], receipt=receipt)

    def erase_space(self, space: int, *, receipt: bool = True) -> Forgotten:
        """Forget every corpus of a space."""
        return self._erase(self._store.corpora(space), receipt=receipt)

    def _erase(self, corpora: list[Corpus], *, receipt: bool) -> Forgotten:
        documents = ngrams = 0
        counted = receipt and self._are_small(corpora)
        for corpus in corpora:
            self._follow()
            ngrams += ngrams_gone(self._store.documents(corpus), ()) if counted else 0
            documents += self._store.erase(corpus)
            self._skip_own_version()
            self._models.drop(corpus)
        return Forgotten(documents, ngrams)

    def _receipt(self, gone: dict[Corpus, list[Document]], *, receipt: bool) -> Forgotten:
        documents = sum(map(len, gone.values()))
        if not (receipt and documents and self._are_small(gone)):
            return Forgotten(documents, 0)
        return Forgotten(
            documents, sum(ngrams_gone(here, self._store.documents(corpus)) for corpus, here in gone.items())
        )

    def _are_small(self, corpora: Iterable[Corpus]) -> bool:
        return sum(self._store.size(corpus).documents for corpus in corpora) <= COUNTED_UP_TO

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
        originality: float | None = None,
        max_copy: int = MAX_COPY,
        seed: int | None = None,
        condition: Condition = ANYTHING,
    ) -> Generation:
        """A new text in this corpus's voice; of exactly `length` tokens, the start's included, when given.

        It holds no more than `max_copy` words in a row of one document, unless two authors said them or the
        start has them all (see `originality`); 0 turns this off. Its length is as asked, and so is the
        text under a condition, or InvalidArgument says why none can be (see `request`). Where no order is given
        it is that of `speaking_order`.

        Raises EmptyCorpus, InvalidArgument.
        """
        model = self._speaker(corpus, unit, order, smoothing)
        prompt = model.read(start)
        context = without_begin(model.known_context(prompt))
        dials = speaking(unit, model.order, model.tokens, originality, max_copy, temperature, top_k, top_p)
        if seed is None:
            seed, dials = self._draw_seed(), replace(dials, varied=True)
        elif not 0 <= seed < SEEDS:
            dials = replace(dials, choices=1)
        said = say(model, np.random.default_rng(seed % 2**64), prompt, condition, length, dials)
        return Generation(
            text=said.text,
            tokens=tuple(said.tokens),
            seed=seed if said.seed is None or not dials.varied else said.seed,
            unit=model.unit,
            order=said.order,
            unseen=(*prompt.unseen, *model.unseen(condition)),
            replaced=prompt.replaced,
            context=context,
            asked=asked(said.tokens, len(prompt.tokens), condition),
        )

    def keywords(self, corpus: Corpus, text: str, most: int = 3) -> list[str]:
        """The rarest words of a text that were said here: what an answer to it may be about.

        Rarest first; none when none of them was said. Raises EmptyCorpus.
        """
        return self._speaker(corpus).steering.keywords(text, most)

    def sources(self, corpus: Corpus, text: str, *, least: int = 3, most: int = 5) -> list[Span]:
        """Where a text comes from: its `most` longest spans, of `least` words and more, that one document holds.

        Each says which characters of the text it is, in which documents it stands (ids, the latest first, ten
        at most), in how many in all, and by how many authors. Of any text, at any time: nothing is kept for
        it. Raises EmptyCorpus.
        """
        return self._speaker(corpus).sources(text, least, most)

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
        pieces: bool = False,
    ) -> Candidates:
        """The likeliest next tokens after a prompt, with `pieces` what each is made of.

        Raises EmptyCorpus, InvalidArgument.
        """
        return rank(self.model(corpus, unit, order, smoothing), prompt, top, temperature, pieces=pieces)

    def pick(
        self,
        corpus: Corpus,
        prompt: str,
        *,
        unit: str = "words",
        order: int | None = None,
        smoothing: str = DEFAULT_SMOOTHING,
        temperature: float = 1.0,
        seed: int | None = None,
    ) -> Candidate:
        """One next token, drawn with its probability; raises EmptyCorpus, InvalidArgument."""
        rng = np.random.default_rng(self._draw_seed() if seed is None else seed % 2**64)
        return pick(self.model(corpus, unit, order, smoothing), prompt, temperature, rng)

    def explain(
        self,
        corpus: Corpus,
        text: str,
        *,
        unit: str = "words",
        order: int | None = None,
        smoothing: str = DEFAULT_SMOOTHING,
        first: int = 0,
        most: int | None = None,
    ) -> list[Step]:
        """A text token by token, its end too, and what the model makes of each.

        Of a long text perhaps `most` tokens only, from the `first` on. Raises EmptyCorpus, InvalidArgument.
        """
        return self.model(corpus, unit, order, smoothing).explain(text, first, most)

    # Models

    def model(
        self, corpus: Corpus, unit: str = "words", order: int | None = None, smoothing: str = DEFAULT_SMOOTHING
    ) -> LanguageModel:
        """The model of a corpus, built now unless it is held already.

        Raises EmptyCorpus when the corpus has no documents, InvalidArgument for what cannot be a model.
        """
        self._follow()
        order = tokenizer(unit).default_order if order is None else order
        return self._models.get(ModelKey(corpus, unit, order, smoothing))

    def _speaker(
        self, corpus: Corpus, unit: str = "words", order: int | None = None, smoothing: str = DEFAULT_SMOOTHING
    ) -> LanguageModel:
        """The model that texts are drawn from."""
        return self.model(corpus, unit, speaking_order(unit, smoothing) if order is None else order, smoothing)

    def adopt(self, build: Build) -> None:
        """Keep the model that was built aside, unless its corpus was dropped meanwhile."""
        self._models.adopt(build)

    def abandon(self, build: Build) -> None:
        """Forget about a build that did not come to its end."""
        self._models.abandon(build)

    def drop_models(self) -> None:
        """Drop all models, so that what is asked next is read from the store."""
        self._models.clear()

    def held(self) -> tuple[int, int]:
        """How many models are held, and about how many bytes they take."""
        return len(self._models), self._models.nbytes

    def _follow(self) -> None:
        """Drop the models of corpora in which another process has forgotten something."""
        version = self._store.version()
        if version != self._version:
            for corpus in self._store.forgotten_since(self._version):
                self._models.drop(corpus)
            self._version = version

    def _skip_own_version(self) -> None:
        """After forgetting something ourselves: when only that was counted, there is nothing to follow."""
        if self._store.version() == self._version + 1:
            self._version += 1

    def close(self) -> None:
        """Drop the models and close the store."""
        self._models.clear()
        self._store.close()
