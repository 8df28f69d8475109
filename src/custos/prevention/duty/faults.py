"""What is wrong with a rule file, as a code with values; `information.catalogue` puts it into words."""

from typing import Any


class Fault(ValueError):
    """One fault of a rule file. Pure, so that engines may raise it."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code, values)
        self.code, self.values = code, values

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.code} ({said})" if said else self.code
