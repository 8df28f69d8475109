"""What `custos shift` says and does; thin."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

from custos.config.shift import client, crew
from custos.config.shift.playing import Playing
from custos.foundation import clock

_TICK = 1.0


class _Ended(Exception):
    """A signal asked us to end."""


def run(data: Path, port: int, seed: int, say: Callable[[str], None]) -> None:
    """Play until SIGINT or SIGTERM. Raises `crew.NotADemo`."""
    there = crew.of(data)
    asked_to_end = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda _signal, _frame: asked_to_end.set())

    def wait(seconds: float) -> None:
        if asked_to_end.wait(seconds):
            raise _Ended

    for line in announcement(there):
        say(line)
    asking = client.Client(client.to_this_machine(port), wait)
    play = Playing(there, asking, seed, say, lambda at: at.astimezone(clock.LOCAL))
    try:
        while True:
            play.play(clock.now())
            wait(_TICK)
    except _Ended:
        say("The shift is no longer played.")


def announcement(there: crew.Crew) -> list[str]:
    """What is played, and what is left to people."""
    posts = [post.replace("_", " ") for post in there.posts]
    return [
        f"This plays the shift of {there.facility}, a demo in which everybody is invented.",
        f"  played: {', '.join(posts)}; rounds in {'、'.join(there.areas)}",
        f"  left to you: the patrol of {there.left}, and what the duty leader decides",
    ]
