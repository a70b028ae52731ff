"""What may be learned, and in which form. Pure: a message in, a verdict or a text out.

`verdict` says whether a message may be learned and, if not, why; `scrub` takes out of a text what must
never be stored. Both look at one message only and never wait, so that a message is judged and put in
line for the store before its own deletion can arrive.
"""

import re
from enum import Enum
from urllib.parse import urlsplit

import discord


class Reason(Enum):
    """Why a message is not learned, as it is told in the report of /train."""

    BOT = "by bots and webhooks"
    SYSTEM = "by Discord itself"
    COMMAND = "with a command"
    FORWARD = "forwarded"
    POLL = "with a poll"
    NO_TEXT = "without text"
    HIDDEN = "with their text kept back by Discord"


_COMMAND = re.compile(r"[!/?$%&;.]{1,2}[A-Za-z][\w-]*(?:\s|$)")
"""A command typed to some bot: "!play …", "/generate"."""


def verdict(message: discord.Message) -> Reason | str:  # noqa: PLR0911  # a list of rules reads best as one
    """The text to learn from a message, or why it may not be learned."""
    if message.author.bot or message.webhook_id is not None:
        return Reason.BOT
    if message.type not in (discord.MessageType.default, discord.MessageType.reply):
        return Reason.SYSTEM
    if message.message_snapshots:
        return Reason.FORWARD
    if message.poll is not None:
        return Reason.POLL
    if _COMMAND.match(message.content):
        return Reason.COMMAND
    if not message.content and not (message.attachments or message.stickers or message.embeds or message.components):
        # Nobody can send nothing: without the message content intent Discord blanks what people wrote.
        return Reason.HIDDEN
    return scrub(message.content).strip() or Reason.NO_TEXT


_PIECES = re.compile(
    r"""
    (?P<keep>
        <a?:\w+:\d+> | <t:-?\d+(?::[tTdDfFR])?>                           # custom emoji, timestamps
      | (?<![\w.])(?:\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d{4}|\d+\.\d+)(?![\w.@])  # dates, decimals
    )
  | (?P<someone> <@[!&]?\d+> )                                            # user and role mentions
  | (?P<somewhere> <\#\d+> | <id:\w+> )                                   # channel mentions
  | </(?P<command> [^<>\n:]+ ) :\d+>
  | (?P<everyone> @(?=everyone\b|here\b) )
  | (?P<webhook> https?://(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\S+ )
  | (?P<link> https?://[^\s<>]+ )
  | (?P<drop>
        [\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}                    # e-mail
      | -----BEGIN[ ][A-Z ]+-----(?:.*?-----END[ ][A-Z ]+-----|.*)        # PEM
      | \b(?:sk|pk|rk|gh[opsur]|github_pat|glpat|xox[abeoprs]|hf|npm|pypi)[-_](?=[\w-]*\d)[\w-]{10,}
      | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b | \bAIza[\w-]{30,} | \bya29\.[\w-]+
      | \beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?                               # JSON web tokens
      | \b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}                            # Discord tokens
      | \b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b          # UUIDs
      | (?<![\w/])(?=[A-Za-z0-9_]*\d)(?=[A-Za-z0-9_]*[A-Za-z])[A-Za-z0-9_]{20,}(?![\w/])
      | (?<![\w+/])(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{32,}={0,2}(?![\w+/])    # base64
      | (?<![\w.])(?:\+|\()?\d(?:[ .()/-]{0,2}\d){8,18}(?![\w])           # phone, card and account numbers
      | (?<![\w.-])\d{3}-\d{4}(?![\w-])                                   # 555-0199
    )
  | (?P<named> \b(?:password|passwd|passphrase|pwd|secret|token|api[ _-]?key)\b\s*(?:is\s*)?[:=]\s* ) \S+
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_INSTEAD = {"someone": "@someone", "somewhere": "#somewhere", "command": "/"}


def scrub(text: str) -> str:
    """The text without mentions, addresses, numbers and keys that lead to a person or into an account.

    Mentions become @someone and #somewhere, @everyone and @here lose their @, links keep only host and
    path, and the rest is dropped.
    """
    scrubbed = _PIECES.sub(_neutral, text)
    return text if scrubbed == text else re.sub(r"[^\S\n]{2,}", " ", scrubbed)


def _neutral(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "keep":
        return match.group()
    if kind == "link":
        return _bare_link(match.group())
    return _INSTEAD.get(kind or "", "") + (match[kind].rstrip() if kind in ("command", "named") else "")


def _bare_link(link: str) -> str:
    """Scheme, host and path: what may hold a name or a key stays out."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{parts.path}"
