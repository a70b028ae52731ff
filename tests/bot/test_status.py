"""/status, and the metrics for Prometheus: numbers, and no text."""

from __future__ import annotations

import asyncio
import socket
import sys
import urllib.request
from typing import TYPE_CHECKING

import discord
import pytest
import simcord

from bot import create_bot
from bot.settings import SettingsError

if TYPE_CHECKING:
    from tests.bot.conftest import World


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_who_manages_the_server_sees_how_the_bot_is_doing(world: World) -> None:
    """Counts and times, to the asker alone."""
    world.history("the cat sat on the mat")
    await world.train()
    await world.generate()
    powers = world.guild.create_role("owners", permissions=discord.Permissions(manage_guild=True))
    owner = world.guild.add_member(world.env.create_user("sam"), roles=[powers])
    result = await owner.slash(world.channel, "status")
    assert result.response is not None
    assert result.response.ephemeral
    for said in ("I learn in 1 channel", "shard 1 of 1", "**Models**: 1 in memory", "**/generate**: takes"):
        assert said in result.response.content
    assert "cat" not in result.response.content


async def test_metrics_are_served_on_loopback_when_asked_for(world: World) -> None:
    """Messages learned, the queue, latencies, models and their bytes, errors."""
    pytest.importorskip("prometheus_client")
    port = free_port()
    await world.bot.close()
    await world.env.restart_bot(create_bot(world.environ | {"METRICS_PORT": str(port)}))
    world.history("the cat sat on the mat", "the dog sat on the log")
    await world.train()
    await world.probs("the")
    address = f"http://127.0.0.1:{port}/metrics"
    page = await asyncio.to_thread(lambda: urllib.request.urlopen(address, timeout=5).read().decode())
    assert "markov_messages_learned_total 2.0" in page
    assert 'markov_call_seconds_count{verb="candidates"} 1.0' in page
    for name in ("markov_queue_length", "markov_models", "markov_model_bytes", "markov_missed_messages"):
        assert f"\n{name} " in page
    assert "cat" not in page


@pytest.mark.parametrize("lacking", ["the port", "the package"])
async def test_metrics_that_cannot_be_served_are_a_setting_to_put_right(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    """The program ends with the sentence of the error, before it is on Discord."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        if lacking == "the package":
            monkeypatch.setitem(sys.modules, "prometheus_client", None)
        port = taken.getsockname()[1]
        env = simcord.Env(create_bot(environ | {"METRICS_PORT": str(port)}))
        try:
            with pytest.raises(SettingsError, match="extra" if lacking == "the package" else f"METRICS_PORT is {port}"):
                await env.start()
        finally:
            await env.shutdown()
            await env.bot.close()


async def test_metrics_are_off_by_default(world: World) -> None:
    """Nobody listens anywhere."""
    assert world.bot.get_cog("Status")._unpublish is None  # type: ignore[union-attr]  # nothing else tells
