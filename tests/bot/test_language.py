"""Everything said can be said in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import simcord

from bot.answering import told
from bot.formatting import quoted
from bot.language import LANGUAGES, Translator, _, catalogue, language_of, plural, speaking
from engine import Condition, Corpus, Engine, InvalidArgument
from tests.bot.conftest import World

BOT = Path(__file__).parents[2] / "bot"
ENGINE = BOT.with_name("engine")
ERRORS = {"InvalidArgument", "EmptyCorpus", "UnseenContext"}
"""What the engine raises at the questions of people; what is wrong with a store is told as far as it takes values."""
LONGEST_DESCRIPTION = 100


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of `_`, `later` and `plural` in the bot, with the file it stands in."""
    for path in BOT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and path.name != "language.py":
                yield path.name, node


def literals(name: str, number: int) -> list[tuple[str, ...]]:
    """The texts among the first arguments of all calls of a function."""
    found = []
    for _file, node in calls():
        if isinstance(node.func, ast.Name) and node.func.id == name:
            given = tuple(
                a.value for a in node.args[:number] if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )
            if len(given) == number:
                found.append(given)
    return found


def errors() -> Iterator[str]:
    """The sentences of the engine's errors that people may get to read."""
    for path in set(ENGINE.glob("*.py")) - {ENGINE / f"{name}.py" for name in ("opening", "upkeep", "measuring")}:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[given, *_]) if name in ERRORS or (
                    name == "StoreError" and node.keywords
                ):
                    if isinstance(given, ast.Name) and given.id in constants:
                        yield str(constants[given.id])
                    elif isinstance(given, ast.Constant) and given.value:
                        yield str(given.value)


SENTENCES = {sentence for (sentence,) in literals("_", 1) + literals("later", 1)} | set(errors())
PLURALS = dict(literals("plural", 2))


def places(sentence: str) -> list[tuple[str, str]]:
    """What is put into a sentence, and how."""
    return sorted((name, spec or "") for _text, name, spec, _conversion in Formatter().parse(sentence) if name)


def test_what_is_said_is_written_where_it_is_said() -> None:
    """`_` is given a text, or a constant that `later` marks; never one put together, which no catalogue has."""
    for file, node in calls():
        if isinstance(node.func, ast.Name) and node.func.id in {"_", "later", "plural"}:
            assert not any(isinstance(given, ast.JoinedStr | ast.BinOp) for given in node.args[:2]), (file, node.lineno)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_missing(language: str) -> None:
    """Every sentence of the code is in every catalogue, and takes the same values."""
    known = catalogue(language)
    assert not {sentence for sentence in SENTENCES if sentence not in known.sentences}
    for sentence in SENTENCES:
        assert places(known.sentences[sentence]) == places(sentence)
    assert not {one for one in PLURALS if one not in known.plurals}
    for one, many in PLURALS.items():
        forms = known.plurals[one]
        assert len(forms) == 2
        for form, english in zip(forms, (one, many), strict=True):
            assert {name for name, _spec in places(form)} >= {n for n, _spec in places(english)} - {"number"}
            assert {name for name, _spec in places(form)} <= {n for n, _spec in places(many)} | {"number"}


async def test_every_command_has_its_name_and_description_in_every_language(world: World) -> None:
    """Names as Discord wants them (lower case, no blanks, no two alike), descriptions of at most 100 characters."""
    translator = Translator()
    described = set()
    for command in world.bot.tree.get_commands():
        payload = await command.get_translated_payload(world.bot.tree, translator)
        described |= set(check(payload))
    unused = {text for language in LANGUAGES for text in catalogue(language).sentences} - SENTENCES - described
    assert not unused, "catalogues hold sentences that nobody says any more"


def check(payload: dict[str, Any]) -> Iterator[str]:
    """Look over a command, its subcommands and options; gives their English descriptions."""
    names, descriptions = payload["name_localizations"], payload.get("description_localizations")
    for locale in ("de", "es-ES", "es-419", "fr"):
        assert locale in names, payload["name"]
        if "description" in payload:  # a menu entry has none, and may be written as people write
            assert re.fullmatch(r"[-_'\w]{1,32}", names[locale]), names[locale]
            assert names[locale] == names[locale].lower()
            assert descriptions is not None
            assert locale in descriptions, payload["description"]
            assert 1 <= len(descriptions[locale]) <= LONGEST_DESCRIPTION, descriptions[locale]
        siblings = [option["name_localizations"].get(locale) for option in payload.get("options", [])]
        assert len(set(siblings)) == len(siblings)
        assert all(locale in choice["name_localizations"] for choice in payload.get("choices", [])), payload["name"]
    if "description" in payload:
        yield payload["description"]
    for option in payload.get("options", []):
        yield from check(option)


async def test_commands_are_sent_once_in_all_languages(world: World) -> None:
    """A restart with the same names and descriptions sends nothing: Discord allows few syncs a day."""
    await world.restart()
    sent = [request for request in world.env.http_requests if request.method == "PUT" and "/commands" in request.path]
    assert len(sent) == 1


async def test_who_asks_is_answered_in_their_language(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the language their own Discord is set to; a language without a catalogue is answered in English."""
    make = simcord.interactions.base_payload

    def with_locale(locale: str) -> None:
        def payload(*args: Any, **kwargs: Any) -> Any:
            record, given = make(*args, **kwargs)
            return record, {**given, "locale": locale}

        monkeypatch.setattr(simcord.interactions, "base_payload", payload)

    for locale, said in (("de", "an"), ("fr", "activé"), ("es-419", "activado"), ("sv-SE", "on")):
        with_locale(locale)
        result = await world.member.slash(world.channel, "privacy status")
        assert result.response is not None
        assert said in result.response.content


def test_quotes_are_those_of_the_language() -> None:
    """„so“ in German, «so» in Spanish."""
    assert quoted("an otter") == "“an otter”"
    with speaking("de"):
        assert quoted("an otter") == "„an otter“"
    with speaking("es-419"):
        assert quoted("an otter") == "«an otter»"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    """12,345.5 in English; points and commas change places in German."""
    with speaking("de"):
        assert plural("{number:,} message", "{number:,} messages", 12_345) == "12.345 Nachrichten"
        assert plural("{number:,} message", "{number:,} messages", 1) == "1 Nachricht"
    with speaking("fr"):
        assert plural("{number:,} message", "{number:,} messages", 0) == "0 message"
    assert plural("{number:,} message", "{number:,} messages", 12_345) == "12,345 messages"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_the_engine_refuses_is_said_in_every_language(world: World, language: str) -> None:
    """With the values of the moment: a length, a topic."""
    await world.manager.slash(world.channel, "settings", learning="on")
    await world.member.send(world.channel, "the otter swims")
    corpus, service = Corpus(world.channel.id, world.guild.id), world.bot.service  # type: ignore[attr-defined]  # our Bot
    for options in ({"length": 2, "start": "the otter swims"}, {"condition": Condition(about="zy{x}x")}):
        with pytest.raises(InvalidArgument) as caught:
            await service.do(Engine.generate, corpus, **options)
        with speaking(language):
            said = told(caught.value)
        assert said != str(caught.value)
        assert all(str(value) in said for value in caught.value.values.values())


def test_what_no_catalogue_has_is_said_in_english() -> None:
    """A person is never left without an answer."""
    with speaking("de"):
        assert _("No catalogue has this {word}.", word="sentence") == "No catalogue has this sentence."
    assert (language_of("de"), language_of("es-419"), language_of("pt-BR")) == ("de", "es", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_commands_as_they_are_called_there(language: str) -> None:
    """Who reads “/lernen” must find /lernen; a web address or an "and/or" is no command."""
    known = catalogue(language)
    names = set(known.names.values())
    for sentence in [*known.sentences.values(), *(form for forms in known.plurals.values() for form in forms)]:
        for command in re.findall(r"(?<![\w/<.])/([\w-]+(?: [\w-]+)?)", sentence):
            first, _blank, second = command.partition(" ")
            assert first in names, sentence
            if f"`/{command}`" in sentence:
                assert not second or second in names, sentence
