"""What the bot says, in the language of whoever reads it.

A sentence stands where it is said, in English, and English is its key:

    _("I read {day} as no day.", day=quoted(day))
    plural("{number:,} message", "{number:,} messages", number)
    later("posted by a bot")        # a constant, which `_(…)` translates when it is said

A catalogue, `languages/<code>.json`, has the same sentence in another language: a text for each sentence,
and for each plural its forms, under the singular. What a catalogue lacks is said in English. A test keeps
them complete. The language is a context variable, set where an interaction comes in and where an ordinary
message is written.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Literal

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

ENGLISH = "en"
LANGUAGES = ("de", "es", "fr")
"""Those with a catalogue, English aside."""

SEPARATORS = {"en": ",.", "de": ".,", "es": ".,", "fr": "\u202f,"}
"""Between thousands, and before decimals."""

QUOTES = {"en": ("“", "”"), "de": ("„", "“"), "es": ("«", "»"), "fr": ("«\u202f", "\u202f»")}

NAMES = frozenset({Location.command_name, Location.group_name, Location.parameter_name, Location.choice_name})

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is said in one language."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, list[str]] = field(default_factory=dict)
    """The forms for one and for many, by the English form for one."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of commands, options and choices."""


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; an empty one for English."""
    if language not in LANGUAGES:
        return Catalogue()
    return Catalogue(**json.loads(files("bot").joinpath("languages", f"{language}.json").read_text(encoding="utf-8")))


def language_of(locale: discord.Locale | str) -> str:
    """The language spoken to somebody whose Discord is set to a locale."""
    language = str(locale).partition("-")[0]
    return language if language in LANGUAGES else ENGLISH


def speak(locale: discord.Locale | str) -> None:
    """From here on, in this task, speak the language of a locale."""
    _language.set(language_of(locale))


@contextmanager
def speaking(locale: discord.Locale | str) -> Iterator[None]:
    """Speak the language of a locale inside of the block."""
    token = _language.set(language_of(locale))
    try:
        yield
    finally:
        _language.reset(token)


class _Numbers(Formatter):
    """Puts values into sentences, numbers as the language writes them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text: str = super().format_field(value, format_spec)
        if not isinstance(value, int | float):
            return text
        return text.translate(dict(zip(map(ord, ",."), SEPARATORS[_language.get()], strict=True)))


_put = _Numbers().vformat


def _(sentence: str, **values: object) -> str:
    """The sentence in the language spoken now, with its values put in."""
    return _put(catalogue(_language.get()).sentences.get(sentence, sentence), (), values)


def plural(one: str, many: str, number: int, **values: object) -> str:
    """The form of a sentence that goes with a number, which is put in as {number}."""
    language = _language.get()
    forms = catalogue(language).plurals.get(one)
    singular = number == 1 or (number == 0 and language == "fr" and forms is not None)
    return _put((forms or [one, many])[not singular], (), {"number": number, **values})


def in_quotes(text: str) -> str:
    """The text in quotes, as the language writes them."""
    begin, end = QUOTES[_language.get()]
    return f"{begin}{text}{end}"


def later(sentence: str) -> str:
    """A sentence that is translated when it is said: in English as yet."""
    return sentence


class Translator(app_commands.Translator):
    """Tells Discord the names and descriptions of commands in every language."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """What stands for a name or a description, None for what stays English."""
        known = catalogue(language_of(locale))
        wanted: Literal["names", "sentences"] = "names" if context.location in NAMES else "sentences"
        translated: str | None = getattr(known, wanted).get(string.message)
        return translated
