"""What can go wrong, as a tree. Every message is a sentence a person can act on.

    EngineError
    ├── InvalidArgument   (also ValueError)  a value outside what is possible: order 0, temperature -1
    ├── BadCorpus         a text file that cannot be read as documents
    ├── EmptyCorpus       nothing has been learned, so there is nothing to say
    ├── UnseenContext     smoothing "none" was asked about a context it never saw
    ├── NotLearned        unlearning a document that was never learned; nothing was changed
    └── StoreError        the database could not be used
        ├── NotADatabase      the file is something else
        └── NewerSchema       written by a newer version of this software

A message says what was found, what was expected and what to do next. It never holds text that
people wrote beyond the argument it complains about, and of a long one no more than its beginning.
"""

LONGEST = 200
"""Characters of a value that a sentence quotes."""


def shortened(text: str) -> str:
    """A text that fits into a sentence: all of it, or its beginning."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class EngineError(Exception):
    """Base of everything the engine raises on purpose; `str(error)` is one sentence for people.

    `sentence` is the same before its `values` are put in, so that it can be said in other languages too.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        values = {name: shortened(value) if isinstance(value, str) else value for name, value in values.items()}
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence = sentence if values else sentence.replace("{", "{{").replace("}", "}}")
        self.values = values


class InvalidArgument(EngineError, ValueError):
    """An argument outside what is possible."""


class BadCorpus(EngineError):
    """A text file that cannot be read as documents."""


class EmptyCorpus(EngineError):
    """Nothing has been learned, so there is nothing to predict or say."""


class UnseenContext(EngineError):
    """Smoothing "none" has no prediction after a context it never saw."""


class NotLearned(EngineError):
    """A document that was never learned cannot be unlearned; nothing was changed."""


class StoreError(EngineError):
    """The database could not be opened, read or written."""


class NotADatabase(StoreError):
    """The file is not a database of ours."""


class NewerSchema(StoreError):
    """The database was written by a newer version of this software."""
