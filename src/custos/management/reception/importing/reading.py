"""What one row of a sheet says: values, facts of the person, and what is wrong with it. No database.

A fault is a refusal (`errors`) whose field is the column; a note is one that refuses nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache, partial
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from custos.foundation import clock
from custos.foundation.codes import identity, shipped
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.separating import PAIR_KINDS
from custos.foundation.errors import CustosError, Malformed
from custos.management.reception.importing.columns import Column, columns
from custos.management.reception.importing.telling import in_both

_SEVERAL = re.compile("[;；]")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_TIME = re.compile(r"(\d{1,2})[:：时](\d{2})(?:[:：分]\d{2}秒?)?分?")
#: What a spreadsheet would run. A telephone may begin with a plus.
_RUNS = re.compile(r"^([=@\t\r]|[+-](?![\d\s()-]*$))")
_YES, _NO = {"是", "有", "y", "yes", "1", "true"}, {"", "否", "无", "n", "no", "0", "false"}


@dataclass(slots=True)
class Row:
    """One row: its number in the file, what each column says, and what was found.

    `known` are facts of the person and the stay; `values` hold what a column came to be: a code, a date.
    """

    number: int
    says: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    known: list[facts.Fact] = field(default_factory=list)
    faults: list[CustosError] = field(default_factory=list)
    notes: list[CustosError] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The custody number, by which a stay is known again."""
        return str(self.values.get("number") or "")

    def wrong(self, column: str, code: str, message: Any, mend: Any, **values: Any) -> None:
        """Note something that must be mended first."""
        self.faults.append(Malformed(f"import.{code}", message, field=column, mend=mend, **values))


def read(number: int, says: Mapping[str, str], lossy: frozenset[str] = frozenset()) -> Row:
    """Read a row. `lossy` are columns whose digits the spreadsheet has rounded away."""
    row = Row(number, says)
    for key, column in columns().items():
        text = says.get(key, "")
        row.values[key] = None
        if not text:
            if column.needed:
                row.wrong(
                    key, "empty", _("This must be filled in."), _("No row may leave it empty.")
                )
        elif key in lossy:
            row.wrong(
                key,
                "lossy",
                _("The spreadsheet has made a number of this and lost its last digits."),
                _("Format the column as text, and type the number again."),
            )
        elif len(text) > column.longest:
            row.wrong(
                key,
                "too_long",
                _("This has %(count)s characters; there is room for %(limit)s."),
                _("Shorten it."),
                count=len(text),
                limit=column.longest,
            )
        elif _RUNS.match(text):
            row.wrong(
                key,
                "runs",
                _("This begins like a formula."),
                _("Type it without the sign at its beginning."),
            )
        else:
            row.values[key] = _value(row, column, text)
    _compare(row)
    _know(row)
    return row


# ------------------------------------------------------------------ one cell


def _value(row: Row, column: Column, text: str) -> Any:
    if column.date:
        return _when(row, column, text)
    if column.yes_no:
        if text.casefold() in _YES | _NO:
            return text.casefold() in _YES
        row.wrong(column.key, "yes_no", _("This is neither yes nor no."), _("Write 是 or 否."))
        return None
    if column.several:
        return list(dict.fromkeys(part for one in _SEVERAL.split(text) if (part := one.strip())))
    if column.table:
        return _code(row, column, text)
    return text


def _when(row: Row, column: Column, text: str) -> Any:
    """A day, or an instant of local time."""
    plain = f"{text[:4]}-{text[4:6]}-{text[6:]}" if text.isdecimal() and len(text) == 8 else text
    found = _DAY.match(plain)
    rest = plain[found.end() :].strip().lstrip("T").strip() if found else ""
    at = _TIME.fullmatch(rest) if rest else None
    try:
        if found and (not rest or at):
            day = date(int(found[1]), int(found[2]), int(found[3]))
            hour = time(int(at[1]), int(at[2])) if at else time()
            if not 1900 <= day.year <= 2100:
                raise ValueError
            return day if column.date == "day" else datetime.combine(day, hour, clock.LOCAL)
    except ValueError:
        pass
    row.wrong(
        column.key,
        "date",
        _("“%(text)s” is no date."),
        _("Write it as %(example)s."),
        text=text,
        example=column.example,
    )
    return None


@cache
def meanings(table: str) -> Mapping[str, str]:
    """Code by what may be written for it: the code itself, and its meaning in both languages."""
    if table == "countries":
        titles = {code: in_both(partial(facts.country_title, code)) for code in facts.countries()}
    elif table == "pairs":
        titles = {code: in_both(partial(str, title)) for code, title in PAIR_KINDS.items()}
    else:
        titles = dict(shipped.meanings(table))
    found: dict[str, str] = {}
    for code, words in titles.items():
        for word in (*words, code):
            found.setdefault(_folded(word), code)
    return found


def _folded(word: str) -> str:
    return "".join(word.split()).casefold()


def _code(row: Row, column: Column, text: str) -> str | None:
    code = meanings(column.table).get(_folded(text))
    if code is None and column.table == "countries":
        code = _NATIONS.get(_folded(text))
    if code is None:
        row.wrong(
            column.key,
            "code",
            _("“%(text)s” is none of this column's words or codes."),
            _("The template's sheet of words and codes has them all."),
            text=text,
        )
    return code


#: What papers write for the country itself.
_NATIONS = {"中华人民共和国": "CN", "中国籍": "CN"}


# ------------------------------------------------------------------ cells against each other


def _compare(row: Row) -> None:
    says = row.values
    for key, needs in (
        ("interpreter", "language"),
        ("case_number", "authority"),
        ("authority", "authority_kind"),
        ("contact_phone", "contact_name"),
        ("contact2_phone", "contact2_name"),
        ("basis_issued_on", "basis_issuer"),
        ("basis_executed_at", "basis_issuer"),
        ("basis_valid_to", "basis_issuer"),
        ("apart_kind", "apart_group"),
    ):
        if says[key] and not row.says.get(needs, ""):
            named = columns()[key]
            row.wrong(
                needs,
                "needed_by",
                _("This must be filled in, since “%(other)s” is."),
                _("Fill it in, or leave the other empty."),
                other=_Title(named),
            )
    _compare_identity(row)


class _Title:
    """A column's heading in the language of whoever reads it."""

    def __init__(self, column: Column) -> None:
        self._column = column

    def __str__(self) -> str:
        return self._column.title(get_language() or "")


def _compare_identity(row: Row) -> None:
    """What a citizen's number says beside the row: told, and refusing nobody (GB 11643-1999)."""
    says = row.values
    number = says["identity_number"]
    if not number or (says["identity_kind"] or "resident_id") != "resident_id":
        return
    found = identity.examine(number)
    if found.fault:
        row.notes.append(
            Malformed(
                "import.unverified",
                _("The identity number doesn't check (%(fault)s); it is kept as unverified."),
                field="identity_number",
                mend=_("Compare it with the document when you can."),
                fault=_FAULTS[found.fault],
            )
        )
        return
    for key, stated in (("born", found.born), ("sex", found.sex)):
        if says[key] and says[key] != stated:
            row.notes.append(
                Malformed(
                    "import.identity_differs",
                    _("The identity number says something else than this column."),
                    field=key,
                    mend=_("Compare both with the document when you can."),
                )
            )


_FAULTS = {
    "length": _("it has not 18 characters"),
    "characters": _("it has other characters than digits"),
    "birth date": _("its date of birth is no day"),
    "check character": _("its check character is another"),
}


# ------------------------------------------------------------------ facts


def _know(row: Row) -> None:
    says = row.values

    def know(column: str, make: Callable[[], facts.Fact]) -> None:
        try:
            fact = make()
        except ValidationError as error:
            row.wrong(
                column,
                "unreadable",
                _("This can't be kept as it is: %(why)s."),
                _("Type it as it stands on the paper."),
                why="; ".join(str(one["msg"]) for one in error.errors()),
            )
            return
        found = people.faults_of(fact)
        row.faults += [_about(one, column) for one in found]
        row.known.append(fact)

    for alias in says["aliases"] or ():
        know("aliases", partial(facts.OtherName, sort="name", kind="alias", text=alias))
    if number := says["identity_number"]:
        know(
            "identity_number",
            partial(
                facts.IdentityPaper,
                sort="identity",
                kind=says["identity_kind"] or "resident_id",
                number=number,
                issuer="",
                valid_to=None,
            ),
        )
    if state := says["identified"]:
        know("identified", partial(facts.Identified, sort="identified", state=state, how=""))
    if country := says["nationality"]:
        know("nationality", partial(facts.Nationality, sort="nationality", country=country))
    if language := says["language"]:
        know(
            "language",
            partial(
                facts.Language,
                sort="language",
                language=language,
                interpreter=bool(says["interpreter"]),
            ),
        )
    for key, kind in (("diet", "diet"), ("aids", "aid"), ("care", "care")):
        if text := says[key]:
            know(key, partial(facts.Need, sort="need", kind=kind, text=text))
    if issuer := says["basis_issuer"]:
        know("basis_issuer", partial(_basis, says, issuer))
    if authority := says["authority"]:
        know(
            "authority",
            partial(
                facts.Authority,
                sort="authority",
                kind=says["authority_kind"] or "other",
                name=authority,
                code="",
                case_number=says["case_number"] or "",
                since=None,
            ),
        )
    for charge in says["charges"] or ():
        know("charges", partial(_charge, charge))
    for prefix, kind in (("contact", "emergency"), ("contact2", "family")):
        if name := says[f"{prefix}_name"]:
            know(f"{prefix}_name", partial(_contact, says, prefix, kind, name))


def _basis(says: Mapping[str, Any], issuer: str) -> facts.Fact:
    title = says["basis"] or ""
    return facts.Basis(
        sort="basis",
        kind=meanings("custos.basis").get(_folded(title), "other"),
        number=says["basis_number"] or "—",
        issuer=issuer,
        issued_on=says["basis_issued_on"],
        executed_at=says["basis_executed_at"],
        valid_to=says["basis_valid_to"],
        seal=False,
        matches=False,
        note="",
    )


def _charge(text: str) -> facts.Fact:
    code = meanings("custos.charge").get(_folded(text), "other")
    return facts.Charge(sort="charge", code=code, article="", name=text if code == "other" else "")


def _contact(says: Mapping[str, Any], prefix: str, kind: str, name: str) -> facts.Fact:
    return facts.Contact(
        sort="contact",
        kind=kind,
        name=name,
        relation=says[f"{prefix}_relation"] or "99",
        phone=says[f"{prefix}_phone"] or "",
        note="",
    )


def _about(error: CustosError, column: str) -> CustosError:
    """The same fault, of a column."""
    error.field = column
    return error


def all_of(
    heading: Sequence[Column | None],
    rows: Sequence[tuple[int, list[str]]],
    lossy: frozenset[tuple[int, int]] = frozenset(),
) -> list[Row]:
    """Every row of a sheet, read by its heading."""
    known = [(at, column.key) for at, column in enumerate(heading) if column]
    found = []
    for number, cells in rows:
        says = {key: cells[at] if at < len(cells) else "" for at, key in known}
        row = read(
            number,
            says,
            frozenset(key for at, key in known if (number, at) in lossy) if lossy else frozenset(),
        )
        if any(cells[len(heading) :]):
            row.wrong(
                "",
                "too_wide",
                _("This row has more cells than the heading."),
                _("Put quotation marks around what has commas in it."),
            )
        found.append(row)
    return found
