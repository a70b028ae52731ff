"""A next-token distribution as Discord text: bars in a code block, and below it what they rest on. Pure.

Lines stay within `WIDTH` columns, which a phone shows without wrapping. Columns are those of a
fixed-width font: an emoji or a Chinese character takes two, a combining mark none.
"""

import math
import unicodedata

from wcwidth import wcswidth, wcwidth

from bot.formatting import LIMIT, quoted
from bot.wordfilter import HIDDEN, WordFilter
from engine import Candidate, Candidates, bar, join, show

ANYTHING = WordFilter()
"""Nothing is forbidden."""
WIDTH = 46
_TOKEN, _BAR, _CHANCE, _SEEN = 13, 16, 6, 5
_ROUNDS_TO_ALL, _SMALLEST = 99.95, 0.05
"""Percentages from which one decimal would say 100.0, and below which it would say 0.0."""
_WIDEST_COUNT = 100_000
_MANY = 8
"""More choices than these, and more than half of all there are: wide open."""
_MARKS = 24
"""Most code points of a token: marks that take no column could fill a message."""
_FIRST_STRONG, _POP = "\u2068", "\u2069"
"""Isolate right-to-left text, which would turn the rest of its line around."""


def distribution(candidates: Candidates, words: WordFilter = ANYTHING) -> str:
    """The whole message; the least probable lines make room when it would be too long.

    What may not be said is hidden: tokens that hold one of the words, or would finish one begun in the prompt.
    """
    below = "\n".join(
        [
            answered_by(candidates),
            *readings(candidates),
            f"{sureness(candidates.entropy_bits, candidates.vocabulary)}.",
        ]
    )
    shown = list(candidates.candidates)
    while True:
        rest = remainder(shown, candidates.vocabulary)
        text = words.mask(f"{_block(candidates, shown, words)}\n{below}{rest}")
        if len(text) <= LIMIT or not shown:
            return text
        shown.pop()


def sayable(candidates: Candidates, token: str, words: WordFilter) -> bool:
    """Whether a token may be shown after this prompt."""
    if not words.words:
        return True
    before = join(candidates.prompt, candidates.unit)
    after = join([*candidates.prompt, token], candidates.unit)
    return not words.finds(token) and len(list(words.spans(after))) <= len(list(words.spans(before)))


def _block(candidates: Candidates, shown: list[Candidate], words: WordFilter) -> str:
    title = _end(" ".join(words.mask(join(candidates.prompt, candidates.unit)).split()), WIDTH - 2)
    head = f"{'next token':<{_TOKEN}} {'':<{_BAR}} {'chance':>{_CHANCE}} {'seen':>{_SEEN}}"
    lines = (
        _line(line, plain(line.token, candidates.unit) if sayable(candidates, line.token, words) else HIDDEN)
        for line in shown
    )
    return "\n".join(["```", f"{title} ▁", head, *lines, "```"])


def _line(candidate: Candidate, token: str) -> str:
    columns = _pad(_begin(token, _TOKEN), _TOKEN)
    drawn = bar(candidate.probability, _BAR)
    return f"{columns} {drawn:<{_BAR}} {chance(candidate.probability):>{_CHANCE}} {_count(candidate.count):>{_SEEN}}"


def chance(probability: float) -> str:
    """A probability as people read it: 41.2 %, and never 0 % for what is possible."""
    percent = 100 * probability
    if percent >= _ROUNDS_TO_ALL:
        return "100 %"
    return f"{percent:.1f} %" if percent >= _SMALLEST else f"<{2 * _SMALLEST:g} %"


def _count(count: int) -> str:
    return str(count) if count < _WIDEST_COUNT else f"{count // 1000}k"


def plain(token: str, unit: str = "words") -> str:
    """A token that can stand in a code block: no backtick, no control; blanks and line ends by name."""
    text = show(token, unit).replace("`", "ˋ").replace("\n", "↵")
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Cf") or c == "\u200d")
    text = text or "(invisible)"
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        text = f"{_FIRST_STRONG}{text}{_POP}"
    return text


def _columns(text: str) -> int:
    return max(wcswidth(text), 0)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _begin(text: str, width: int) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    if _columns(text) <= width and len(text) <= _MARKS:
        return text
    kept = ""
    for c in text:
        if _columns(kept + c) > width - 1 or len(kept) >= _MARKS - 2:
            break
        kept += c
    closing = _POP if kept.startswith(_FIRST_STRONG) else ""
    return f"{kept}{closing}…"


def _end(text: str, width: int) -> str:
    """The text, or as much of its end as fits: what comes next depends on the end."""
    text = text.replace("`", "ˋ")
    if _columns(text) <= width and len(text) <= 3 * width:
        return text
    kept: list[str] = []
    room = width - 1
    for c in reversed(text[-3 * width :]):
        room -= max(wcwidth(c), 0)
        if room < 0:
            break
        kept.append(c)
    return "…" + "".join(reversed(kept))


def answered_by(candidates: Candidates) -> str:
    """Which context answered, and how well it is known."""
    asked, known = len(candidates.prompt), len(candidates.context)
    times = "once" if candidates.context_count == 1 else f"{candidates.context_count:,} times"
    if not asked:
        return f"This is how messages begin, seen {times}."
    if not known:
        return "The end of this was never seen here, so this is how often tokens come at all."
    context = join(candidates.context, candidates.unit)
    if candidates.unit == "characters":
        context = context.replace(" ", "␣")
    said = "The last token, {}, was" if known == 1 else f"The last {known} tokens, {{}}, were"
    longer = "; with one more before, never" if known < min(asked, candidates.order - 1) else ""
    shorter = ""
    if any(candidate.count == 0 for candidate in candidates.candidates):
        shorter = " What was not seen after that is known from shorter contexts."
    return f"{said.format(quoted(context))} seen {times}{longer}.{shorter}"


def readings(candidates: Candidates) -> list[str]:
    """What of the prompt was unknown, or was read in other capitals."""
    lines = []
    if candidates.unseen:
        lines.append(f"Never seen here: {', '.join(quoted(show(token), 30) for token in candidates.unseen[:5])}.")
    if candidates.replaced:
        pairs = (f"{quoted(asked, 30)} as {quoted(known, 30)}" for asked, known in candidates.replaced[:5])
        lines.append(f"Read {', '.join(pairs)}.")
    return lines


def sureness(bits: float, vocabulary: int) -> str:
    """Entropy in bits, and in words: among how many equally likely tokens one would be as unsure."""
    choices = round(2**bits)
    said = f"{bits:.1f} bits: "
    if choices <= 1:
        return said + "very sure"
    said += f"about as unsure as a choice among {choices:,} tokens"
    return said + (", wide open" if choices > _MANY and bits > math.log2(vocabulary) - 1 else "")


def remainder(shown: list[Candidate], vocabulary: int) -> str:
    """What the tokens that are not shown have together."""
    more = vocabulary - len(shown)
    if more <= 0:
        return ""
    share = max(0.0, 1 - sum(candidate.probability for candidate in shown))
    return f" {more:,} more {'token has' if more == 1 else 'tokens share'} {chance(share)}."
