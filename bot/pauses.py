"""Python's own pauses, kept short: while one of them lasts, nobody is answered.

A thread lets another one go on after the switch interval; at its default of 5 ms a model being built would
make every answer stutter. And a full garbage collection looks at every container there is, which with
many models in memory takes half a second. So what has survived one is set aside (frozen), and the next
looks only at what came since. What was set aside and became garbage later is found by `collect_all`.
"""

import gc
import sys

SWITCH = 0.0005
"""Seconds."""
FULL = 2
"""The generation of a full collection."""


def begin() -> None:
    """From now on."""
    sys.setswitchinterval(SWITCH)
    if _set_aside not in gc.callbacks:
        gc.callbacks.append(_set_aside)


def end() -> None:
    """As if nothing had ever been set aside."""
    if _set_aside in gc.callbacks:
        gc.callbacks.remove(_set_aside)
    gc.unfreeze()


def collect_all() -> None:
    """One long pause, for what the short ones left."""
    gc.unfreeze()
    gc.collect()


def _set_aside(phase: str, info: dict[str, int]) -> None:
    if phase == "stop" and info["generation"] == FULL:
        gc.freeze()
