"""Running what is in `benchmarks/`: each module there has `run(scale)`, which returns figures."""

import importlib
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import psutil

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its target; `lower_is_better` for times."""

    name: str
    value: float
    unit: str
    target: float | None = None
    lower_is_better: bool = False

    @property
    def reached(self) -> bool:
        """Whether the target is met; a figure without one always does."""
        if self.target is None:
            return True
        return self.value <= self.target if self.lower_is_better else self.value >= self.target


def names() -> list[str]:
    """What can be measured."""
    return sorted(file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_"))


def run(name: str, scale: float = 1.0) -> list[Figure]:
    """Measure, and return the figures."""
    if name not in names():
        raise click.ClickException(f"there is no bench named {name}; known: {', '.join(names())}")
    # The benches stand beside the package, in a checkout; the program's script does not look there.
    sys.path.insert(0, str(FOLDER.parent))
    found: list[Figure] = importlib.import_module(f"benchmarks.{name}").run(scale)
    return found


def machine() -> str:
    """What was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.platform()}, Python {platform.python_version()}"
    return f"{psutil.cpu_count()} cores, {memory:.0f} GiB, {system}"


def as_text(figures: Sequence[Figure]) -> str:
    """Figures in lines, targets beside them."""
    lines = [machine()]
    for figure in figures:
        target = ""
        if figure.target is not None:
            bound = "≤" if figure.lower_is_better else "≥"
            verdict = "reached" if figure.reached else "MISSED"
            target = f"   target {bound} {figure.target:,g} {figure.unit}   {verdict}"
        lines.append(f"{figure.name:44} {figure.value:>14,.2f} {figure.unit:12}{target}")
    return "\n".join(lines)


def as_json(figures: Sequence[Figure]) -> str:
    """The same for a program."""
    rows = [
        {
            "name": one.name,
            "value": one.value,
            "unit": one.unit,
            "target": one.target,
            "reached": one.reached,
        }
        for one in figures
    ]
    return json.dumps({"machine": machine(), "figures": rows}, ensure_ascii=False)
