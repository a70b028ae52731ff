"""How many syllables an English word has, by rule.

One for every group of vowels (a, e, i, o, u, y). One less for an e that is not spoken: at the end
("late", but "table"), in "-es" and "-ed" ("makes", "walked", but "boxes", "wanted"), before an ending
that was put on ("hopeful", "homework"). One more for vowels that meet and stay apart ("lion", "idea",
"going", "player"), for "-sm", and for "-n't", "-'ll" and "-'ve" after a consonant ("didn't"). Some very
common words go their own way. Of the words of our corpora, as often as they are said, 99 in 100 agree with the
CMU Pronouncing Dictionary; names and compounds are wrong at times.
"""

import re

_WORD = re.compile(r"([a-z]+?)(n't|'s|'ll|'ve|'re|'d|'m|s'|')?")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(
    r"[^aeiouy]e(?=(?:ly|ful|fully|less|ness|ments?|things?|times?|body|where|one|work|land|side|wife)$)"
    r"|[^aeiouy](?<![^aeiouy][lr])e$"  # late, but table, centre
    r"|[^aeiouyscxzg](?<![sc]h)(?<![^aeiouy][lr])es$"  # makes, but boxes, dishes, tables, metres
    r"|[^aeiouytd](?<![^aeiouyl]l)ed$"  # walked, but wanted, settled
)
_APART = re.compile(
    r"[aeou]y(?=[aeiou])(?!ed$|es$|e$)"  # player, royal
    r"|[aeouy](?=ing)"  # going, trying
    r"|(?<![tscgx])i(?=a|o)(?!ou?ns?$)|^lio|^sci(?=e)"  # piano, radio; not special, station, million
    r"|[^aeiou]i(?=er$|ers$|est$|et|um|us$)"  # happier, quiet, stadium
    r"|[^aeiouqg]u(?=a[lrt]|el$|els$|ity|in)"  # usual, cruel, ruin
    r"|[^aeiou][aeiouy]+[^aeiou]+e(?=as?$)|^ide(?=a)|^are(?=a)|re(?=a[ct]t|al[il])"  # idea, react, reality
    r"|[dgls]e(?=o[gmnr]|o$|os$)|po(?=e[mt])|cha(?=o)|qui(?=e)|di(?=e[tr])"  # video, poem, chaos, quiet
    r"|[aeiouy][^aeiouy]*(?=sms?$)"  # prism
)
_OWN = {
    "anyone": 3, "area": 3, "areas": 3, "basically": 3, "being": 2, "business": 2, "chocolate": 2, "coffee": 2,
    "create": 2, "created": 3, "different": 2, "evening": 2, "every": 2, "everybody": 4, "everyday": 3, "everyone": 3,
    "everything": 3, "everywhere": 3, "eye": 1, "eyes": 1, "have": 1, "hundred": 2, "idea": 3, "ideas": 3, "maybe": 2,
    "museum": 3, "ninety": 2, "ok": 2, "people": 2, "pier": 1, "quiet": 2, "really": 2, "recipe": 3, "rhythm": 2,
    "science": 2, "several": 2, "someone": 2, "the": 1, "wednesday": 2,
}  # fmt: skip


def syllables(word: str) -> int | None:
    """How many syllables; None for what is no plain English word: digits, other letters, no vowel."""
    found = _WORD.fullmatch(word.lower().replace("’", "'"))
    if not found or not _VOWELS.search(found[1]):
        return None
    stem, ending = found.groups("")
    number = _OWN.get(stem) or max(
        1, len(_VOWELS.findall(stem)) + len(_APART.findall(stem)) - len(_SILENT.findall(stem))
    )
    spoken = ending in ("n't", "'ll", "'ve") and (stem[-1] not in "aeiouy" or stem.endswith("ve"))
    hissed = ending == "'s" and stem.endswith(("s", "x", "z", "ce", "ge", "se", "ch", "sh"))
    return number + (spoken or hissed)
