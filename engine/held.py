"""Models of corpora, built when asked for and kept within a memory budget."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice

from engine.building import Build, ModelKey, Unbuilt
from engine.errors import EmptyCorpus, NotLearned
from engine.model import LanguageModel
from engine.store import Corpus, Document

_HELD = 1.1
"""Bytes a process holds for each of its models' when many came and went: room that one left is not all used again."""


class Models:
    """The models that are held, and those that are being built aside.

    The least recently used leave first when all together hold more than `budget` bytes. A corpus'
    documents, in the order of their ids, come from `documents`. With `build_aside`, see `Engine`.
    """

    def __init__(
        self, documents: Callable[[Corpus], Iterator[Document]], budget: int, *, build_aside: bool = False
    ) -> None:
        self.budget = budget
        self._documents = documents
        self._build_aside = build_aside
        self._models: OrderedDict[ModelKey, LanguageModel] = OrderedDict()
        self._bytes: dict[ModelKey, int] = {}
        self._builds: dict[ModelKey, Build] = {}

    def __len__(self) -> int:
        return len(self._models)

    def __iter__(self) -> Iterator[ModelKey]:
        """Least recently used first."""
        return iter(self._models)

    @property
    def nbytes(self) -> int:
        """About how many bytes the process holds for the models."""
        return sum(map(self._bytes.__getitem__, self._models))

    def get(self, key: ModelKey) -> LanguageModel:
        """A model, built now unless it is held; raises EmptyCorpus, Unbuilt, InvalidArgument."""
        model = self._models.pop(key, None) or self._build(key)
        if not model.documents:
            self._bytes.pop(key, None)
            raise EmptyCorpus("Nothing has been learned here yet; learn some messages first.")
        before = list(islice(reversed(self._models), 1))  # it may have grown by what it was asked
        self._models[key] = model
        self._keep_to_budget(key, *before)
        return model

    def _build(self, key: ModelKey) -> LanguageModel:
        build = self._builds.get(key) or Build(key, self._documents(key.corpus))
        if self._build_aside and not build.small:
            self._builds[key] = build
            raise Unbuilt(build)
        build.learn_from(build.read)
        return build.model

    def adopt(self, build: Build) -> None:
        """Keep the model that was built aside, unless its corpus was dropped meanwhile."""
        if self._builds.get(build.key) is build:
            del self._builds[build.key]
            try:
                self._models[build.key] = build.finish()
            except NotLearned:  # another process wrote here: the next question builds anew
                return
            self._keep_to_budget(build.key)

    def abandon(self, build: Build) -> None:
        """Forget about a build that did not come to its end."""
        if self._builds.get(build.key) is build:
            del self._builds[build.key]

    def fold(self, corpus: Corpus, old: list[Document], new: list[Document]) -> None:
        """Have all that follows a corpus follow a change that is stored already."""
        following: list[tuple[ModelKey, LanguageModel | Build]] = [*self._models.items(), *self._builds.items()]
        try:
            for model in [model for key, model in following if key.corpus == corpus]:
                model.unlearn(old)
                model.learn(new)
        except NotLearned:  # another process wrote here, of which these models have not heard
            self.drop(corpus)
        else:
            self._keep_to_budget(*(key for key in self._models if key.corpus == corpus))

    def drop(self, corpus: Corpus) -> None:
        """Drop all that follows a corpus."""
        for key in [key for key in self._models if key.corpus == corpus]:
            del self._models[key], self._bytes[key]
        for key in [key for key in self._builds if key.corpus == corpus]:
            del self._builds[key]

    def clear(self) -> None:
        """Drop everything."""
        self._models.clear()
        self._bytes.clear()
        self._builds.clear()

    def _keep_to_budget(self, *changed: ModelKey) -> None:
        """Drop least recently used models, never the latest, until the rest fits; only these may have grown."""
        self._bytes.update((key, int(_HELD * self._models[key].nbytes)) for key in changed)
        held = self.nbytes
        while held > self.budget and len(self._models) > 1:
            oldest, _ = self._models.popitem(last=False)
            held -= self._bytes.pop(oldest)
