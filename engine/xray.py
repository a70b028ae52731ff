"""Bars cut into the pieces of a probability, and a walk printed with them, for any fixed-width font."""

from collections.abc import Iterable, Sequence

from engine.bars import columns
from engine.explaining import Step
from engine.pieces import SOURCES, Piece
from engine.sources import Span
from engine.tokenizer import show, tokenizer
from engine.vocabulary import BEGIN_TOKEN

Kind = tuple[str, int]
"""A source, and the number of tokens of its context."""

_CONTEXTS = "█▓▒░▙▜▚▞▖▗"
_NO_CONTEXT = "·"
_OTHERS = {"word": "▘", "lately": "▄", "gap": "▌", "background": "▂", "other": "▝"}
_NOUNS = {"words": "word", "characters": "character", "whitespace": "token"}
_WIDTH = 32


def kind(piece: Piece) -> Kind:
    """What the pieces of one mark have in common."""
    return piece.source, len(piece.context)


def kinds(shown: Iterable[Sequence[Piece]]) -> list[Kind]:
    """All kinds in these, contexts first, the longest first."""
    found = {kind(piece) for pieces in shown for piece in pieces}
    return sorted(found, key=lambda kind: (SOURCES.index(kind[0]), -kind[1]))


def marks(order: int, shown: Iterable[Sequence[Piece]] = ()) -> dict[Kind, str]:
    """A character for each kind that a model of this order has, or that is shown: the longest context is the darkest.

    So a kind keeps its mark from one distribution to the next.
    """
    lengths = {length for source, length in kinds(shown) if source == "context"}
    longest_first = sorted(lengths.union(range(1, order)) - {0}, reverse=True)
    drawn = {("context", length): _CONTEXTS[min(i, len(_CONTEXTS) - 1)] for i, length in enumerate(longest_first)}
    return {**drawn, ("context", 0): _NO_CONTEXT, **{(source, 0): mark for source, mark in _OTHERS.items()}}


def cut_bar(share: float, pieces: Sequence[Piece], width: int, marks: dict[Kind, str]) -> str:
    """A bar of `share` (0 to 1) of `width` columns, cut in proportion to the pieces; never empty above 0."""
    length = max(1, round(share * width)) if share > 0 else 0
    each = columns([piece.probability for piece in pieces], length)
    return "".join(marks[kind(piece)] * part for piece, part in zip(pieces, each, strict=True))


def table(steps: Sequence[Step], unit: str, order: int) -> str:
    """A walk, a line a token: probability, bar, rank, and what added the most; then the meaning of the marks."""
    shown = [step.pieces for step in steps]
    drawn = marks(order, shown)
    widest = max(len(show(step.token)) for step in steps)
    bars = [cut_bar(step.probability, step.pieces, _WIDTH, drawn) for step in steps]
    lines = []
    for step, bar in zip(steps, bars, strict=True):
        rank = f"#{step.rank}" if step.rank else "never"
        why = _reason(step.main, unit) if step.main else "impossible here"
        why += "" if step.known else " (never learned: any unknown token)"
        lines.append(f"{show(step.token):>{widest}}  {step.probability:6.1%} {bar:<{_WIDTH}} {rank:>6}  {why}")
    legend = "   ".join(f"{drawn[kind]} {_name(kind, unit)}" for kind in kinds(shown) if drawn[kind] in "".join(bars))
    return "\n".join([*lines, "", legend, _surprise(steps)])


def originality(spans: Sequence[Span], text: str) -> str:
    """How much of a text stands in one document just so."""
    if not spans:
        return "no three words in a row of it stand in any one message"
    longest = spans[0]
    quote = " ".join(text[longest.start : longest.end].split())
    by = f" of {longest.authors} authors" if longest.authors else ""
    return f"longest span of one message: “{quote}”, {longest.words} words, in {longest.times}{by}"


def as_json(steps: Sequence[Step], spans: Sequence[Span], text: str) -> dict[str, object]:
    """A walk for programs, and the spans of the text that stand in one document."""
    return {
        "tokens": [
            {
                "token": step.token,
                "known": step.known,
                "probability": step.probability,
                "rank": step.rank,
                "pieces": [piece._asdict() for piece in step.pieces],
            }
            for step in steps
        ],
        "bits": sum(step.bits for step in steps) if all(step.rank for step in steps) else None,
        "spans": [
            {
                "text": text[span.start : span.end],
                "words": span.words,
                "documents": span.documents,
                "times": span.times,
                "authors": span.authors,
            }
            for span in spans
        ],
    }


def _reason(piece: Piece, unit: str) -> str:
    """What a piece looked at, as people may read it."""
    if piece.source != "context":
        return _name(kind(piece), unit)
    said = [token for token in piece.context if token != BEGIN_TOKEN]
    text = f"“{tokenizer(unit).decode(said)}”".replace("\n", "↵")
    if len(said) < len(piece.context):
        return f"beginning with {text}" if said else "beginning"
    return f"after {text}" if said else "no context"


def _name(kind: Kind, unit: str) -> str:
    """A kind as people may read it: 3 words, no context, said lately."""
    source, length = kind
    if source == "context":
        return f"{length} {_NOUNS[unit]}{'' if length == 1 else 's'}" if length else "no context"
    return {"word": "the words", "lately": "said lately", "gap": "with a gap"}.get(source, source)


def _surprise(steps: Sequence[Step]) -> str:
    impossible = sum(not step.rank for step in steps)
    if impossible:
        return f"{len(steps)} tokens, the end counted, of which {impossible} cannot stand there"
    bits = sum(step.bits for step in steps)
    return f"{len(steps)} tokens, the end counted: {bits:.1f} bits, perplexity {2 ** (bits / len(steps)):,.1f}"
