"""A prompt as a model reads it: tokens it knows, and tokens it does not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.errors import InvalidArgument
from engine.vocabulary import UNKNOWN, Vocabulary


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text as a model reads it."""

    tokens: list[str]
    """The tokens, with known capitalisation where only another one was learned."""
    ids: list[int]
    unseen: tuple[str, ...]
    """Tokens that were never learned."""
    replaced: tuple[tuple[str, str], ...]
    """(as asked, as read) for tokens known in another capitalisation only."""

    def check_fits(self, length: int | None) -> None:
        """Raise InvalidArgument where a text of so many tokens has no room for it; None is room enough."""
        least = max(1, len(self.ids))
        if length is not None and length < least:
            raise InvalidArgument(
                "The length is {length} and the start alone has {begun} tokens; ask for a length of {least} or more.",
                length=length,
                begun=len(self.ids),
                least=least,
            )

    def hidden(self) -> "Prompt":
        """The same, read as if none of it had ever been learned."""
        return replace(self, ids=[UNKNOWN] * len(self.ids))


def read_prompt(asked: Sequence[str], vocabulary: Vocabulary) -> Prompt:
    """How these tokens are read by who knows this vocabulary."""
    index = vocabulary.index
    tokens = list(asked)
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
