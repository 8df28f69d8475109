"""Work for several processes: what the processor bounds is done by as many of them as there are cores."""

import gc
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def each(work: Callable[[Part], Result], parts: Sequence[Part], processes: int) -> list[Result]:
    """What a function comes to for each part, in their order, by so many processes.

    With one process, or one part, it is done here, in the caller's transaction. Elsewhere the function
    opens its own scope.
    """
    if processes < 2 or len(parts) < 2:
        return [work(part) for part in parts]
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin) as pool:
        return list(pool.map(work, parts))


def _begin() -> None:
    """Make a process ready, and let nobody look for circles of objects in it.

    It lives as long as the work, which makes none; looking for them takes a fifth of the time.
    """
    import django

    django.setup()
    gc.freeze()
    gc.disable()
