"""What is taken out of a text before it is stored. Pure: text in, text out.

Whatever leads to a person or into an account goes: mentions, addresses, numbers, keys, and the parts of
a link that may hold one of these. It is better to lose an innocent word than to keep a secret, but dates,
decimals, emoji and ordinary words stay as they are.
"""

import re
from urllib.parse import urlsplit

from engine import join, tokens

_DASH = r"\u2010-\u2015\u2212-"
_KEY = rf"""
    -----BEGIN[ ][A-Z0-9 ]+-----(?:.*?-----END[ ][A-Z0-9 ]+-----|.*)      # PEM
  | \b(?:sk|pk|rk|whsec|gh[opsur]|github_pat|gl[a-z]{{1,4}}|xox[abceoprs]|xapp|hf|npm|pypi|shp[a-z]{{2}}|d[op]p_v1|
      dckr_pat|sq0[a-z]{{3}}|GOCSPX|mfa|ATATT|PMAK|rubygems|tskey|lin_api|secret|key|token)
      [-_.](?=[\w.-]{{0,80}}\d)[\w.-]{{10,}}
  | \bSG\.[\w-]{{16,}}\.[\w-]{{16,}}                                       # SendGrid
  | \b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{{16}}\b | \bAIza[\w-]{{30,}} | \bya29\.[\w-]+
  | \b\d{{8,10}}:[\w-]{{30,}}                                              # Telegram
  | \beyJ[\w-]{{8,}}\.[\w-]+(?:\.[\w-]*)?                                 # JSON web tokens
  | \b[\w-]{{23,28}}\.[\w-]{{6,7}}\.[\w-]{{27,}}                            # Discord
  | \b[0-9a-f]{{8}}(?:[{_DASH}][0-9a-f]{{4}}){{3}}[{_DASH}][0-9a-f]{{12}}\b  # UUIDs
  | \b(?=[A-Z0-9-]{{0,48}}\d)[A-Z0-9]{{4,6}}(?:-[A-Z0-9]{{4,6}}){{3,6}}\b          # licence keys
  | \bssh-(?:rsa|ed25519|dss)\s+\S+
  | (?<![\w/])(?=[A-Z0-9_]*\d)(?=[A-Z0-9_]*[A-Z])[A-Z0-9_]{{20,}}(?![\w/])
  | (?<![\w/-])(?=(?-i:[\w-]*[A-Z]))(?=(?-i:[\w-]*[a-z]))(?=[\w-]*\d)[A-Z0-9_-]{{24,}}(?![\w/-])
  | (?<![\w+/])(?=[A-Z+/]*\d)[A-Z0-9+/]{{32,}}={{0,2}}(?![\w+/])            # base64
"""
_ADDRESS = rf"""
    (?:mailto:)?[\w.+-]{{1,64}}[@\uFF20][\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}          # e-mail
  | [\w.+-]{{1,64}}\s?[\[({{<]\s?at\s?[\])}}>]\s?[\w-]{{1,63}}                # otter (at) example (dot) com
      (?:\s?(?:\.|[\[({{<]\s?(?:dot|punkt)\s?[\])}}>])\s?[\w-]{{1,63}}){{1,4}}
  | (?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\w.]\d)(?::\d+)?               # IPv4
  | (?<![\w:])(?:[0-9a-f]{{1,4}}:){{4,7}}[0-9a-f]{{1,4}}(?![\w:])            # IPv6, MAC
  | (?<![\w:])(?:[0-9a-f]{{1,4}}:){{1,6}}(?::[0-9a-f]{{1,4}}){{1,6}}(?![\w:])
  | \b[A-Z]{{2}}\d\d[ ]?(?=(?:[A-Z0-9]{{1,4}}[ ]?){{3,8}}\b)(?:[A-Z]{{0,4}}\d[A-Z0-9]{{0,3}}[ ]?){{3,8}}\b # IBAN
  | (?<![\w.])[+\uFF0B(]?\d(?:[\s.()/{_DASH}]{{0,3}}\d){{8,18}}(?![\w])      # phone, card and account numbers
  | (?<![\w.])[+\uFF0B]\d(?:[\s.()/{_DASH}]{{0,3}}\d){{6,18}}(?![\w])
  | (?<![\w.{_DASH}])\d{{3}}[{_DASH}]\d{{4}}(?![\w{_DASH}])                  # 555-0199
"""
_PIECES = re.compile(
    rf"""
    (?P<keep>
        <a?:\w+:\d+> | <t:-?\d+(?::[tTdDfFR])?>                           # custom emoji, timestamps
      | (?<![\w.])(?:\d{{4}}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d{{4}}|\d+\.\d+)(?![\w.@])  # dates, decimals
    )
  | (?P<someone> <@[!&]?\d+> )                                            # user and role mentions
  | (?P<somewhere> <\#\d+> | <id:\w+> )                                   # channel mentions
  | </(?P<command> [^<>\n:]+ ) :\d+>
  | (?P<everyone> @(?=everyone\b|here\b) )
  | (?P<invite> (?:https?://)?(?:[\w-]+\.)?
      (?:discord\.(?:gg|me|io|li)|dsc\.gg|discord(?:app)?\.com/invite|chat\.whatsapp\.com|t\.me/joinchat)/\S+
      | (?:https?://)?t\.me/\+\S+ )
  | (?P<hook> https?://(?:(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/|hooks\.slack\.com/|
      api\.telegram\.org/bot|[\w.-]*webhook\.office\.com/)\S* )
  | (?P<link> \b[a-z][a-z0-9+.-]{{1,15}}://[^\s<>]+ )
  | (?P<bare> (?<![\w@./-])(?:[\w-]+\.){{1,4}}[a-z]{{2,12}}(?::\d+)?(?:/[^\s<>?\#]*)?[?\#][^\s<>]*= [^\s<>]* )
  | (?P<drop> {_KEY} | {_ADDRESS} )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_SECRET_PATH = re.compile(
    rf"""/(?:{_KEY}|{_ADDRESS}
      | (?=[^/]*\d)(?=[^/]*[A-Z])[A-Z0-9_~=-]{{16,}}(?=/|$)                 # what a path's part would be a key for
      | [^/]*[@\uFF20%][^/]*).*""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_NAMED = re.compile(
    r"""(?P<name> \b(?:
        (?:password|passwd|passphrase|passcode|pwd|passwort|kennwort|contraseña|mot\ de\ passe|senha|пароль)
            (?:\s*(?:is|ist|es|est)?\s*[:=]|\s+(?:is|ist|es|est)\b)
      | (?:authorization\s*:\s*)?bearer(?=\s+[\w.~+/-]*\d)
      | (?:secret|token|api[ _-]?key|pin|bearer|authorization|otp|2fa(?:\ code)?|cvv|cvc)\s*(?:is\s*)?[:=]
    )\s* ) \S+""",
    re.VERBOSE | re.IGNORECASE,
)
_INSTEAD = {"someone": "@someone", "somewhere": "#somewhere", "command": "/"}
_PASSES = 8


def scrub(text: str) -> str:
    """The text without mentions, addresses, numbers and keys that lead to a person or into an account.

    Mentions become @someone and #somewhere, @everyone and @here lose their @, links keep only host and
    path, and the rest is dropped. Invisible characters, which could hide any of these, are removed first.
    """
    visible = join(tokens(text, "characters"), "characters")
    scrubbed = _NAMED.sub(lambda match: match["name"].rstrip(), visible)
    for _ in range(_PASSES):
        before, scrubbed = scrubbed, _PIECES.sub(_neutral, scrubbed)
        if scrubbed == before:
            break
    else:  # each removal brought another piece together: somebody is playing
        return ""
    return scrubbed if scrubbed == visible else re.sub(r"[^\S\n]{2,}", " ", scrubbed)


def _neutral(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "keep":
        return match.group()
    if kind == "link":
        return _bare_link(match.group())
    if kind == "bare":
        return re.split(r"[?#]", match.group(), maxsplit=1)[0]
    return _INSTEAD.get(kind or "", "") + (match["command"].rstrip() if kind == "command" else "")


def _bare_link(link: str) -> str:
    """Scheme, host and path: what may hold a name or a key stays out."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{_SECRET_PATH.sub('', parts.path)}"
