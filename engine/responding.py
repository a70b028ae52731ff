"""An answer to a text: a new one that has to do with it.

What a text is about are its rarest words that were said before in the corpus (`Engine.keywords`). The answer
holds the rarest and leans to what goes with all of them; where no text can, it leans only; and where nothing
goes with them, or none was ever said here, it is whatever comes.
"""

from collections.abc import Callable

from engine.answers import Generation
from engine.conditions import ANYTHING, Condition
from engine.dials import MAX_COPY
from engine.engine import Engine
from engine.errors import InvalidArgument
from engine.store import Corpus


def respond(
    engine: Engine,
    corpus: Corpus,
    to: str,
    *,
    unsaid: Callable[[str], bool] = lambda word: False,
    max_copy: int = MAX_COPY,
    seed: int | None = None,
) -> Generation:
    """A new text of this corpus in answer to another one, about none of the words that are to stay `unsaid`.

    Raises EmptyCorpus.
    """
    about = [word for word in engine.keywords(corpus, to) if not unsaid(word)]
    topic = " ".join(about)
    wishes = [Condition(containing=(about[0],), about=topic), Condition(about=topic)] if about else []
    for wish in wishes:
        try:
            return engine.generate(corpus, condition=wish, max_copy=max_copy, seed=seed)
        except InvalidArgument:
            continue
    return engine.generate(corpus, condition=ANYTHING, max_copy=max_copy, seed=seed)
