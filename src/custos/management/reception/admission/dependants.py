"""Children and others who depend on somebody, as rows of plain fields; one row more than are filled in."""

from dataclasses import asdict, astuple, dataclass
from datetime import date
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext

from custos.foundation.codes import shipped
from custos.foundation.ui.dates import DAY, DayInput, spelled

#: How many one form takes; whoever has more has them recorded in the file.
MOST = 12
LONGEST = 200
RELATIONS = "GB/T 4761-2008"


@dataclass(frozen=True, slots=True)
class Typed:
    """One row as it was typed."""

    name: str = ""
    relation: str = ""
    born: str = ""
    place: str = ""
    carer: str = ""

    def __str__(self) -> str:
        relation = shipped.title(RELATIONS, self.relation) if self.relation else ""
        carer = self.carer or gettext("nobody cares for them")
        return " · ".join(one for one in (self.name, relation, self.born, self.place, carer) if one)


_PARTS = tuple(Typed.__dataclass_fields__)


class Rows(forms.Widget):
    """The rows, each with a label of its own."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Typed]:
        """The rows that have something."""
        rows = (
            Typed(**{part: (data.get(f"{name}-{at}-{part}") or "").strip() for part in _PARTS})
            for at in range(MOST)
        )
        return [row for row in rows if any(astuple(row))]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the form was sent without any row of it."""
        return not any(key.startswith(f"{name}-") for key in data)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The rows that are filled in and one more."""
        rows = list(value or [])
        shown = [*rows, *[Typed()] * (1 if len(rows) < MOST else 0)]
        day = DayInput(plain=True)
        context = {
            "name": name,
            "id": (attrs or {}).get("id", name),
            "described": (attrs or {}).get("aria-describedby", ""),
            "rows": [
                (at, row, day.render(f"{name}-{at}-born", row.born, {"class": "form-control"}))
                for at, row in enumerate(shown)
            ],
            "relations": [
                (code, shipped.title(RELATIONS, code)) for code in shipped.meanings(RELATIONS)
            ],
            "longest": LONGEST,
        }
        return render_to_string("reception/admission/_dependants.html", context)


class Dependants(forms.Field):
    """Those who depend on somebody. Who is cared for by nobody has no carer.

    Cleans to a list of dictionaries with `name`, `relation` (GB/T 4761-2008), `born` (a date or None),
    `place` and `carer`.
    """

    widget = Rows

    def clean(self, value: list[Typed]) -> list[dict[str, Any]]:
        """Each row whole. Raises `ValidationError` that names every row that isn't."""
        faults, found = [], []
        for number, row in enumerate(value or [], 1):
            born = _day(row.born)
            if not row.name or row.relation not in shipped.meanings(RELATIONS):
                faults.append(
                    gettext("Row %(number)s: say the name and the relation.") % {"number": number}
                )
            elif row.born and born is None:
                faults.append(gettext("Row %(number)s: this is no date.") % {"number": number})
            elif any(len(part) > LONGEST for part in astuple(row)):
                faults.append(gettext("Row %(number)s: this is too long.") % {"number": number})
            found.append(asdict(row) | {"born": born})
        if faults:
            raise forms.ValidationError(faults)
        return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(spelled(text, DAY)) if text else None
    except ValueError:
        return None
