"""Charts: what is drawn, always with its numbers as a table behind it. Pure.

Bars begin at zero. A threshold is drawn in with its source. A value that is missing is a gap and a word,
never a zero. The drawing itself is Apache ECharts' in the browser (`{% chart %}`, and
`{% chart_scripts %}` in the page's `scripts` block); without it the table stands open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound, what it is, and by whose word."""

    value: float
    title: Any
    source: Any


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one set of bars; None where no value is known."""

    title: Any
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: `name` is unique on its page, `says` is what a reader should take from it."""

    name: str
    title: Any
    says: Any
    unit: Any
    labels: Sequence[Any]
    series: Sequence[Series]
    kind: Literal["bar", "line"] = "bar"
    threshold: Threshold | None = None
    label_title: Any = ""

    def __post_init__(self) -> None:
        wrong = [s.title for s in self.series if len(s.values) != len(self.labels)]
        if wrong:
            raise ValueError(f"series without a value for each label: {wrong}")

    @property
    def rows(self) -> list[tuple[Any, list[float | None]]]:
        """The table: each label with its values."""
        return [
            (label, [series.values[at] for series in self.series])
            for at, label in enumerate(self.labels)
        ]

    @property
    def missing(self) -> int:
        """How many values are not known."""
        return sum(value is None for series in self.series for value in series.values)

    def spec(self, words_missing: str) -> dict[str, Any]:
        """What the browser draws, in words of the reader's language."""
        bound = self.threshold
        return {
            "kind": self.kind,
            "unit": str(self.unit),
            "label_title": str(self.label_title),
            "labels": [str(label) for label in self.labels],
            "series": [{"title": str(s.title), "values": list(s.values)} for s in self.series],
            "threshold": bound
            and {
                "value": bound.value,
                "short": f"{bound.title} {bound.value:g}",
                "title": f"{bound.title} {bound.value:g} · {bound.source}",
            },
            "missing": words_missing,
        }
