"""What may not be said in one text: copies of one document (see `originality`), what one person only said.

And a line end may neither begin a text nor end it, where it is no text and would be taken for nothing.

Asked token by token, it answers at once for tokens that are words: the others have their share. A word
that is spelled in characters is known only when it is complete; if it may not be said, the text goes back
to where the word began (`Back`), and other words are drawn. Where that happens again and again, the word
there may not begin with that character any more: so it always ends.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.authors import TokensOfOne
from engine.originality import Guard
from engine.spelled import WordsOfOne, words_of
from engine.vocabulary import FIRST_WORD, Vocabulary

_LINE_ENDS = ("\n", "\n\n")
_PATIENCE = 4  # how often other words are drawn at a place before one beginning is barred there


class Back(Exception):
    """What was drawn cannot stay: go on from these ids. For programs, never shown to people."""

    def __init__(self, ids: list[int]) -> None:
        super().__init__("a word that was spelled cannot stay")
        self.ids = ids


class Veto:
    """Watches over one text as it is drawn; tokens may be taken back at any time."""

    def __init__(
        self,
        guard: Guard | None,
        of_one: TokensOfOne | WordsOfOne,
        vocabulary: Vocabulary,
        typed: Mapping[int, str],
    ) -> None:
        """typed: the tokens that the asker typed, by place: they may be said again; more may come in later."""
        self._guard = guard
        self._typed = typed
        self._tokens = of_one if isinstance(of_one, TokensOfOne) and of_one.rule else None
        self._spelled = _Spelled(of_one, vocabulary, typed) if isinstance(of_one, WordsOfOne) and of_one.rule else None
        self._vocabulary = vocabulary
        self._may = {vocabulary.id(token) for token in typed.values()}
        self._line_ends = {vocabulary.index[token] for token in _LINE_ENDS if token in vocabulary.index}
        self._times: dict[int, int] = {}  # how often the text went back to a place
        self._barred: set[tuple[int, int]] = set()  # what may not stand at a place

    @property
    def watches(self) -> bool:
        """Whether anything at all is ever forbidden."""
        return bool(self._guard or self._tokens or self._spelled or self._line_ends)

    def withheld_after(self, ids: Sequence[int]) -> NDArray[np.bool_] | None:
        """(V,) the tokens that one person only said, as far as they could come next; None where there are none.

        What was typed is shown no more than anything else; only a word that was spelled may end. All of them where
        `hides` has it so.
        """
        if self.hides(ids):
            return np.ones(len(self._vocabulary), np.bool_)
        if self._spelled is None:
            return self._tokens.mask(self._vocabulary) if self._tokens else None
        spelled = self._spelled
        refused = [spelled.refuses(ids, id) is not None for id in self._vocabulary.live.tolist()[FIRST_WORD:]]
        return np.array([spelled.refuses_end(ids) is not None, False, *refused])

    def hides(self, ids: Sequence[int]) -> bool:
        """Whether these end in the beginning of a word that no two people said, be it one's or nobody's.

        What follows, how often, and what is missing there would tell the two apart, and so a word could be found
        character by character.
        """
        return self._spelled is not None and not self._spelled.is_shared(ids)

    def withheld(self) -> NDArray[np.bool_] | None:
        """(V,) the tokens that are forbidden anywhere in this text, in canonical order; None where there are none."""
        if self._tokens is None:
            return None
        mask = self._tokens.mask(self._vocabulary)
        mask[[self._vocabulary.places[id] for id in self._may]] = False
        return mask

    def forbids(self, ids: Sequence[int], id: int) -> bool:
        """Whether a token may not come after these; raises Back where the word before it cannot stay."""
        if self._tokens and id not in self._may and len(ids) not in self._typed and self._tokens.withholds(id):
            return True
        if (len(ids), id) in self._barred or (id in self._line_ends and not ids):
            return True
        for part in (self._spelled, self._guard):
            back = part.refuses(ids, id) if part else None
            if back == len(ids):
                return True
            if back is not None:
                raise self._back(ids, back)
        return False

    def check_end(self, ids: Sequence[int]) -> None:
        """Raise Back if a text may not end here: a word that was spelled can be in the way, or a line end."""
        last = len(ids) - 1
        if ids and ids[last] in self._line_ends and last not in self._typed:
            raise self._back(ids, last)
        for part in (self._spelled, self._guard):
            back = part.refuses_end(ids) if part else None
            if back is not None:
                raise self._back(ids, back)

    def _back(self, ids: Sequence[int], place: int) -> Back:
        """Back to a place; what was typed after it stays."""
        while place in self._typed:
            place += 1
        self._times[place] = self._times.get(place, 0) + 1
        self._barred = {(at, id) for at, id in self._barred if at <= place}
        if self._times[place] % _PATIENCE == 0 and place < len(ids):
            self._barred.add((place, ids[place]))
        return Back(list(ids[:place]))


class _Spelled:
    """The words of one text that is spelled in characters."""

    def __init__(self, of_one: WordsOfOne, vocabulary: Vocabulary, typed: Mapping[int, str]) -> None:
        self._of_one = of_one
        self._vocabulary = vocabulary
        self._typed = typed
        self._may = words_of("".join(typed.values()))
        self._longest = max(map(len, [*self._may, ""]))

    def refuses(self, ids: Sequence[int], id: int) -> int | None:
        """Where a text has to go back to if this character comes next; its end, if the character may not come."""
        word = words_of(self._vocabulary.token(id))
        if not word:
            return self.refuses_end(ids)
        beginning = self._word_at_end(ids) + word[-1]
        if any(may.startswith(beginning) for may in self._may):
            return None
        return len(ids) if self._of_one.withholds_beginning(beginning) else None

    def refuses_end(self, ids: Sequence[int]) -> int | None:
        """Where a text has to go back to if its last word ends here."""
        word = self._word_at_end(ids)
        if word and word not in self._may and self._of_one.withholds(word):
            return len(ids) - len(word)
        return None

    def is_shared(self, ids: Sequence[int]) -> bool:
        """Whether the last word so far is how one begins that two people said; no word at all is."""
        word = self._word_at_end(ids)
        return not word or self._of_one.is_shared(word)

    def _word_at_end(self, ids: Sequence[int]) -> str:
        """The last word so far; of one that is longer than any that is known, an end that is longer too."""
        place, word, longest = len(ids), "", max(self._longest, self._of_one.longest)
        while place and len(word) <= longest:
            place -= 1
            character = self._typed.get(place) or self._vocabulary.token(ids[place])
            if not words_of(character):
                break
            word = character + word
        return "".join(words_of(word))
