"""The second clock, beside the clock: windows and totals, from tables and from the replay alone.

As `reference` does it shares nothing with the engine. Every row was typed from the articles: what is to be
done, by when, and by which paper it is answered.
"""

import itertools
from datetime import date, datetime, timedelta

from custos.foundation.limits.tests import reference
from custos.foundation.limits.tests.reference import (
    ONE,
    POLICE,
    Replay,
    Row,
    When,
    spc,
    term,
    until_midnight,
)

HOUR = timedelta(hours=1)
DETAINED = {"S10", "S12", "S13"}
BEFORE_COURT = {"S11", "S12", "S13", "S30", "S31", "S32"} | POLICE
COURTS = {"S40", "S41", "S42", "S43", "S44", "S45", "S60"}

#: Counted back from the end of a stage: hours before it.
BEFORE_DUE = {
    "MPS-C-148": ({"S20", "S21", "S22"}, [7 * 24]),
    "SPC-210-REQUEST": ({"S40", "S45", "S60"}, [15 * 24, 5 * 24]),
    "SPC-170-4": (COURTS - {"S43"}, [0]),
    "AL-1-SHORT": ({"S10"}, [24]),
    "AL-2": (BEFORE_COURT | COURTS | {"S90"}, [7 * 24, 5 * 24, 3 * 24, 24]),
    "AL-4": (BEFORE_COURT | COURTS | {"S10", "S50", "S90", "S95", "extradition_detention"}, [0]),
    "AL-5": (BEFORE_COURT | COURTS | {"S10"}, [0]),
    "AL-7": ({"S81"}, [30 * 24, 7 * 24, 24]),
    "AL-12": ({"foreigner_review"}, [7 * 24, 3 * 24]),
    "EXTRADITION-NEAR": ({"extradition_detention"}, [7 * 24, 3 * 24]),
    "DREG-33": ({"compulsory_treatment"}, [3 * 24]),
}
#: Opened by a fact: which facts, months, days or hours after it (several steps), what answers it.
MOVES = {
    "prosecution_received",
    "returned_for_investigation",
    "trial_accepted",
    "supplementary_investigation_started",
    "supplementary_investigation_ended",
    "second_instance_accepted",
    "remanded_for_retrial",
    "death_review_received",
    "jurisdiction_changed",
}
CHANGES = {
    "extension",
    "new_major_crime",
    "identity_unknown",
    "trial_suspended",
    "trial_resumed",
}
STOPS = {"psychiatric_exam_started", "psychiatric_exam_ended", "identity_established"}
AT_ONCE = {
    "serious_illness",
    "pregnant_or_nursing",
    "sole_supporter",
    "carer_of_minor",
    "exceeds_likely_sentence",
    "evidence_changed",
    "minor",
}
AFTER_FACT = {
    "CPL-94": ({"arrest"}, [("h", 24)], None),
    "CPL-93": ({"arrest"}, [("h", 24)], None),
    "CPL-97": ({"application_received"}, [("d", 3)], None),
    "CPL-99": ({"application_received"}, [("d", 3)], None),
    "CPL-95": ({"application_received"}, [("d", 10)], None),
    "NECESSITY-2023": ({"application_received"}, [("d", 0)], None),
    "HX2006-8-REPORT": ({"wrongful_custody_found"}, [("d", 3)], None),
    "AL-3": (MOVES, [("d", 0)], "transfer_of_custody"),
    "HY2014-TRANSFER": (MOVES, [("d", 0)], "transfer_of_custody"),
    "HY2014-CHANGED": (CHANGES, [("d", 0)], "changed_limit_notice"),
    "HY2014-3D": (STOPS, [("d", 3)], "changed_limit_notice"),
    "AL-6": ({"application_received"}, [("h", 24)], None),
    "AL-8": ({"execution_notice_received"}, [("d", 20), ("d", 28)], None),
    "AL-9": ({"judgment_received"}, [("d", 1)], None),
    "AL-10": ({"judgment_effective"}, [("d", 10)], "execution_notice_received"),
    "CL-43": ({"sentence"}, [("m", 1)], None),
    "SPC-513": ({"execution_notice_received"}, [("d", 0)], None),
    "SPC-515": ({"outside_service"}, [("d", 10)], None),
    "MPS-C-302": ({"parole"}, [("d", 0)], None),
    "CPL-79-BAIL": ({"bail"}, [("m", 12)], None),
    "CPL-79-RESIDENCE": ({"residential_surveillance"}, [("m", 6)], None),
}
#: Only for facts that say so.
ONLY = {
    "CPL-97": ("kind", {"change_measure"}),
    "CPL-99": ("kind", {"expired"}),
    "CPL-95": ("kind", {"necessity"}),
    "NECESSITY-2023": ("ground", AT_ONCE),
    "CL-43": ("kind", {"criminal_detention_term"}),
}
#: How long a span of stages may last at most: months, days.
TOTALS = {
    "MAX-POLICE": ({"S10", "S11"}, 0, 37),
    "MAX-PROCURATORATE": ({"S12"}, 0, 17),
    "MAX-SUPERVISION": ({"S13"}, 0, 14),
    "MAX-INVESTIGATION": ({"S20", "S21", "S22"}, 7, 0),
    "MAX-REVIEW": ({"S30", "S31", "S32"}, 5, 45),
    "MAX-FIRST-INSTANCE": ({"S40", "S45"}, 6, 0),
    "MAX-SECOND-INSTANCE": ({"S60"}, 4, 0),
}


def beside(world: Replay, case: dict) -> dict:
    """Every window as (rule, instant, stage, fact, answered), and every total, of a replay."""
    today = date.fromisoformat(case["as_of"])
    windows: list[tuple] = []
    for number, row in enumerate(world.rows):
        day = today if row is world.row else reference.last_seen(row)
        for name, at in _of_row(row, row.due(day)):
            left = _free(world.rows, number) if name in OWED else row.over
            windows.append((name, at, number, None, left is not None and left < at))
    used = [
        (event, When(event["at"], place))
        for place, event in enumerate(case["events"])
        if not world.refused(place)
    ]
    for number, (event, when) in enumerate(used):
        for name, (kinds, steps, answer) in AFTER_FACT.items():
            if event["type"] not in kinds or not _wanted(name, event, when):
                continue
            if name == "AL-8" and _serves_here(world.rows, when):
                continue
            done = answer is not None and _answered(name, answer, used[number + 1 :])
            windows += [(name, _later(when, *step), None, when.place, done) for step in steps]
    return {"windows": sorted(windows, key=repr), "totals": sorted(_totals(world, today))}


def _serves_here(rows: list[Row], notice: When) -> bool:
    """A.9: criminal detention, and a term of which three months are left or less; everyone else must go."""
    return any(row.state == "S81" and row.began >= notice.moment for row in rows)


#: Owed to whoever was detained, however the case goes on, until they are free.
OWED = {"CPL-85", "CPL-86"}


def _free(rows: list[Row], number: int) -> datetime | None:
    """When custody ended in which a row stands: where no other row follows at once."""
    for row, following in itertools.pairwise(rows[number:]):
        if row.over is None or following.began > row.over:
            return row.over
    return rows[-1].over


def _of_row(row: Row, due: datetime | None) -> list[tuple[str, datetime]]:
    found = []
    if due is not None:
        for name, (states, hours) in BEFORE_DUE.items():
            if row.state in states:
                found += [(name, due - count * HOUR) for count in hours]
        if row.state == "S10" and row.length[1] > 7:
            found.append(("AL-1", due - 3 * ONE))
        if row.state == "S50":
            found.append(("CPL-230-FILING", _first_working_day(due)))
        if row.state == "compulsory_treatment":
            found.append(("AL-11", due - 60 * ONE))
    if row.state in DETAINED:
        found += [(name, row.began + 24 * HOUR) for name in ("CPL-86", "CPL-85")]
    if row.state == "S82":
        found.append(("SPC-505", until_midnight(row.began.date()) if row.only_day else row.began))
    if row.state == "removal_pending":
        found.append(("EE-63-REVIEW", until_midnight(row.began.date() + 7 * ONE)))
    if row.state == "compulsory_treatment":
        for years, months in ((0, 11), (1, 0)):
            found.append(("AL-11", until_midnight(min(term(row.origin, years, months, 0)))))
        for months in (3, 6):
            found.append(("DREG-27-POLICE", until_midnight(spc(row.began.date(), months))))
    return found


#: Days off by the State Council's notices, first and last, and the weekend days that were worked.
OFF = """
2023: 0101-0102 0121-0127 0405-0405 0429-0503 0622-0624 0929-1006
2024: 0101-0101 0210-0217 0404-0406 0501-0505 0610-0610 0915-0917 1001-1007
2025: 0101-0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008
2026: 0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007
"""
WORKED = """
2023: 0128 0129 0423 0506 0625 1007 1008
2024: 0204 0218 0407 0428 0511 0914 0929 1012
2025: 0126 0208 0427 0928 1011
2026: 0104 0214 0228 0509 0920 1010
"""


def _days(table: str) -> set[date]:
    found = set()
    for line in table.split("\n"):
        year, _, spans = line.partition(": ")
        for span in spans.split():
            first, _, last = span.partition("-")
            day = date.fromisoformat(year + first)
            while day.strftime("%m%d") <= (last or first):
                found.add(day)
                day += ONE
    return found


FREE, EXTRA = _days(OFF), _days(WORKED)


def _first_working_day(due: datetime) -> datetime:
    """To file an appeal, and for nothing else; where no notice is known nothing moves."""
    day = (due - timedelta(seconds=1)).date()
    while 2023 <= day.year <= 2026:
        if day in EXTRA or (day.weekday() < 5 and day not in FREE):
            return until_midnight(day)
        day += ONE
    return due


def _wanted(name: str, event: dict, when: When) -> bool:
    if name == "NECESSITY-2023" and when.day < date(2023, 12, 1):
        return False
    field, values = ONLY.get(name, ("", set()))
    return not field or event.get(field) in values


def _later(when: When, unit: str, count: int) -> datetime:
    if unit == "h":
        return when.moment + count * HOUR
    if unit == "m":
        return until_midnight(spc(when.day, count))
    return when.at_once if count == 0 else until_midnight(when.day + count * ONE)


def _answered(name: str, answer: str, later: list[tuple[dict, When]]) -> bool:
    halves: set[str] = set()
    for event, _ in later:
        if answer != "transfer_of_custody" and event["type"] == answer:
            return True
        if answer == "transfer_of_custody":
            if event["type"] in MOVES:
                break
            if event["type"] == answer:
                halves.add(event.get("half", "both"))
    return "both" in halves or len(halves) == 2


def _totals(world: Replay, today: date) -> list[tuple[str, date, date, bool]]:
    found = []
    for name, (states, months, days) in TOTALS.items():
        spans: list[list[Row]] = []
        for row in world.rows:
            if row.state in states:
                if not spans or row.anew:
                    spans.append([])
                spans[-1].append(row)
        for span in spans:
            most, due, steps = 0, date.min, set()
            for row in span:
                day = today if row is world.row else reference.last_seen(row)
                most = max(most, row.left_out(day))
                end = row.due(day)
                if end is not None:
                    due = max(due, (end - timedelta(seconds=1)).date())
                steps |= set(row.steps)
            last = spc(span[0].origin, months) + (days + most) * ONE
            over = due > last and "supreme" not in steps
            found.append((name, span[0].origin, last, over))
    return found
