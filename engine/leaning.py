"""What a text about something leans to, in a model's own ids."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.automaton import Mask
from engine.background import shipped
from engine.errors import InvalidArgument
from engine.knowledge import Knowledge
from engine.smoothing import Floats
from engine.symbols import body
from engine.topics import Topics, factors
from engine.vocabulary import FIRST_WORD


@dataclass(frozen=True, slots=True)
class Leaning:
    """How a topic changes what is said."""

    factors: Floats
    """(ids,) how many times as likely each token is."""
    related: list[int]
    """The tokens of which one at least appears."""


def lean(known: Knowledge, about: str, sayable: Mask) -> Leaning:
    """What goes with the words of a topic; a word that may not be said is one that nobody said.

    Raises InvalidArgument when nothing is known to go with any of them.
    """
    topics = topics_of(known)
    topic = [[id for id in ids if sayable[id]] for ids in _in_all_capitalisations(known, known.tokens(about))]
    association = topics.association(topic)
    asked = [id for ids in topic for id in ids]
    related = [id for id in {*asked, *topics.related(association)} if sayable[id]]
    if not any(topics.rarity(words) for words in topic) or not related:
        raise InvalidArgument("Nothing was said here that goes with “{about}”; name another topic.", about=about)
    return Leaning(factors(association), related)


def keywords(known: Knowledge, text: str, most: int) -> list[str]:
    """The words of a text that were said here and may be, rarest first: here and everywhere taken together."""
    by_body = {body(token): token for token in known.tokens(text) if token[0].isalnum()}
    topics, anywhere = topics_of(known), shipped()
    withheld = set(known.withheld_ids().tolist())
    words = zip(by_body, _in_all_capitalisations(known, by_body.values()), strict=True)
    rarity = {word: topics.rarity([id for id in ids if id not in withheld]) for word, ids in words}
    surprising = [(rare + anywhere.surprise(word), word) for word, rare in rarity.items() if rare]
    return [by_body[word] for _, word in sorted(surprising, reverse=True)[:most]]


def topics_of(known: Knowledge) -> Topics:
    """The documents of what is known."""
    return Topics(known.history.text(), known.counts.vocabulary.ids)


def _in_all_capitalisations(known: Knowledge, tokens: Iterable[str]) -> list[list[int]]:
    """The ids of each token, whatever its capitals; none of what was never said."""
    by_body: dict[str, list[int]] = {body(token): [] for token in tokens}
    vocabulary = known.counts.vocabulary
    for place, token in enumerate(vocabulary.tokens[FIRST_WORD:], start=FIRST_WORD):
        ids = by_body.get(body(token))
        if ids is not None:
            ids.append(vocabulary.id_at(place))
    return list(by_body.values())
