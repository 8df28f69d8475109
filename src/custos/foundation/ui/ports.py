"""What the shell asks of the layers above it, which fill it in at start-up.

This module stands below accounts and the record, and may not import them. `accounts` sets these in
its `AppConfig.ready`, and `custody` what shows people; until then the shell shows nobody, which is the safe
side.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest


def _nobody(_request: HttpRequest) -> None:
    return None


#: As what a request acts just now, looked up afresh: an object with `.scope`, or None.
acting_of: Callable[[HttpRequest], Any] = _nobody

#: The roles of the demo's sign-in page: `.username`, `.post`, and `.name`, `.sees` by language.
demo_roles: Callable[[], Sequence[Any]] = tuple

#: The title of a post by its code.
post_title: Callable[[str], Any] = str

#: The title of a kind of entry by its name.
kind_title: Callable[[str], Any] = str


def _no_people(_stays: Iterable[UUID]) -> Mapping[UUID, Any]:
    return {}


#: People by their stays, as chips show them and noted in the access log, as far as the scope has them.
people_of: Callable[[Iterable[UUID]], Mapping[UUID, Any]] = _no_people


def _no_numbers(_detainees: Iterable[UUID]) -> Mapping[UUID, str]:
    return {}


#: The custody number by which somebody is known, by the person's identifier: it names nobody.
numbers_of: Callable[[Iterable[UUID]], Mapping[UUID, str]] = _no_numbers


def _nobody_of(_number: str) -> Sequence[UUID]:
    return ()


#: The records of one person, by a whole custody number of theirs; none where the scope has no such number.
people_by_number: Callable[[str], Sequence[UUID]] = _nobody_of


def _no_operator(_acting: Any) -> bool:
    return False


#: Whether somebody looks after the system itself, as the gallery asks outside a demo.
is_operator: Callable[[Any], bool] = _no_operator


def sees_gallery(acting: Any) -> bool:
    """Whether somebody may look at the gallery: everybody in a demo, else system administrators."""
    return bool(acting) and (settings.DEMO or is_operator(acting))
