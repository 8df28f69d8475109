"""The second clock: tables and one replay, sharing nothing with the engine but the form of a case.

It reads only well-formed events that stand in order, as `cases.made()` makes them. Every table here was
typed from the articles. Where a text leaves a doubt it holds both dates and takes the earlier, and a
paper that doesn't fit is passed over, so that the end stays.
"""

import calendar
import itertools
from datetime import date, datetime, time, timedelta

ONE = timedelta(days=1)
MIDNIGHT = time()

#                 months, days, readings, whose clock a pause stops
STAGES = {
    "S10": (0, 3, "dh", "p"),
    "S11": (0, 7, "d", "p"),
    "S12": (0, 14, "d", "p"),
    "S13": (0, 10, "d", "p"),
    "S20": (2, 0, "mp", "p"),
    "S30": (1, 0, "m", "p"),
    "S31": (0, 10, "d", "p"),
    "S32": (1, 0, "m", "p"),
    "S40": (2, 0, "m", "pt"),
    "S41": (0, 20, "d", "pt"),
    "S42": (0, 10, "d", "pt"),
    "S43": (1, 0, "m", "p"),
    "S44": (3, 0, "m", "pt"),
    "S45": (2, 0, "m", "pt"),
    "S50": (0, 10, "d", ""),
    "S60": (2, 0, "m", "ptf"),
    "S70": (0, 0, "", ""),
    "S80": (0, 10, "d", ""),
    "S81": (0, 0, "", ""),
    "S82": (0, 7, "d", ""),
    "S90": (0, 30, "d", ""),
    "administrative_detention": (0, 0, "d", "l"),
    "judicial_detention": (0, 0, "d", "l"),
    "foreigner_review": (0, 30, "d", ""),
    "extradition_detention": (0, 30, "d", ""),
    "compulsory_treatment": (0, 0, "", ""),
    "removal_pending": (0, 0, "", ""),
}
POLICE = {"S20", "S21", "S22", "S23"}
NO_LIMIT = {"S70", "removal_pending"}

#: Which stage a fact opens, and from where.
ANYBODY = {"-"}
OPENS = {
    "criminal_detention": ("S10", ANYBODY | {"administrative_detention", "judicial_detention"}),
    "arrest_request_received": ("S11", ANYBODY | {"S10"}),
    "arrest": (
        "S20",
        ANYBODY | {"S10", "S11", "S12", "S13", "administrative_detention", "judicial_detention"},
    ),
    "procuratorate_detention": (
        "S12",
        ANYBODY | {"administrative_detention", "judicial_detention"},
    ),
    "supervision_detention": (
        "S13",
        ANYBODY | {"administrative_detention", "judicial_detention", "S30", "S31"},
    ),
    "prosecution_received": ("S30", ANYBODY | {"S20", "S21", "S22", "S23", "S32"}),
    "returned_for_investigation": ("S32", {"S30", "S31"}),
    "trial_accepted": ("S40", ANYBODY | {"S30", "S31"}),
    "supplementary_investigation_started": ("S43", {"S40", "S41", "S42"}),
    "supplementary_investigation_ended": ("S40", {"S43"}),
    "judgment_received": ("S50", ANYBODY | {"S40", "S41", "S42", "S44", "S45"}),
    "second_instance_accepted": ("S60", ANYBODY | {"S50"}),
    "remanded_for_retrial": ("S40", {"S60", "S70"}),
    "judgment_effective": ("S80", ANYBODY | {"S44", "S50", "S60", "S70"}),
    "death_review_received": ("S70", ANYBODY | {"S50", "S60"}),
    "death_order_received": ("S82", ANYBODY | {"S70", "S80"}),
    "revocation_arrest": ("S90", ANYBODY),
    "administrative_detention": (
        "administrative_detention",
        ANYBODY | {"administrative_detention"},
    ),
    "judicial_detention": ("judicial_detention", ANYBODY),
    "foreigner_review": ("foreigner_review", ANYBODY),
    "extradition_detention": ("extradition_detention", ANYBODY),
    "removal_pending": (
        "removal_pending",
        ANYBODY | {"foreigner_review", "administrative_detention"},
    ),
    "compulsory_treatment": (
        "compulsory_treatment",
        ANYBODY | {"administrative_detention"},
    ),
}
COURTS = {"ordinary": "S40", "simplified": "S41", "fast_track": "S42", "private": "S45"}

HIGHER = {"procuratorate_next_higher", "procuratorate_province", "supreme_procuratorate"}
PROVINCE = {"procuratorate_province", "supreme_procuratorate"}
OWN = HIGHER | {"procuratorate_same_level"}
BUREAU = {"county_police_head", "police_next_higher"}

#: Steps of each stage: name, to which stage, grounds, approvers, added at most (months, days),
#: the whole it reaches (months, days), what must come first, the length taken as used, again and again.
STEPS = {
    "S10": [
        ("7", None, {"other", "complex"}, BUREAU, (0, 4), (0, 7), None, None, False),
        ("30", None, {"wandering", "repeated", "gang"}, BUREAU, None, (0, 30), None, None, False),
    ],
    "S12": [("17", None, {"other", "complex"}, OWN, (0, 3), (0, 17), None, None, False)],
    "S13": [("14", None, {"other", "complex"}, OWN, (0, 4), (0, 14), None, None, False)],
    "S20": [
        ("156", None, {"complex"}, HIGHER, (1, 0), None, None, None, False),
        ("158", "S21", {"severe_four_classes"}, PROVINCE, (2, 0), None, "156", None, False),
        ("157", "S23", {"special_npcsc"}, {"supreme_procuratorate"}, None, None, None, None, True),
    ],
    "S21": [
        ("159", "S22", {"ten_years_likely"}, PROVINCE, (2, 0), None, None, None, False),
        ("157", "S23", {"special_npcsc"}, {"supreme_procuratorate"}, None, None, None, None, True),
    ],
    "S22": [
        ("157", "S23", {"special_npcsc"}, {"supreme_procuratorate"}, None, None, None, None, True)
    ],
    "S23": [
        ("157", "S23", {"special_npcsc"}, {"supreme_procuratorate"}, None, None, None, None, True)
    ],
    "S30": [("15", None, {"complex"}, OWN, (0, 15), None, None, None, False)],
    "S31": [("15", None, {"more_than_one_year_likely"}, set(), None, (0, 15), None, None, False)],
    "S40": [
        ("latest", None, set(), set(), (1, 0), None, None, None, False),
        (
            "higher",
            None,
            {"death_or_civil", "severe_four_classes"},
            {"court_next_higher", "court_province", "supreme_court"},
            (3, 0),
            None,
            None,
            3,
            False,
        ),
        ("supreme", None, {"other"}, {"supreme_court"}, (3, 0), None, "higher", None, True),
    ],
    "S41": [
        ("45", None, {"more_than_three_years_likely"}, set(), None, (1, 15), None, None, False)
    ],
    "S42": [("15", None, {"more_than_one_year_likely"}, set(), None, (0, 15), None, None, False)],
    "S44": [("6", None, set(), set(), (3, 0), None, None, None, False)],
    "S60": [
        (
            "higher",
            None,
            {"death_or_civil", "severe_four_classes"},
            {"court_province", "supreme_court"},
            (2, 0),
            None,
            None,
            None,
            False,
        ),
        ("supreme", None, {"other"}, {"supreme_court"}, (3, 0), None, "higher", None, True),
    ],
    "foreigner_review": [
        ("60", None, {"complex", "other"}, {"police_next_higher"}, None, (0, 60), None, None, False)
    ],
    "extradition_detention": [("45", None, set(), set(), (0, 15), None, None, None, False)],
    "compulsory_treatment": [("36", None, set(), set(), (12, 0), None, None, None, False)],
}
STEPS["S45"] = STEPS["S40"]

PAUSES = {
    "psychiatric_exam_started": ("p", True),
    "psychiatric_exam_ended": ("p", False),
    "trial_suspended": ("t", True),
    "trial_resumed": ("t", False),
    "file_review_started": ("f", True),
    "file_review_ended": ("f", False),
    "leave_started": ("l", True),
    "leave_ended": ("l", False),
}


# ---------------------------------------------------------------------- days and months


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def forward(day: date, months: int) -> date:
    """The first of the month `months` on."""
    whole = day.year * 12 + day.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)


def spc(day: date, months: int) -> date:
    """SPC 202."""
    target = forward(day, months)
    if day == month_end(day):
        return month_end(target)
    try:
        return target.replace(day=day.day)
    except ValueError:
        return month_end(target)


def police(day: date, months: int) -> date:
    """HX2006 4."""
    target = forward(day, months)
    return min(month_end(target), target + (day.day - 1) * ONE)


def term(day: date, years: int, months: int, days: int) -> list[date]:
    """SPC 202 on sentences: last days, both where texts leave a doubt."""
    begun = police(day, 12 * years)
    if not months:
        return [begun + days * ONE - ONE]
    ways = [spc(begun, months)]
    if years:
        ways.append(police(begun, months))
    return [way + days * ONE - ONE for way in ways]


def until_midnight(day: date) -> datetime:
    return datetime.combine(day + ONE, MIDNIGHT)


# ---------------------------------------------------------------------- one stage


class Row:
    """A stage in the replay: what it rests on; its ends are worked out from that each time."""

    def __init__(self, state: str, when: "When") -> None:
        self.state, self.start = state, when.shown
        self.began = when.moment
        self.origin, self.clock = when.day, when.exact
        self.kind = "S20" if state in POLICE else state
        self.length = STAGES[self.kind][:2]
        self.readings = STAGES[self.kind][2]
        self.steps: list[str] = []
        self.chained: tuple[date, int] | None = None
        self.closed: list[tuple[date, date, timedelta | None]] = []
        self.open: dict[str, When] = {}
        self.bounds: list[datetime] = []
        self.terms: list[date] = []
        self.moving: list[date] = []
        self.counting = True
        self.unlimited = state in NO_LIMIT
        self.over: datetime | None = None
        self.parent: Row | None = None
        self.remand = False
        self.paper: date | None = None

    def left_out(self, today: date) -> int:
        return count(self.spans(today))

    def spans(self, today: date) -> list[tuple[date, date]]:
        spans = [(first, last) for first, last, _ in self.closed]
        for kind, when in self.open.items():
            first = when.day + (2 * ONE if kind == "f" else 0 * ONE)
            if first < today:
                spans.append((first, today))
        return spans

    def due(self, today: date, out: int | None = None) -> datetime | None:
        if out is None:
            out = self.left_out(today)
        found = list(self.bounds)
        months, days = self.length
        if self.paper is not None:
            found.append(until_midnight(self.paper))
        if self.counting:
            found += [until_midnight(last) for last in self.terms]
            found += [until_midnight(last + out * ONE) for last in self.moving]
            if "m" in self.readings:
                found.append(until_midnight(spc(self.origin, months) + (days + out) * ONE))
            if "p" in self.readings:
                found.append(until_midnight(police(self.origin, months) + (days + out) * ONE))
            if "d" in self.readings:
                whole = spc(self.origin, months) if months else self.origin
                found.append(until_midnight(whole + (days + out) * ONE))
            if "h" in self.readings and self.clock is not None:
                found.append(self.clock + days * ONE + self.exact(out))
            if self.chained is not None:
                last, before = self.chained
                found.append(until_midnight(last + (out - before) * ONE))
        return min(found) if found else None

    def exact(self, out: int) -> timedelta:
        if self.open:
            return out * ONE
        total = timedelta()
        for first, last, seconds in self.closed:
            total += min(last - first, seconds) if seconds is not None else last - first
        return min(total, out * ONE)


def count(spans: list[tuple[date, date]]) -> int:
    """Days that lie in at least one span."""
    seen: set[date] = set()
    for first, last in spans:
        while first < last:
            seen.add(first)
            first += ONE
    return len(seen)


class When:
    """The date of a fact: a day, or an instant."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) == 10:
            self.day, self.exact = date.fromisoformat(text), None
            self.moment = datetime.combine(self.day, MIDNIGHT)
            self.shown: str | datetime = text
        else:
            self.moment = self.exact = datetime.fromisoformat(text).replace(tzinfo=None)
            self.day, self.shown = self.moment.date(), self.moment

    def after(self, due: datetime | None, grace: int = 0) -> bool:
        if due is None:
            return False
        if self.exact is None:
            return datetime.combine(self.day, MIDNIGHT) - grace * ONE >= due
        return self.exact - grace * ONE >= due

    @property
    def at_once(self) -> datetime:
        return self.exact or until_midnight(self.day)


# ---------------------------------------------------------------------- the replay


class Replay:
    """All facts of a case in their order."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.row: Row | None = None
        self.finished = self.gone = False
        self.gone_since: When | None = None
        self.unknown = False
        self.term: list[date] | None = None
        self.term_kind = ""
        self.notice: tuple[When, dict] | None = None

    def begin(self, state: str, when: When) -> Row:
        before, row = self.row, Row(state, when)
        if before is not None:
            self.finish(before, when.moment)
            if "p" in before.open and "p" in STAGES[row.kind][3]:
                row.open["p"] = when
        self.rows.append(row)
        self.row, self.finished = row, False
        return row

    def finish(self, row: Row, moment: datetime) -> None:
        row.over = moment
        while row.parent is not None and row.began > moment:
            self.rows.remove(row)
            row = row.parent
            row.over = moment

    def bound_by_term(self) -> None:
        if self.term and self.row is not None:
            self.row.bounds.append(until_midnight(min(self.term)))

    def serve(self, when: When) -> None:
        row = self.begin("S81", when)
        row.terms = list(self.term or [])

    def deliver(self, when: When, together: bool) -> None:
        row = self.begin("S80", when)
        row.length, row.readings = (0, 0), ""
        if together:
            row.unlimited = True
            return
        row.bounds += [until_midnight(spc(when.day, 1)), until_midnight(when.day + 30 * ONE)]

    def noticed(self, when: When) -> None:
        assert self.notice is not None
        given, event = self.notice
        if self.term_kind == "criminal_detention_term" or (
            self.term and min(self.term) <= police(given.day, 3)
        ):
            self.serve(when)
            return
        if when is given:
            self.deliver(when, bool(event.get("co_defendant_of_death_case")))
        self.bound_by_term()


def replay(case: dict) -> dict:
    """Stages as (state, start, due), which of them runs, and how things stand."""
    as_of = datetime.combine(date.fromisoformat(case["as_of"]), MIDNIGHT)
    world = Replay()
    for event in case["events"]:
        when = When(event["at"])
        _one(world, event, when)
    row = world.row
    if row is not None and row.open:
        _segments(row, as_of.date())
    stages, current = [], None
    for number, one in enumerate(world.rows):
        today = as_of.date() if one is row else _last_seen(one)
        stages.append((one.state, one.start if one.parent is None else one.began, one.due(today)))
        known = as_of + ONE
        if not world.gone and one.began < known and (one.over is None or one.over >= known):
            current = number
    status = "no_basis"
    if current is not None:
        due = stages[current][2]
        if due is None:
            one = world.rows[current]
            status = "running" if one.unlimited or not one.counting else "no_basis"
        elif as_of >= due:
            status = "overdue"
        else:
            status = "due" if as_of >= due - ONE else "running"
    elif world.gone or world.finished:
        status = "ended"
    return {"stages": stages, "current": current, "status": status}


def _last_seen(row: Row) -> date:
    return row.over.date() if row.over is not None else row.origin


def _one(world: Replay, event: dict, when: When) -> None:
    kind, row = event["type"], world.row
    state = row.state if row is not None else "-"
    if row is not None and row.open:
        _segments(row, when.day)
    due = row.due(when.day) if row is not None else None
    late = when.after(due)
    if kind in PAUSES:
        _pause(row, kind, when, late)
    elif kind == "extension":
        _extend(world, event, when, late)
    elif kind in ("released", "bail"):
        if row is not None:
            world.finish(row, world.gone_since.moment if world.gone_since else when.moment)
            world.row, world.finished, world.gone, world.unknown = None, True, False, False
            world.gone_since = None
    elif kind == "arrest_refused":
        if row is not None and state in ("S10", "S11"):
            row.bounds.append(when.at_once)
    elif kind == "wrongful_custody_found":
        if row is not None and state in {"S10", "S11"} | POLICE:
            newer, older = None, row
            while older is not None:
                older.bounds.append(when.moment + timedelta(hours=12))
                end = older.due(when.day)
                if newer is not None and end is not None and end < newer.began:
                    older.over = newer.began = end
                newer, older = older, older.parent
    elif kind == "new_major_crime":
        approved = event.get("approved_on")
        too_late = approved and date.fromisoformat(approved) > when.day + 5 * ONE
        if state in POLICE and not late and not too_late:
            counting, readings = row.counting, row.readings
            fresh = world.begin("S20", when)
            fresh.counting, fresh.readings = counting, readings
    elif kind in ("identity_unknown", "identity_established"):
        _identity(world, kind, when, late)
    elif kind == "procedure_changed":
        wanted = event["procedure"]
        if late:
            return
        if state == "S31" and wanted != "fast_track":
            world.begin("S30", when).origin = row.origin
        elif (state == "S42" and wanted in ("ordinary", "simplified")) or (
            state == "S41" and wanted == "ordinary"
        ):
            world.begin(COURTS[wanted], when)
    elif kind == "jurisdiction_changed":
        if state in ("S30", "S31", "S40", "S41", "S42", "S45") and not late:
            world.begin(state, when)
    elif kind == "execution_notice_received":
        if state in ("-", "S80"):
            world.notice = (when, event)
            if row is None or world.term is None:
                world.deliver(when, bool(event.get("co_defendant_of_death_case")))
            else:
                world.noticed(when)
    elif kind == "sentence":
        _sentence(world, event, when, state)
    elif kind == "escaped":
        if row is not None and not world.gone:
            world.gone, world.gone_since = True, when
    elif kind == "recaptured":
        if world.gone and row is not None:
            away = (when.day - world.gone_since.day).days
            world.gone, world.gone_since = False, None
            if state in ("S80", "S81") and world.term:
                world.term = [day + away * ONE for day in world.term]
            if state in ("S81", "compulsory_treatment"):
                row.terms = [day + away * ONE for day in row.terms]
    else:
        _open(world, event, when, state, late)


def _open(world: Replay, event: dict, when: When, state: str, late: bool) -> None:
    kind, row = event["type"], world.row
    opened, after = OPENS[kind]
    if kind == "trial_accepted" and event.get("procedure") == "retrial":
        opened, after = "S44", ANYBODY | {"S80", "S81"}
    elif kind == "trial_accepted":
        opened = COURTS[event.get("procedure", "ordinary")]
    elif kind == "prosecution_received" and event.get("procedure") == "fast_track":
        opened = "S31"
    if state not in after:
        return
    if kind == "returned_for_investigation" and [r.state for r in world.rows].count("S32") >= 2:
        return
    if kind == "supplementary_investigation_started":
        since = max((n for n, r in enumerate(world.rows) if r.remand), default=-1)
        if [r.state for r in world.rows[since + 1 :]].count("S43") >= 2:
            return
    if kind == "supplementary_investigation_ended":
        opened = [r.state for r in world.rows if r.state in ("S40", "S41", "S42")][-1]
    if kind == "administrative_detention" and row is not None:
        if not late:
            more = row.length[1] + event["days"] - event.get("credit_days", 0)
            row.length = (0, min(more, 20))
        return
    if kind == "arrest" and state == "S13":
        reviews = [r.state for r in world.rows if r.state in ("S30", "S31")]
        opened = "S31" if reviews and reviews[-1] == "S31" else "S30"
    if kind == "compulsory_treatment" and event["decided_on"] > when.day.isoformat():
        return
    fresh = world.begin(opened, when)
    if event.get("until"):
        fresh.paper = date.fromisoformat(event["until"])
    if kind == "criminal_detention" and event.get("class") == "up_to_30_days":
        fresh.length, fresh.steps = (0, 30), ["30"]
    elif kind == "arrest_request_received" and row is not None:
        whole = min(row.length[1] + 7, 37) + row.left_out(when.day)
        fresh.moving.append(row.origin + whole * ONE)
    elif kind == "arrest" and opened == "S20":
        if state == "S12":
            fresh.readings = "m"
        fresh.counting = not world.unknown
    elif kind == "remanded_for_retrial":
        fresh.remand, world.term = True, None
    elif kind == "judgment_received":
        if event.get("paper") == "ruling":
            fresh.length = (0, 5)
        if event.get("outcome", "custodial") != "custodial":
            fresh.bounds.append(when.at_once)
        world.bound_by_term()
    elif kind in ("second_instance_accepted", "judgment_effective", "trial_accepted"):
        world.bound_by_term()
    elif kind in ("administrative_detention", "judicial_detention"):
        most = 15
        if kind == "administrative_detention" and event.get("decisions") != 1:
            most = 20
        elif event.get("ground") == "witness_refuses":
            most = 10
        days = min(event["days"], most) - event.get("credit_days", 0)
        fresh.length = (0, max(days, 0))
    elif kind == "compulsory_treatment":
        fresh.origin = date.fromisoformat(event["decided_on"])
        fresh.length = (24, 0)
        away = event.get("escaped_days", 0)
        fresh.terms = [day + away * ONE for day in term(fresh.origin, 2, 0, 0)]
        if state == "administrative_detention" and not late:
            end = row.due(when.day)
            for begun in row.open.values():
                row.closed.append((begun.day, when.day, None))
            row.open = {}
            if end is not None:
                row.over = fresh.began = end
                fresh.parent = row


def _pause(row: Row | None, kind: str, when: When, late: bool) -> None:
    letter, starts = PAUSES[kind]
    if row is None or letter not in STAGES[row.kind][3]:
        return
    if starts:
        if letter not in row.open and not late:
            row.open[letter] = when
    elif letter in row.open:
        begun = row.open.pop(letter)
        first = begun.day + (2 * ONE if letter == "f" else 0 * ONE)
        if first < when.day:
            both = begun.exact is not None and when.exact is not None
            row.closed.append((first, when.day, when.exact - begun.exact if both else None))
        _segments(row, when.day)


def _segments(row: Row, today: date) -> None:
    """A granted stage begins when the one before ends, which a pause before that end moves."""
    chain = [row]
    while chain[-1].parent is not None and chain[-1].state in POLICE:
        chain.append(chain[-1].parent)
    spans = sorted(row.spans(today))
    for newer, older in reversed(list(itertools.pairwise(chain))):
        held: list[tuple[date, date]] = []
        for span in spans:
            due = older.due(today, count(held))
            if due is not None and datetime.combine(span[0], MIDNIGHT) < due:
                held = spans[: spans.index(span) + 1]
        older.closed = [(first, last, None) for first, last in held]
        older.open = {}
        due = older.due(today, count(held))
        if due is not None:
            older.over = newer.began = due


def _identity(world: Replay, kind: str, when: When, late: bool) -> None:
    row = world.row
    if row is None:
        return
    if row.state in POLICE or row.state == "foreigner_review":
        if kind == "identity_unknown":
            if row.counting and not late:
                row.counting = False
        elif not row.counting:
            world.unknown = False
            if row.state in ("S21", "S22", "S23"):
                readings = row.readings
                world.begin("S20", when).readings = readings
            else:
                row.origin, row.counting, row.chained = when.day, True, None
                row.length, row.steps, row.closed = STAGES[row.state][:2], [], []
    elif row.state in ("S10", "S11", "S12", "S13"):
        world.unknown = kind == "identity_unknown"


def _sentence(world: Replay, event: dict, when: When, state: str) -> None:
    if state not in {"-", "S40", "S41", "S42", "S43", "S44", "S45", "S50", "S60", "S70", "S80"}:
        return
    begun = date.fromisoformat(event["from"])
    length = [event.get(part, 0) for part in ("years", "months", "days")]
    if not any(length):
        return
    control = event["kind"] == "control"
    off = event.get("credit_days", 0) * (2 if control else 1)
    off += event.get("supervision_days", 0) * (2 if control else 1)
    residence = event.get("designated_residence_days", 0)
    off += residence if control else (residence + 1) // 2
    off += 0 if control else event.get("administrative_days", 0)
    world.term = [day - off * ONE for day in term(begun, *length)]
    world.term_kind = event["kind"]
    if world.row is None:
        world.serve(when)
    elif state == "S80" and world.notice is not None:
        world.noticed(when)
    else:
        world.bound_by_term()


def _extend(world: Replay, event: dict, when: When, late: bool) -> None:
    row = world.row
    if row is None or late or ("months" in event and "days" in event):
        return
    steps = STEPS.get(row.state, [])
    for field, place in (("ground", 2), ("approver", 3)):
        value = event.get(field)
        if value is not None:
            named = [step for step in steps if value in step[place]]
            steps = named or [step for step in steps if not step[place]]
    steps = [step for step in steps if step[8] or step[0] not in row.steps]
    if not steps:
        return
    name, opened, _, _, most, whole, first, taken, _ = steps[0]
    if first is not None and first not in row.steps:
        return
    months, days = event.get("months", 0), event.get("days", 0)
    until = date.fromisoformat(event["until"]) if event.get("until") else None
    if not months and not days:
        if "months" in event or "days" in event or (whole is None and until is None):
            return
    elif months and (most or whole or (1, 0))[0] == 0:
        return
    out = row.left_out(when.day)
    if opened and opened != row.state:
        row = _grant(world, row, opened, when)
    if row.state == "compulsory_treatment":
        added = min(months or 12, 12) if not days else 0
        if days:
            added, days = (
                (12, 0) if days > (spc(row.origin, 36) - spc(row.origin, 24)).days else (0, days)
            )
        away = min(row.terms) - term(row.origin, 2, 0, 0)[0]
        total = row.length[0] + added
        row.length = (total, 0)
        row.terms = [d + away for d in term(row.origin, total // 12, total % 12, days)]
        row.steps.append(name)
        row.paper = until
        return
    had_months, had_days = row.length
    chained: date | None = None
    if taken is not None and had_months < taken:
        had_months = taken
    elif row.chained is not None:
        chained = row.chained[0] + (out - row.chained[1]) * ONE
    if chained is None and had_months:
        chained = spc(row.origin, had_months) + (had_days + out) * ONE
    if whole is not None and whole[0]:
        last = spc(row.origin, whole[0]) + whole[1] * ONE
        if not days or row.origin + (had_days + days) * ONE > last:
            row.length = whole
        else:
            row.length = (had_months, had_days + days)
        row.steps.append(name)
        row.paper = until
        return
    if whole is not None:
        room = whole[1] - had_days
        room = min(room, most[1]) if most else room
        months, days = 0, max(min(days or room, room), 0)
    elif most is not None and most[0] == 0:
        months, days = 0, min(days or most[1], most[1])
    elif most is not None and days:
        if spc(row.origin, had_months) + days * ONE > spc(row.origin, had_months + most[0]):
            months, days = most[0], 0
    elif most is not None:
        months = min(months or most[0], most[0])
    elif not months and not days and until is not None:
        plain = spc(row.origin, had_months) + (had_days + out) * ONE
        days = max((until - plain).days, 0)
    row.length = (had_months + months, had_days + days)
    if months and chained is not None:
        row.chained = (spc(chained, months) + days * ONE, out)
    elif row.chained is not None:
        row.chained = (row.chained[0] + days * ONE, row.chained[1])
    row.steps.append(name)
    row.paper = until


def _grant(world: Replay, row: Row, state: str, when: When) -> Row:
    due = row.due(when.day)
    fresh = Row(state, when)
    fresh.began = due if due is not None else when.moment
    fresh.origin, fresh.clock, fresh.length = row.origin, row.clock, row.length
    fresh.readings, fresh.chained, fresh.counting = row.readings, row.chained, row.counting
    fresh.steps, fresh.closed, fresh.bounds = list(row.steps), list(row.closed), list(row.bounds)
    fresh.open, row.open = row.open, {}
    row.closed = row.closed + [
        (begun.day, when.day, None) for begun in fresh.open.values() if begun.day < when.day
    ]
    row.over, fresh.parent = fresh.began, row
    world.rows.append(fresh)
    world.row = fresh
    return fresh
