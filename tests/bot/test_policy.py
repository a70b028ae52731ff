"""What may be learned, and what is taken out of it first."""

import pytest

from bot.policy import scrub


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("hi <@123456789012345678> and <@!5>", "hi @someone and @someone"),
        ("the <@&9> in <#77>", "the @someone in #somewhere"),
        ("@everyone come @here", "everyone come here"),
        ("try </generate:123>", "try /generate"),
    ],
)
def test_mentions_become_neutral(text: str, kept: str) -> None:
    """No mention is learned as one that lives."""
    assert scrub(text) == kept


@pytest.mark.parametrize(
    "secret",
    [
        "a.b+c@example.co.uk",
        "+49 170 1234567",
        "(555) 123-4567",
        "555-123-4567",
        "555-0199",
        "06 12 34 56 78",
        "12.11.2024@example.com",
        "1234 5678 9012 3456",
        "192.168.100.20",
        "sk-abc123def456ghi789",
        "ghp_abcdefghijklmnopqrst12",
        "AKIAIOSFODNN7EXAMPLE",
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
        "4f9d2c81-8a7e-4c1b-9f3e-2d1a5b6c7d8e",
        "d41d8cd98f00b204e9800998ecf8427e",
        "https://discord.com/api/webhooks/123/abcDEF",
    ],
)
def test_addresses_numbers_and_keys_are_dropped(secret: str) -> None:
    """What leads to a person or into an account is not stored; the words around it are."""
    assert scrub(f"so {secret} it is") == "so it is"


def test_a_number_after_a_date_is_dropped() -> None:
    """A date is kept, what follows it is judged by itself."""
    assert scrub("on 2024-01-02 555-123-4567") == "on 2024-01-02 "


def test_a_named_password_is_dropped() -> None:
    """What follows "password:" is not stored."""
    assert scrub("password: hunter2 lol") == "password: lol"


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://example.com/a/b?token=1#part", "https://example.com/a/b"),
        ("https://user:secret@example.com/", "https://example.com/"),
        ("https://youtu.be/dQw4w9WgXcQ?si=abc", "https://youtu.be/dQw4w9WgXcQ"),
        ("https://[broken", ""),
    ],
)
def test_links_keep_host_and_path_only(link: str, kept: str) -> None:
    """A link's query, fragment and user may hold secrets."""
    assert scrub(link) == kept


@pytest.mark.parametrize(
    "text",
    [
        "on 2024-01-02 10:00 and 12.11.2024, pi is 3.14159265358979",
        "<:blob:123456789012345678> and <a:dance:123456789012345678> at <t:1700000000:R>",
        "10,000,000 people  said   nothing\n\n    at all",
        "猫がマットの上に座った, Ελληνικά, שלום 👩‍👩‍👧‍👦",
        "npm-check-updates is no key, nor is a_long_name_in_some_program",
        "see python.org and and/or 1/2 or 24/7",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Scrubbing changes nothing else."""
    assert scrub(text) == text
