"""Which tokens of a text were typed by whoever asked for it: in a button's id, and in the text. Pure."""

from collections.abc import Collection, Sequence

from engine import Span, join, tokens, word_starts


def coded(places: Sequence[int], most: int) -> str:
    """These places, ascending, in at most so many characters: how many at the start, then "7" or "9-12" for others.

    What does not fit is left out.
    """
    runs: list[list[int]] = [[0, -1]]
    for place in places:
        if place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    (_, begun), *others = runs
    code = str(begun + 1)
    for first, last in others:
        more = f".{first}" if first == last else f".{first}-{last}"
        if len(code) + len(more) > most:
            break
        code += more
    return code


def places(code: str) -> set[int]:
    """The inverse of `coded`."""
    begun, *others = code.split(".")
    found = set(range(int(begun)))
    for run in others:
        first, _, last = run.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def typed_words(text: str, unit: str, typed: Collection[int]) -> list[int]:
    """The characters at which words begin that were typed."""
    found, at = set[int](), 0
    for place, token in enumerate(tokens(text, unit)):
        body = join([token], unit)
        begin = max(text.find(body, at), at)
        at = begin + len(body)
        if place in typed:
            found.update(range(begin, at))
    return [start for start in word_starts(text) if start in found]


def not_all_typed(spans: Sequence[Span], begins: Sequence[int], most: int) -> list[Span]:
    """Those spans with the most words that were not typed, the most first; none that was typed as a whole."""
    others = {span: span.words - typed_of(span, begins) for span in spans}
    return sorted((span for span in spans if others[span] > 0), key=lambda span: -others[span])[:most]


def typed_of(span: Span, begins: Sequence[int]) -> int:
    """How many words of a span begin at one of these characters."""
    return sum(span.start <= begin < span.end for begin in begins)
