"""A text file read as documents.

One a line, UTF-8, blank lines passed over. A file whose first line is `author<TAB>text` has
two columns: who said it, and what. Documents are numbered from 1 in the order of the file, authors
from 1 in the order they first speak (0 where the file names none).
"""

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from engine.errors import BadCorpus, shortened
from engine.store import Document

HEADER = "author\ttext"


@dataclass(frozen=True, slots=True)
class TextCorpus:
    """What a file holds: `authors[document.author - 1]` is the name of who wrote a document."""

    documents: tuple[Document, ...]
    authors: tuple[str, ...]
    characters: int
    """Code points in the file, line ends counted; of two columns those of the texts alone."""


def read_corpus(path: str | Path) -> TextCorpus:
    """Read a file of documents.

    Raises BadCorpus when it is missing, not UTF-8 text, empty, or lacks a column its header promises.
    """
    content, name = _read_text(path), _named(path)
    lines = [line.removesuffix("\r") for line in content.split("\n")]
    has_authors = lines[0] == HEADER
    characters = len(content) - (content.find("\n") + 1 if has_authors else 0)
    authors: dict[str, int] = {}
    documents: list[Document] = []
    for number, line in enumerate(lines[1:] if has_authors else lines, start=2 if has_authors else 1):
        if not line.strip():
            continue
        author, text = 0, line
        if has_authors:
            who, tab, text = line.partition("\t")
            if not (tab and who and text.strip()):
                raise BadCorpus(
                    f"{name}, line {number}, has no tab between an author and a text, which the first "
                    "line promises; give it both columns."
                )
            author = authors.setdefault(who, len(authors) + 1)
            characters -= len(who) + len(tab)
        documents.append(Document(len(documents) + 1, text, author))
    if not documents:
        raise BadCorpus(f"{name} holds no message; it needs at least one line of text.")
    return TextCorpus(tuple(documents), tuple(authors), characters)


def read_shipped(name: str) -> TextCorpus:
    """Read one of the corpora that ship with the code."""
    with as_file(files("corpora").joinpath(name)) as path:
        return read_corpus(path)


def _read_text(path: str | Path) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise BadCorpus(
            f"{_named(path)} cannot be read ({error.strerror}); name a text file, one message a line."
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadCorpus(
            f"{_named(path)} is not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x}); "
            "name a text file, one message a line, saved as UTF-8."
        ) from error
    if "\0" in text:
        raise BadCorpus(f"{_named(path)} is a binary file; name a text file, one message a line, saved as UTF-8.")
    return text


def _named(path: str | Path) -> str:
    return shortened(str(path))
