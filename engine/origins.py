"""Where runs of words come from: an index of the documents, made when it is first asked for."""

from collections.abc import Iterable

from engine.history import History
from engine.runs import Runs
from engine.sources import Documents, Span, spans
from engine.tokenizer import Tokenizer
from engine.transcript import transcribe
from engine.vocabulary import Vocabulary
from engine.words import numbers


class Origins:
    """Follows the documents of a history once something was asked. It holds no text."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._runs: Runs | None = None
        self._documents: Documents | None = None

    @property
    def nbytes(self) -> int:
        """About how many bytes the index takes."""
        documents = self._documents.nbytes if self._documents else 0
        return documents + (self._runs.nbytes if self._runs else 0)

    def fold(self, tokens: Iterable[str], author: int, step: int) -> None:
        """Follow one document, learned (step 1) or unlearned (step -1)."""
        self._documents = None
        if self._runs:
            self._runs.fold(numbers(self._tokenizer.decode(tokens)), author, step)

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
