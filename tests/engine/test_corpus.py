"""Text files read as messages."""

from pathlib import Path

import pytest

from engine import BadCorpus, Document, read_corpus


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "corpus.txt"


def test_one_message_a_line(file: Path) -> None:
    """Blank lines are passed over; only line ends end a line; a byte-order mark and CR are no text."""
    file.write_bytes("\ufeffone\r\n\n  \ntwo\u2028still two\nthree".encode())
    corpus = read_corpus(file)
    assert corpus.documents == (Document(1, "one"), Document(2, "two\u2028still two"), Document(3, "three"))
    assert corpus.authors == ()
    assert corpus.characters == len("one\r\n\n  \ntwo_still two\nthree")


def test_a_header_promises_authors(file: Path) -> None:
    """Authors are numbered as they first speak."""
    file.write_text("author\ttext\nmags\tFog.\npip\tlol\nmags\ta\tb\n")
    corpus = read_corpus(file)
    assert corpus.authors == ("mags", "pip")
    assert [(d.author, d.text) for d in corpus.documents] == [(1, "Fog."), (2, "lol"), (1, "a\tb")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_who_said_it_is_no_text(file: Path, end: str) -> None:
    """Of a file with two columns the same characters count as of the file with the texts alone."""
    file.write_bytes(end.join(["author\ttext", "mags\tFog.", "", "pip\tlol", "mags\ta\tb", ""]).encode())
    alone = file.with_name("alone.txt")
    alone.write_bytes(end.join(["Fog.", "", "lol", "a\tb", ""]).encode())
    assert read_corpus(file).characters == read_corpus(alone).characters


def test_harbour_is_a_town_of_many_voices(corpora: Path) -> None:
    """The bundled chat has 1,500 messages or more, by a dozen people who all talk a good deal."""
    corpus = read_corpus(corpora / "harbour.txt")
    spoken = [sum(d.author == i + 1 for d in corpus.documents) for i in range(len(corpus.authors))]
    assert len(corpus.documents) >= 1500
    assert len(spoken) >= 12
    assert min(spoken) >= 50


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "holds no message"),
        (b"\n \n", "holds no message"),
        (b"author\ttext\n", "holds no message"),
        (b"fine\n\xff\xfe\n", r"not UTF-8 text \(byte 5 is 0xff\)"),
        (b"PNG\0\0\0", "binary file"),
        (b"author\ttext\nmags Fog.\n", "line 2, has no tab"),
        (b"author\ttext\nmags\t\n", "line 2, has no tab"),
    ],
)
def test_what_is_no_corpus_is_said_in_a_sentence(file: Path, data: bytes, sentence: str) -> None:
    """The error names the file, what was found and what was expected."""
    file.write_bytes(data)
    with pytest.raises(BadCorpus, match=sentence) as error:
        read_corpus(file)
    assert str(file) in str(error.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    for path in (tmp_path / "nothing.txt", tmp_path):
        with pytest.raises(BadCorpus, match=r"cannot be read \("):
            read_corpus(path)
