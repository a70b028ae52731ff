"""One of several processes of a bot, with its shard on a Discord of its own: `shard_driver.py URL COUNT SHARD`.

Trains a channel, says its ids, and waits for a line; then asks /probs there and says how much is stored
in the corpora named on that line.
"""

import asyncio
import json
import sys

import discord
import simcord

from bot import create_bot
from engine import Corpus, Engine


async def main(url: str, count: str, shard: str) -> None:
    """Speaks JSON, a line at a time."""
    bot = create_bot({"DATABASE_URL": url, "SHARD_COUNT": count, "SHARD_IDS": shard})
    async with simcord.run(bot, settle_timeout=20) as env:
        guild = env.create_guild(shard_id=int(shard))
        powers = guild.create_role("managers", permissions=discord.Permissions(manage_channels=True))
        manager = guild.add_member(env.create_user("morgan"), roles=[powers])
        channel = guild.create_text_channel("general")
        for end in ("mat", "log"):
            text = f"the cat of shard {shard} sat on the {end}"
            env.backend.create_message(channel.id, manager.id, text, broadcast=False)
        await manager.slash(channel, "train")
        print(json.dumps([channel.id, guild.id]), flush=True)
        corpora = [Corpus(*pair) for pair in json.loads(await asyncio.to_thread(sys.stdin.readline))]
        shown = await manager.slash(channel, "probs", prompt="the cat of shard")
        sizes = [(await bot.service.do(Engine.size, corpus)).documents for corpus in corpora]  # type: ignore[attr-defined]
        print(json.dumps([shown.response.content if shown.response else "", sizes]), flush=True)


asyncio.run(main(*sys.argv[1:]))
