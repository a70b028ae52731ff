"""The rule of two: what one person only has said is said again, and shown, to nobody.

Where four authors or more speak, a word that fewer than two of them said is withheld. That keeps in
names, numbers and secrets, and costs little: such words are more than half of a vocabulary, and an
eighth of what is said. Where one to three speak the rule would leave nothing, and what one of them
said the others have read; there only what looks like a secret is withheld, as long as it stands in one
document only. Where no author is known, as in a text file, nothing is.

Whoever said something is a *voice* here: an author, or (of one to three) a document.
"""

import re

import numpy as np
from numpy.typing import NDArray

ENOUGH = 4
"""How many authors a corpus needs for words of one of them to be withheld."""
NOBODY, MANY = 0, -1
"""What stands in place of a voice: none so far, and so many that all may hear it."""

_LONG = 20  # characters, of so many different ones, that nobody says by heart
_VARIED = 12
_SPELLED = 3  # letters and digits with a digit among them
_MIXED = re.compile(r"[a-z][A-Z].*[a-z][A-Z]")


class Voices:
    """Who is heard in a corpus, one document after the other."""

    def __init__(self, authors: NDArray[np.int64]) -> None:
        """authors: (documents,) who wrote each, 0 where nobody knows."""
        self._known = set(authors.tolist()) - {NOBODY}
        self._documents = len(authors)
        self.by_author = len(self._known) >= ENOUGH
        self.of_documents = authors if self.by_author else np.arange(1, len(authors) + 1)
        """(documents,) int64: the voice of each."""

    @property
    def rule(self) -> bool:
        """Whether anything is withheld here."""
        return bool(self._known)

    def of_next(self, author: int) -> int | None:
        """The voice of one more document; None if with it another rule holds, and all is to be counted anew."""
        if author != NOBODY and author not in self._known:
            self._known.add(author)
            if len(self._known) in (1, ENOUGH):
                return None
        self._documents += 1
        return author if self.by_author else self._documents

    def may_matter(self, word: str) -> bool:
        """Whether a word is withheld when one voice only said it; punctuation and emoji never are."""
        if self.by_author:
            return word.isalnum() or any(map(str.isalnum, word))
        return looks_secret(word)


def heard(before: int, voice: int) -> int:
    """Who said something, NOBODY, MANY or a voice, once another voice says it."""
    if voice == NOBODY or before == MANY:
        return before
    return voice if before in (NOBODY, voice) else MANY


def looks_secret(word: str) -> bool:
    """Whether a word looks like a code or a key: with a digit, with capitals in its midst, or long and varied."""
    if any(map(str.isdigit, word)):
        return sum(map(str.isalnum, word)) >= _SPELLED
    return bool(_MIXED.search(word)) or (len(word) >= _LONG and len(set(word)) >= _VARIED)
