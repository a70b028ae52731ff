"""The playground, whole: the real bot, its pretend Discord, and pages on free ports of this machine."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import simcord

from bot import create_bot, playground
from bot.language import LANGUAGES, language_of
from bot.playground import Playground
from bot.playground_language import NAMES
from bot.settings import Settings

ENVIRON = {"DATABASE_URL": "sqlite:///never-touched.sqlite3"}


@pytest.fixture
async def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Playground]:
    monkeypatch.chdir(tmp_path)
    async with playground.start(create_bot, ENVIRON, port=0) as it:
        yield it


@asynccontextmanager
async def visit(running: Playground, name: str, viewer: simcord.MemberActor) -> AsyncIterator["Visit"]:
    """Open a channel's page as the browser does."""
    address, _, key = running.pages[name].url.partition("#")
    async with aiohttp.ClientSession(address, headers={"X-Simcord-Capability": key}) as session:
        it = Visit(session)
        await it.open(viewer)
        yield it


class Visit:
    """A page in somebody's browser: what it shows, and what is done on it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._state: dict[str, Any] = {}
        self._done = 0

    async def open(self, viewer: simcord.MemberActor) -> None:
        """Load the page, looking through somebody's eyes."""
        async with self._session.get("/") as response:
            assert response.status == 200
        async with self._session.post("/api/pages", json={"viewer_id": str(viewer.id)}) as response:
            self._state = await response.json()
        self._session.headers["X-Simcord-Context"] = self._state["context"]["id"]

    async def texts(self) -> list[str]:
        """The messages it shows, oldest first."""
        async with self._session.get("/api/state") as response:
            self._state = await response.json()
        return [self._state["messages"][id]["content"] for id in self._state["timeline"]]

    async def write(self, text: str) -> dict[str, Any]:
        """Type something and press Enter; returns what the page is told about it."""
        await self.texts()
        self._done += 1
        action = {
            "protocol_version": self._state["protocolVersion"],
            "kind": "send_message",
            "content": text,
            "sequence": self._done,
            "request_id": f"request-{self._done}",
            "generation": self._state["context"]["generation"],
            "bot_generation": self._state["botGeneration"],
            "published_revision": self._state["publishedRevision"],
        }
        async with self._session.post("/api/action", json=action) as response:
            assert response.status == 200
            result: dict[str, Any] = await response.json()
            return result

    async def until(self, part: str) -> str:
        """The newest message, once it has this in it."""
        async with asyncio.timeout(20):
            while part not in (text := (await self.texts())[-1]):
                await asyncio.sleep(0.05)
        return text


async def generated(running: Playground, name: str) -> str:
    async with running.turn:
        result = await running.world.member.slash(running.world.channels[name], "generate")
    assert result.response is not None
    return result.response.content


async def test_each_channel_has_a_page_for_both_people(running: Playground) -> None:
    """Every address answers 200, and shows the channel to the manager and to the member, with the way to the others."""
    assert set(running.pages) == {"cats", "harbour", "quiet"}
    for name in running.pages:
        others = [page.url for other, page in running.pages.items() if other != name]
        for viewer in (running.world.manager, running.world.member):
            async with visit(running, name, viewer) as page:
                welcome = (await page.texts())[-1]
                assert all(url in welcome for url in others)


async def test_two_channels_are_trained_and_one_is_not(running: Playground, corpora: Path) -> None:
    """#cats and #harbour speak at once; in #quiet the bot says what to do, and does after /train."""
    sentences = (corpora / "cats.txt").read_text()
    assert set((await generated(running, "cats")).split()) <= set(sentences.split())
    assert await generated(running, "harbour")
    assert "/train" in await generated(running, "quiet")
    async with visit(running, "quiet", running.world.manager) as page:
        await page.write("/train")
        await page.until("32 learned")
    assert "/train" not in await generated(running, "quiet")


async def test_why_names_messages_by_who_wrote_them_and_when(running: Playground) -> None:
    """There is no Discord that a link to a message could lead to."""
    world = running.world
    async with running.turn:
        said = await world.manager.slash(world.channels["cats"], "generate", start="the bird flew", temperature=0)
        assert said.response is not None
        result = await world.manager.click(said.response, label="Why?")
    assert result.response is not None
    assert "discord.com" not in result.response.content
    assert re.search(r"^- (pip|fenn|nora) <t:\d+:f>$", result.response.content, re.MULTILINE)


async def test_the_language_is_chosen_from_a_menu(running: Playground) -> None:
    """For everybody, and the server; commands that are typed have their names in it then, or in English."""
    world, channel = running.world, running.world.channels["cats"]
    assert {language_of(locale) for locale in NAMES} == {"en", *LANGUAGES}
    async with running.turn:
        [menu] = [message for message in channel.history() if message.content == "I speak:"]
        await world.member.select(menu, ["de"])
    async with visit(running, "cats", world.member) as page:
        await page.write("/vorhersage the cat sat on the ordnung:2")
        assert "nächstes Token" in await page.until("%")
        await page.write("/probs the cat temperature:2")
        assert "Token" in await page.until("the cat ▁")
    async with visit(running, "quiet", world.manager) as page:
        await page.write("/train")
        assert "Verlauf gelesen" in await page.until("32 gelernt")
    async with running.turn:
        [menu] = [message for message in channel.history() if message.content == "I speak:"]
        await world.member.select(menu, ["en-US"])
    assert "/train" not in await generated(running, "cats")


async def test_a_command_typed_in_one_go_runs(running: Playground) -> None:
    """A line like "/probs the cat sat on the" is taken for the command, as Discord takes it."""
    async with visit(running, "cats", running.world.member) as page:
        await page.write("/probs the cat sat on the")
        assert "mat" in await page.until("%")
        await page.write("/probs on the temperature:0.5 top:2")
        assert "more tokens" in await page.until("on the ▁")


async def test_a_command_that_cannot_run_is_explained(running: Playground) -> None:
    """An ordinary member has no /train, and is told so."""
    async with visit(running, "quiet", running.world.member) as page:
        await page.write("/train")
        assert "nora" in await page.until("ran no command")


async def test_an_option_that_is_not_taken_is_named(running: Playground) -> None:
    """With what was found and what it must be."""
    wrong = {
        "/probs the top:99": "Option 'top' of 'probs' must be ≤ 25, got 99.",
        "/probs the order:0": "must be ≥ 1, got 0",
        "/probs the temperature:warm": "Option 'temperature' must be a number, got 'warm'.",
        "/probs the top:" + "9" * 1500: "Option 'top' of 'probs' must be between",
        "/generate mood:angry": "only allows ['calm', 'normal', 'unhinged'], got 'angry'",
        "/stats everything": "or it wants other options",
    }
    async with visit(running, "cats", running.world.member) as page:
        for line, why in wrong.items():
            await page.write(line)
            assert "That ran no command" in await page.until(why)


async def test_pages_act_at_the_same_time(running: Playground) -> None:
    """What is done on two pages at once is done on both, one after the other."""
    async with (
        visit(running, "cats", running.world.manager) as cats,
        visit(running, "quiet", running.world.member) as quiet,
    ):
        results = await asyncio.gather(cats.write("the cat sat on the word"), quiet.write("kettle on"))
    assert [(result["settlement"], result["dispatched"]) for result in results] == [("settled", True)] * 2


async def test_time_passes(running: Playground) -> None:
    """The pretend clock goes on by itself, so that cooldowns end."""
    before = running.env.now()
    async with asyncio.timeout(20):
        while running.env.now() == before:
            await asyncio.sleep(0.1)


async def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The database is a temporary one, gone at the end; the one in the settings is never touched."""
    monkeypatch.chdir(tmp_path)
    async with playground.start(create_bot, ENVIRON, port=0) as it:
        folder = it.folder
        assert list(folder.iterdir())
    assert not folder.exists()
    assert not list(tmp_path.iterdir())


async def test_a_taken_port_is_no_obstacle() -> None:
    """Where the port is taken, a page moves to a free one."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, playground.start(create_bot, ENVIRON, port=port) as it:
        assert f":{port}/" not in it.pages["cats"].url


def test_it_stops_when_told(tmp_path: Path) -> None:
    """Ctrl-C ends it with status 0 and no traceback."""
    environ = {"PLAYGROUND_BROWSER": "0", "PYTHONPATH": str(Path(playground.__file__).parent.parent)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "DISCORD_TOKEN" in line:
            break
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
    assert "http://127.0.0.1:" in said
    assert not list(tmp_path.iterdir())


def test_without_simcord_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with the cure, and status 2."""
    monkeypatch.setitem(sys.modules, "simcord", None)
    assert playground.main(Settings(database_url=""), create_bot) == 2
    assert "pip install" in capsys.readouterr().err
