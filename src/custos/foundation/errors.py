"""What goes wrong, in words that people can act on.

Services raise these and nothing else for what a caller can mend. Views and the API translate them;
nothing in between catches them.
"""

from collections.abc import Sequence
from typing import Any


class CustosError(Exception):
    """A refusal with a code, a sentence for the user, the field it is about and how to mend it.

    `message` and `mend` are lazy translations, so that one error reads in the language of whoever
    sees it; `params` fills their `%(name)s` places.
    """

    status = 400

    def __init__(
        self, code: str, message: Any, *, field: str = "", mend: Any = "", **params: Any
    ) -> None:
        super().__init__(code)
        self.code, self.field = code, field
        self._message, self._mend, self._params = message, mend, params
        self._others: tuple[CustosError, ...] = ()

    def _filled(self, text: Any) -> str:
        return str(text) % self._params if self._params and text else str(text)

    @property
    def message(self) -> str:
        """What happened, in the active language."""
        return self._filled(self._message)

    @property
    def mend(self) -> str:
        """What the reader can do about it, in the active language; empty where nothing helps."""
        return self._filled(self._mend)

    @property
    def words(self) -> str:
        """What happened and what to do as one text; Chinese sentences follow without a space."""
        space = " " if self.message.isascii() or self.message[-1:] not in "。！？；：" else ""
        return f"{self.message}{space}{self.mend}".strip()

    @property
    def findings(self) -> tuple["CustosError", ...]:
        """This refusal and what else was found wrong with it, so that all is mended at once."""
        return (self, *self._others)

    def __str__(self) -> str:
        return f"{self.code}: {self.words}"


class NotAllowed(CustosError):
    """The law, a rule or the caller's post forbids it."""

    status = 403


class Conflict(CustosError):
    """Somebody else was first, or the state has moved on."""

    status = 409


class Missing(CustosError):
    """There is no such thing, or none in the caller's scope; the two are not told apart."""

    status = 404


class Malformed(CustosError):
    """The input cannot be read as what it should be."""

    status = 422


def raise_all(found: Sequence[CustosError]) -> None:
    """Raise the first of what was found, which carries the others; nothing where nothing was."""
    if found:
        found[0]._others = tuple(found[1:])
        raise found[0]
