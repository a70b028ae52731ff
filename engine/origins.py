"""What tells whether a text is a copy, where it comes from, and what one person only said.

All of it is made from the documents when it is first asked for, and follows them from then on.
"""

from collections.abc import Sequence

from engine.authors import TokensOfOne
from engine.history import History
from engine.runs import Runs
from engine.sources import Documents, Span, spans
from engine.spelled import WordsOfOne
from engine.tokenizer import Tokenizer
from engine.transcript import transcribe, written_out
from engine.vocabulary import Vocabulary
from engine.words import numbers


class Origins:
    """What follows the documents of a history; of characters it holds the words."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._runs: Runs | None = None
        self._documents: Documents | None = None
        self._of_one: TokensOfOne | WordsOfOne | None = None

    @property
    def nbytes(self) -> int:
        """About how many bytes the index takes."""
        return sum(part.nbytes for part in (self._runs, self._documents, self._of_one) if part)

    def fold(self, ids: Sequence[int], tokens: Sequence[str], author: int, step: int) -> None:
        """Follow one document, learned (step 1) or unlearned (step -1): its ids and tokens."""
        self._documents = None
        if step < 0 or not self._learned(ids, tokens, author):
            self._of_one = None
        if self._runs:
            self._runs.fold(numbers(self._tokenizer.decode(tokens)), author, step)

    def _learned(self, ids: Sequence[int], tokens: Sequence[str], author: int) -> bool:
        if isinstance(self._of_one, TokensOfOne):
            return self._of_one.learn(ids, tokens, author)
        return self._of_one is not None and self._of_one.learn(self._tokenizer.decode(tokens), author)

    def renumber(self) -> None:
        """Follow new ids of the tokens."""
        if isinstance(self._of_one, TokensOfOne):
            self._of_one = None

    def of_one(self, history: History, vocabulary: Vocabulary) -> TokensOfOne | WordsOfOne:
        """What one person only said; counted anew after something was unlearned: 50 ms a million tokens."""
        if self._of_one is None:
            text, authors = history.text(), history.authors
            if self._tokenizer.unit == "characters":
                self._of_one = WordsOfOne(written_out(text, vocabulary, self._tokenizer), authors)
            else:
                self._of_one = TokensOfOne(text, authors, vocabulary)
        return self._of_one

    def runs(self, length: int, history: History, vocabulary: Vocabulary) -> Runs:
        """The index of runs of `length` words; of one length at a time. 0.2 s a million tokens, once."""
        if self._runs is None or self._runs.length != length or self._runs.outgrown:
            transcript = transcribe(history.text(), vocabulary, self._tokenizer)
            self._runs = Runs(length, transcript, history.authors)
        return self._runs

    def spans(self, text: str, history: History, vocabulary: Vocabulary, least: int, most: int) -> list[Span]:
        """The longest spans a text shares with one document (see `sources`)."""
        if self._documents is None:
            words = transcribe(history.text(), vocabulary, self._tokenizer).alone()
            self._documents = Documents(words, history.places, history.authors)
        return spans(text, self._documents, least, most)
