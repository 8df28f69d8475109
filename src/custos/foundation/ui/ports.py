"""What the shell asks of the layers above it, which fill it in at start-up.

This module stands below accounts and the record, and may not import them. `accounts` sets these in
its `AppConfig.ready`; until then the shell shows nobody, which is the safe side.
"""

from collections.abc import Callable, Sequence
from typing import Any

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
