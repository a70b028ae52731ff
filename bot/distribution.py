"""A next-token distribution as Discord text: bars in a code block, and below it what they rest on. Pure."""

import math
from collections.abc import Sequence

from bot.columns import WIDTH, begin, chance, end, pad, plain
from bot.formatting import LIMIT, neutral, quoted, typed
from bot.language import _, plural
from bot.wordfilter import HIDDEN, WordFilter
from bot.xray import Marks, legend
from engine import Candidate, Candidates, bar, cut_bar, join, marks

ANYTHING = WordFilter()
"""Nothing is forbidden."""
END = "</s>"
_TOKEN, _BAR, _CHANCE, _SEEN = 13, 12, 6, 5
_WIDEST_COUNT = 100_000
_WITH_GAPS = {"words": range(3, 9), "characters": range(3, 8)}
"""The orders at which what stands before the last token counts even where that was never seen."""
_NOTHING = 1e-9
"""What is left of a sum of probabilities that leaves nothing."""
_MANY = 8
"""More choices than these, and more than half of all there are: wide open."""


def distribution(
    candidates: Candidates,
    prompt: str,
    words: WordFilter = ANYTHING,
    *,
    temperature: float = 1.0,
    drawn: Candidate | None = None,
    times: int = 1,
) -> str:
    """The whole message; the least probable lines make room when it would be too long.

    No invite leads anywhere, not even one that was typed. What may not be said is hidden: tokens that hold one
    of the words, or would finish one begun in the prompt. `prompt` is what was typed, `drawn` the token that was
    drawn just now. Bars are cut into pieces where the candidates have them, and are so many times as long then.
    """
    above = f"{_drawn(drawn)}\n" if drawn else ""
    lines = [
        answered_by(candidates),
        *readings(candidates, prompt),
        *_kept_back(candidates),
        *heat(temperature),
        *stretched(times),
        sureness(candidates.entropy_bits, candidates.vocabulary),
    ]
    if candidates.hidden:
        lines = [_("No two people here wrote a word that begins like this, so I show nothing of what follows.")]
    below = "\n".join(lines)
    shown = list(candidates.candidates)
    while True:
        rest = remainder(shown, candidates.vocabulary - candidates.withheld_tokens, 1 - candidates.withheld)
        text = neutral(words.mask(f"{above}{_block(candidates, shown, words, times)}\n{below}{rest}"))
        if len(text) <= LIMIT or not shown:
            return text
        shown.pop()


def sayable(prompt: Sequence[str], unit: str, token: str, words: WordFilter) -> bool:
    """Whether a token may be shown after these."""
    if not words.words:
        return True
    before, after = join(prompt, unit), join([*prompt, token], unit)
    return not words.finds(token) and len(list(words.spans(after))) <= len(list(words.spans(before)))


def _kept_back(candidates: Candidates) -> list[str]:
    if not candidates.withheld_tokens:
        return []
    share = chance(candidates.withheld)
    return [
        plural(
            "{share} is kept back: {number:,} token that one person only said here.",
            "{share} is kept back: {number:,} tokens that one person only said here.",
            candidates.withheld_tokens,
            share=share,
        )
    ]


def _drawn(drawn: Candidate) -> str:
    token, share = quoted(plain(drawn.token), 30), chance(drawn.probability)
    if drawn.token == END:
        return _("Drawn: {token}, which had {share}. So the message ends here.", token=token, share=share)
    return _("Drawn: {token}, which had {share}.", token=token, share=share)


def _block(candidates: Candidates, shown: list[Candidate], words: WordFilter, times: int) -> str:
    title = end(" ".join(words.mask(join(candidates.prompt, candidates.unit)).split()), WIDTH - 2)
    names = pad(begin(_("next token"), _TOKEN + 1 + _BAR), _TOKEN + 1 + _BAR)
    head = f"{names} {begin(_('chance'), _CHANCE):>{_CHANCE}} {begin(_('seen'), _SEEN):>{_SEEN}}"
    pieces = [candidate.pieces for candidate in shown]
    marked = marks(candidates.order, pieces)
    bars = [_bar(candidate, times, marked) for candidate in shown]
    lines = []
    for candidate, drawn in zip(shown, bars, strict=True):
        said = sayable(candidates.prompt, candidates.unit, candidate.token, words)
        lines.append(_line(candidate, plain(candidate.token, candidates.unit) if said else HIDDEN, drawn))
    return "\n".join(["```", f"{title} ▁", head, *lines, *legend(pieces, bars, candidates.unit, marked), "```"])


def _bar(candidate: Candidate, times: int, marked: Marks) -> str:
    if candidate.pieces:
        return cut_bar(times * candidate.probability, candidate.pieces, _BAR, marked)
    return bar(candidate.probability, _BAR)


def _line(candidate: Candidate, token: str, drawn: str) -> str:
    columns = pad(begin(token, _TOKEN), _TOKEN)
    return f"{columns} {drawn:<{_BAR}} {chance(candidate.probability):>{_CHANCE}} {_count(candidate.count):>{_SEEN}}"


def _count(count: int) -> str:
    return str(count) if count < _WIDEST_COUNT else f"{count // 1000}k"


def answered_by(candidates: Candidates) -> str:
    """Which context answered, and how well it is known."""
    asked, known = len(candidates.prompt), len(candidates.context)
    times = plural("once", "{number:,} times", candidates.context_count)
    if candidates.order == 1:
        return _("With order 1 no token before counts, so this is how often tokens come at all.")
    if not asked:
        return _("This is how messages begin, seen {times}.", times=times)
    if not known and candidates.order in _WITH_GAPS[candidates.unit]:
        return _(
            "The last token was never seen here, so this is what comes one token after those before it, "
            "and how often tokens come at all."
        )
    if not known:
        return _("The last token was never seen here, so this is how often tokens come at all.")
    context = join(candidates.context, candidates.unit)
    if candidates.unit == "characters":
        context = context.replace(" ", "␣")
    if known < min(asked, candidates.order - 1):
        said = plural(
            "The last token, {context}, was seen {times}; with one more before, never.",
            "The last {number} tokens, {context}, were seen {times}; with one more before, never.",
            known,
            context=quoted(context),
            times=times,
        )
    else:
        said = plural(
            "The last token, {context}, was seen {times}.",
            "The last {number} tokens, {context}, were seen {times}.",
            known,
            context=quoted(context),
            times=times,
        )
    if any(candidate.count == 0 for candidate in candidates.candidates):
        said += " " + _("What was not seen after that is known from shorter contexts.")
    return said


def readings(candidates: Candidates, prompt: str) -> list[str]:
    """What of the prompt was unknown, or was read in other capitals."""
    lines = []
    if candidates.unseen:
        tokens = ", ".join(typed(token, prompt) for token in candidates.unseen[:5])
        lines.append(_("Never seen here: {tokens}.", tokens=tokens))
    for asked, known in candidates.replaced[:5]:
        lines.append(_("Read {asked} as {known}.", asked=typed(asked, prompt), known=quoted(known, 30)))
    return lines


def heat(temperature: float) -> list[str]:
    """What the temperature does, where it does something."""
    if temperature == 1:
        return []
    if temperature == 0:
        return [_("Temperature 0: always the likeliest token.")]
    if temperature < 1:
        return [_("Temperature {temperature:g}: likely tokens are made likelier.", temperature=temperature)]
    return [_("Temperature {temperature:g}: unlikely tokens are made likelier.", temperature=temperature)]


def stretched(times: int) -> list[str]:
    """How much longer bars are that are cut into pieces, where they are."""
    return [_("The bars are {times} times as long here, to show their pieces.", times=times)] if times > 1 else []


def fitting(candidates: Sequence[Candidate]) -> int:
    """How many times as long bars that are cut can be, and still fit."""
    cut = [candidate.probability for candidate in candidates if candidate.pieces]
    return int(1 / max(cut)) if cut else 1


def sureness(bits: float, vocabulary: int) -> str:
    """Entropy in bits, and in words: among how many equally likely tokens one would be as unsure."""
    choices = round(2**bits)
    if choices <= 1:
        return _("{bits:.1f} bits: very sure.", bits=bits)
    if choices > _MANY and bits > math.log2(vocabulary) - 1:
        return _(
            "{bits:.1f} bits: about as unsure as a choice among {choices:,} tokens, wide open.",
            bits=bits,
            choices=choices,
        )
    return _("{bits:.1f} bits: about as unsure as a choice among {choices:,} tokens.", bits=bits, choices=choices)


def remainder(shown: list[Candidate], vocabulary: int, whole: float = 1.0) -> str:
    """What the tokens that are not shown have together: of so many, which have `whole` in all."""
    more = vocabulary - len(shown)
    rest = whole - sum(candidate.probability for candidate in shown)
    if more <= 0 or rest < _NOTHING:
        return ""
    share = chance(rest)
    said = plural("{number:,} more token has {share}.", "{number:,} more tokens share {share}.", more, share=share)
    return f" {said}"
