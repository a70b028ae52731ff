"""A text that may be said: drawn, and drawn again as long as it holds a word of the server's filter."""

from collections.abc import Callable
from typing import Any

from bot.answering import Refusal
from bot.choices import Choices
from bot.language import _
from bot.service import Service
from engine import Corpus, Generation

DRAWS = 25
"""How often a text is drawn before giving up."""
LAST_SEED = 2**53


async def draw(
    service: Service,
    choices: Choices,
    corpus: Corpus,
    verb: Callable[..., Generation],
    *,
    typed: str = "",
    seed: int | None = None,
    **options: Any,
) -> Generation:
    """A new text without a word that may not be said here; the seeds after a given one are those that follow it.

    It copies no more from one message than may be copied in this channel. The first call is put in line before
    anything is waited for, as `Service.do` has it. Raises Refusal when there is none, or when what was typed
    holds such a word already.
    """
    words = choices.words(corpus.space)
    if words.finds(typed):
        raise Refusal(_("You typed a word that may not be said on this server. Ask for something else."))
    options["max_copy"] = choices.max_copy(corpus)
    for number in range(DRAWS):
        this = None if seed is None else (seed + number) % LAST_SEED
        generation = await service.do(verb, corpus, seed=this, **options)
        if not words.finds(generation.text):
            return generation
    raise Refusal(
        _(
            "Each of {number} texts I drew held a word that may not be said on this server. "
            "Try again, with another start or a higher temperature.",
            number=DRAWS,
        )
    )
