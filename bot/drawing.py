"""A text that may be said: drawn, and drawn again as long as it holds a word of the server's filter."""

from typing import Any

from bot.answering import Refusal
from bot.choices import Choices
from bot.service import Service
from engine import Corpus, Engine, Generation

DRAWS = 25
"""How often a text is drawn before giving up."""
LAST_SEED = 2**53


async def draw(
    service: Service, choices: Choices, corpus: Corpus, *, start: str = "", seed: int | None = None, **options: Any
) -> Generation:
    """A new text without a word that may not be said here; the seeds after a given one are those that follow it.

    It copies no more from one message than may be copied in this channel.
    Raises Refusal when there is none, or when its start holds such a word already.
    """
    words = choices.words(corpus.space)
    if words.finds(start):
        raise Refusal("The start holds a word that may not be said on this server. Choose another start.")
    options["max_copy"] = choices.max_copy(corpus)
    for number in range(DRAWS):
        this = None if seed is None else (seed + number) % LAST_SEED
        generation = await service.do(Engine.generate, corpus, start=start, seed=this, **options)
        if not words.finds(generation.text):
            return generation
    raise Refusal(
        f"Each of {DRAWS} texts I drew held a word that may not be said on this server. "
        "Try again, with another start or a higher temperature."
    )
