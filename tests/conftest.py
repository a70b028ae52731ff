"""What every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)  # a machine may be slow; a rule is a rule
settings.register_profile("ci", deadline=None, derandomize=True)  # the same examples each time
settings.load_profile("ci" if os.environ.get("CI") else "default")

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def corpora() -> Path:
    return PROJECT / "corpora"
