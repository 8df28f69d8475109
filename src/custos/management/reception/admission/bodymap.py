"""The body map: a drawing of front and back with the injuries on it, and the list that says the same.

The list is what counts and is typed into plain fields; the drawing repeats it, and needs no script.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

#: How many injuries one protocol lists; whoever has more is examined by a hospital.
MOST = 30
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the body: its name, and where the middle of it is in the drawing (200 × 220)."""

    title: Any
    x: int
    y: int


#: Left and right are the person's own. Front on the left half of the drawing, back on the right.
REGIONS: dict[str, Region] = {
    "head_front": Region(_("Head, face"), 50, 20),
    "neck_front": Region(_("Neck, front"), 50, 40),
    "chest": Region(_("Chest"), 50, 62),
    "abdomen": Region(_("Abdomen"), 50, 88),
    "groin": Region(_("Groin"), 50, 112),
    "right_arm_front": Region(_("Right arm, front"), 24, 74),
    "left_arm_front": Region(_("Left arm, front"), 76, 74),
    "right_hand": Region(_("Right hand, wrist"), 17, 112),
    "left_hand": Region(_("Left hand, wrist"), 83, 112),
    "right_thigh_front": Region(_("Right thigh, front"), 41, 138),
    "left_thigh_front": Region(_("Left thigh, front"), 59, 138),
    "right_shin": Region(_("Right knee, shin"), 41, 176),
    "left_shin": Region(_("Left knee, shin"), 59, 176),
    "right_foot": Region(_("Right foot"), 39, 206),
    "left_foot": Region(_("Left foot"), 61, 206),
    "head_back": Region(_("Head, back"), 150, 20),
    "neck_back": Region(_("Neck, back"), 150, 40),
    "upper_back": Region(_("Upper back"), 150, 62),
    "lower_back": Region(_("Lower back"), 150, 88),
    "buttocks": Region(_("Buttocks"), 150, 112),
    "left_arm_back": Region(_("Left arm, back"), 124, 74),
    "right_arm_back": Region(_("Right arm, back"), 176, 74),
    "left_thigh_back": Region(_("Left thigh, back"), 141, 138),
    "right_thigh_back": Region(_("Right thigh, back"), 159, 138),
    "left_calf": Region(_("Left calf"), 141, 176),
    "right_calf": Region(_("Right calf"), 159, 176),
}

SORTS: dict[str, Any] = {
    "bruise": _("Bruise"),
    "abrasion": _("Abrasion"),
    "cut": _("Cut"),
    "stab": _("Stab wound"),
    "burn": _("Burn"),
    "swelling": _("Swelling"),
    "fracture": _("Fracture, suspected"),
    "restraint_mark": _("Mark of restraints"),
    "scar": _("Old scar"),
    "other": _("Other"),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """One row as it was typed."""

    region: str = ""
    sort: str = ""
    size_mm: str = ""
    words: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.region or self.sort or self.size_mm or self.words)

    def __str__(self) -> str:
        region, sort = REGIONS.get(self.region), SORTS.get(self.sort, self.sort)
        told = [str(region.title) if region else self.region, str(sort)]
        if self.size_mm:
            told.append(f"{self.size_mm} mm")
        return " · ".join(one for one in (*told, self.words) if one)


_PARTS = ("region", "sort", "size_mm", "words")


class BodyMap(forms.Widget):
    """Rows of plain fields, one more than are filled in, beside the drawing."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Typed]:
        """The rows that have something."""
        rows = []
        for at in range(MOST):
            parts = {part: (data.get(f"{name}-{at}-{part}") or "").strip() for part in _PARTS}
            if not (row := Typed(**parts)).empty:
                rows.append(row)
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the form was sent without any row of it."""
        return not any(key.startswith(f"{name}-") for key in data)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        """The drawing and the rows."""
        rows = list(value or [])
        shown = [*rows, *[Typed()] * (1 if len(rows) < MOST else 0)]
        marks = [
            (number, REGIONS[row.region], row)
            for number, row in enumerate(rows, 1)
            if row.region in REGIONS
        ]
        context = {
            "name": name,
            "id": (attrs or {}).get("id", name),
            "described": (attrs or {}).get("aria-describedby", ""),
            "rows": list(enumerate(shown)),
            "marks": marks,
            "regions": REGIONS,
            "sorts": SORTS,
            "longest": LONGEST,
        }
        return render_to_string("reception/admission/_body_map.html", context)


class Injuries(forms.Field):
    """The injuries, each with a place, a sort, a size in millimetres where it has one, and words.

    Cleans to a list of dictionaries with `region`, `sort`, `size_mm` (a whole number or None), `words`.
    """

    widget = BodyMap

    def clean(self, value: list[Typed]) -> list[dict[str, Any]]:
        """Each row whole. Raises `ValidationError` that names every row that isn't."""
        faults, found = [], []
        for number, row in enumerate(value or [], 1):
            size = int(row.size_mm) if row.size_mm.isdecimal() and len(row.size_mm) < 5 else None
            if row.region not in REGIONS or row.sort not in SORTS:
                faults.append(
                    gettext("Injury %(number)s: say where and of which sort.") % {"number": number}
                )
            elif row.size_mm and not (size and size <= 2000):
                faults.append(
                    gettext("Injury %(number)s: the size is a number of millimetres.")
                    % {"number": number}
                )
            elif len(row.words) > LONGEST:
                faults.append(gettext("Injury %(number)s: this is too long.") % {"number": number})
            found.append(
                {"region": row.region, "sort": row.sort, "size_mm": size, "words": row.words}
            )
        if faults:
            raise forms.ValidationError(faults)
        return found
