"""The second clock: tables and one replay, sharing nothing with the engine but the form of a case.

It reads only well-formed events that stand in order, as `cases.made()` makes them. Every table here was
typed from the articles. Where a text leaves a doubt it holds both dates and takes the earlier, and a
paper that doesn't fit is passed over, so that the end stays. What it finds wrong it says by the codes of
the reference page; what stands beside a clock is in `reference_beside`.
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
    "S95": (0, 0, "", ""),
    "summons": (0, 0, "t", ""),
    "sobering_restraint": (0, 0, "", ""),
    "administrative_detention": (0, 0, "d", "l"),
    "judicial_detention": (0, 0, "d", "l"),
    "foreigner_review": (0, 30, "d", ""),
    "extradition_detention": (0, 30, "d", ""),
    "compulsory_treatment": (0, 0, "", ""),
    "removal_pending": (0, 0, "", ""),
}
POLICE = {"S20", "S21", "S22", "S23"}
NO_LIMIT = {"S70", "removal_pending", "sobering_restraint"}

#: Which stage a fact opens, and from where.
ANYBODY = {"-"}
OPENS = {
    "criminal_detention": (
        "S10",
        ANYBODY
        | {"administrative_detention", "judicial_detention", "S95"}
        | {"summons", "sobering_restraint"},
    ),
    "arrest_request_received": ("S11", ANYBODY | {"S10"}),
    "arrest": (
        "S20",
        ANYBODY
        | {"S10", "S11", "S12", "S13", "S95", "summons"}
        | {"administrative_detention", "judicial_detention"},
    ),
    "procuratorate_detention": (
        "S12",
        ANYBODY | {"administrative_detention", "judicial_detention", "summons"},
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
        ANYBODY | {"administrative_detention", "summons", "sobering_restraint"},
    ),
    "judicial_detention": ("judicial_detention", ANYBODY | {"summons"}),
    "foreigner_review": ("foreigner_review", ANYBODY | {"summons"}),
    "extradition_detention": ("extradition_detention", ANYBODY),
    "removal_pending": (
        "removal_pending",
        ANYBODY | {"foreigner_review", "administrative_detention"},
    ),
    "compulsory_treatment": (
        "compulsory_treatment",
        ANYBODY | {"administrative_detention", "sobering_restraint"},
    ),
    "temporary_boarding": ("S95", ANYBODY),
    "summons": ("summons", ANYBODY),
    "sobering_restraint": ("sobering_restraint", ANYBODY),
}
#: On these somebody comes into custody anew.
BASES = {
    "criminal_detention",
    "arrest",
    "procuratorate_detention",
    "supervision_detention",
    "revocation_arrest",
    "temporary_boarding",
    "administrative_detention",
    "judicial_detention",
    "foreigner_review",
    "extradition_detention",
    "removal_pending",
    "compulsory_treatment",
    "sobering_restraint",
    "summons",
}
DETAINED = {"S10", "S11", "S12", "S13"}
TRYING = {"S40", "S41", "S42", "S43", "S44", "S45"}
#: Where a fact may come that opens no stage; any other may come at any time.
WITHIN = {
    "arrest_refused": {"S10", "S11"},
    "new_major_crime": POLICE,
    "identity_unknown": DETAINED | POLICE | {"foreigner_review"},
    "identity_established": DETAINED | POLICE | {"foreigner_review"},
    "procedure_changed": {"S31", "S41", "S42"},
    "execution_notice_received": ANYBODY | {"S80"},
    "sentence": ANYBODY | TRYING | {"S50", "S60", "S70", "S80"},
    "commutation": {"S80", "S81"},
    "parole": {"S80", "S81"},
    "outside_service": {"S80", "S81"},
    "delivered": {"S80", "S81", "S82"},
    "jurisdiction_changed": {"S30", "S31", "S40", "S41", "S42", "S45"},
    "detention_suspended": {"administrative_detention"},
    "wrongful_custody_found": {"S10", "S11"} | POLICE,
}
LEAVING = {
    "released",
    "bail",
    "residential_surveillance",
    "delivered",
    "parole",
    "outside_service",
    "detention_suspended",
}
#: Who rules on commutation and parole: the intermediate court or one above it.
RULING = {"court_intermediate", "court_next_higher", "court_province", "supreme_court"}
#: What is said of a fact that is passed over; of every other fact it is only noted.
PASSED_OVER = {
    "TWO_BASES",
    "DOES_NOT_FOLLOW",
    "NOTHING_RUNS",
    "NOT_IN_THIS_STAGE",
    "RETURNED_TOO_OFTEN",
    "AMOUNT_MISSING",
    "TWO_AMOUNTS",
    "UNIT_DOES_NOT_FIT",
    "EXTENSION_AFTER_END",
    "HOUR_MISSING",
    "NO_EXTENSION_HERE",
    "EXTENSION_USED_UP",
    "EXTENSION_SKIPS_STEP",
    "GROUND_DOES_NOT_FIT",
    "APPROVER_NOT_ENTITLED",
    "RESTART_AFTER_END",
    "APPROVAL_LATE",
    "PAUSE_AFTER_END",
    "PAUSE_TWICE",
    "PAUSE_WITHOUT_START",
    "END_BEFORE_START",
    "DECIDED_AFTER_INTAKE",
    "TERM_MISSING",
    "COMMUTATION_LENGTHENS",
    "RECAPTURE_WITHOUT_ESCAPE",
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
#: What has a beginning and an end of its own, each with its paper.
BEGINS = {
    "psychiatric_exam_started": "p",
    "trial_suspended": "t",
    "file_review_started": "f",
    "leave_started": "l",
    "identity_unknown": "identity",
    "supplementary_investigation_started": "S43",
    "escaped": "escape",
}
ENDS = {
    "psychiatric_exam_ended": "p",
    "trial_resumed": "t",
    "file_review_ended": "f",
    "leave_ended": "l",
    "identity_established": "identity",
    "supplementary_investigation_ended": "S43",
    "recaptured": "escape",
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
        self.place, self.only_day, self.anew = when.place, when.exact is None, False
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
        self.hours = 0
        self.paper: date | None = None
        self.granted_until: date | None = None

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
        found = self.ends(today, out)
        return min(found) if found else None

    def ends(self, today: date, out: int | None = None) -> list[datetime]:
        """Every end that a text or a paper gives the stage."""
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
            if "t" in self.readings:
                found.append(self.began + timedelta(hours=self.hours))
            if self.chained is not None:
                last, before = self.chained
                found.append(until_midnight(last + (out - before) * ONE))
        if found and self.granted_until is not None:
            found.append(until_midnight(self.granted_until))
        return found

    def beyond(self, today: date) -> set[datetime]:
        """Bounds and dates of papers that lie after the end that counts, and so bind nothing."""
        due = self.due(today)
        papers = [until_midnight(one) for one in (self.paper, self.granted_until) if one]
        # The total of detention binds the review of an arrest only where it ends first.
        out = self.left_out(today)
        whole = [until_midnight(last + out * ONE) for last in self.moving]
        whole = [*whole, *map(until_midnight, self.terms)] if self.state == "S11" else []
        bounds = [*self.bounds, *papers, *whole]
        return {one for one in bounds if due is not None and one > due}

    def differs(self, today: date) -> bool:
        """Whether the paper names another last day than the count."""
        paper, self.paper = self.paper, None
        counted = self.due(today)
        self.paper = paper
        return counted is not None and (counted - timedelta(seconds=1)).date() != paper

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

    def __init__(self, text: str, place: int) -> None:
        self.text, self.place = text, place
        if len(text) == 10:
            self.day, self.exact = date.fromisoformat(text), None
            self.moment = datetime.combine(self.day, MIDNIGHT)
            self.shown: str | datetime = text
        else:
            self.moment = self.exact = datetime.fromisoformat(text).replace(tzinfo=None)
            self.day, self.shown = self.moment.date(), self.moment

    def after(self, due: datetime | None, grace: int = 0) -> bool:
        """Of a day without its hour the last moment is taken."""
        if due is None:
            return False
        if self.exact is None:
            return datetime.combine(self.day, time.max) - grace * ONE >= due
        return self.exact - grace * ONE >= due

    def unsure(self, due: datetime | None, grace: int = 0) -> bool:
        """The day began in time, and the hour is not known."""
        return self.exact is None and due is not None and self.moment - grace * ONE < due

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
        self.unknown = self.outside = False
        self.term: list[date] | None = None
        self.term_kind = ""
        #: What a commutation counts from: first day, months, days, days credited, days of escape.
        self.parts: list = []
        self.notice: tuple[When, dict] | None = None
        self.halves: set[str] = set()
        self.half_at = -1
        self.permit: date | None = None
        self.limit_before: datetime | None = None
        #: How each pair stands: "owed" after an end that nothing began, "due" while the end of a
        #: beginning that doesn't count may come.
        self.pairs: dict[str, str] = {}
        #: What is wrong: the code, and the place of the fact.
        self.wrong: list[tuple[str, int]] = []

    def say(self, code: str, when: When) -> None:
        self.wrong.append((code, when.place))

    def too_late(self, code: str, when: When, due: datetime | None) -> None:
        self.say("HOUR_MISSING" if when.unsure(due) else code, when)

    def going(self) -> set[str]:
        """What has begun and goes on."""
        row, found = self.row, set()
        if row is not None:
            found = set(row.open) | ({"S43"} & {row.state})
        if self.unknown or (row is not None and not row.counting):
            found.add("identity")
        if self.gone:
            found.add("escape")
        return found

    def refused(self, place: int) -> bool:
        return any(code in PASSED_OVER for code, at in self.wrong if at == place)

    def begin(self, state: str, when: When, grace: int = 0) -> Row:
        before, row = self.row, Row(state, when)
        if before is None:
            self.gone, self.gone_since = False, None
        else:
            due = before.due(when.day)
            if when.after(due, grace):
                self.say(
                    "HOUR_OF_END_MISSING" if when.unsure(due, grace) else "HELD_PAST_DUE", when
                )
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
        self.say("MUST_BE_DELIVERED", when)
        if when is given:
            self.deliver(when, bool(event.get("co_defendant_of_death_case")))
        self.bound_by_term()


def replay(case: dict) -> dict:
    """Stages as (state, start, due), which of them runs, how things stand, and what is wrong."""
    return shown(world_of(case), case)


def world_of(case: dict) -> Replay:
    """The replay of a case."""
    world = Replay()
    for place, event in enumerate(case["events"]):
        _one(world, event, When(event["at"], place))
    row = world.row
    if row is not None and not row.counting:
        world.wrong.append(("IDENTITY_OPEN", row.place))
    if len(world.halves) == 1:
        world.wrong.append(("HALF_MISSING", world.half_at))
    return world


def shown(world: Replay, case: dict) -> dict:
    """A replay as it stands at the instant that is asked about."""
    as_of = datetime.combine(date.fromisoformat(case["as_of"]), MIDNIGHT)
    row = world.row
    if row is not None and row.open:
        _segments(row, as_of.date())
    stages, current = [], None
    for number, one in enumerate(world.rows):
        today = as_of.date() if one is row else last_seen(one)
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
    wrong = sorted(world.wrong)
    return {"stages": stages, "current": current, "status": status, "problems": wrong}


def readings(world: Replay, case: dict) -> list[tuple]:
    """Of each stage the texts that are read for its end, every end, and its last day."""
    found = []
    for row in world.rows:
        today = date.fromisoformat(case["as_of"]) if row is world.row else last_seen(row)
        due = row.due(today)
        last = (due - timedelta(seconds=1)).date() if due is not None else None
        ends = set(row.ends(today)) - row.beyond(today)
        texts: str | None = "".join(sorted(row.readings))
        if row.state in READ_OTHERWISE:
            ends, texts = {due} if due is not None else set(), None
        found.append((texts, sorted(ends), last))
    return found


#: Terms of a sentence and of treatment, hours of a summons, and boarding: each by a text of its own, and of
#: a term the year rule counts, which gives no day later than the month rule (TV-14).
READ_OTHERWISE = {"S81", "S95", "compulsory_treatment", "summons"}


def last_seen(row: Row) -> date:
    """The day to which the pauses of a stage that is over are counted."""
    return row.over.date() if row.over is not None else row.origin


def _one(world: Replay, event: dict, when: When) -> None:
    """A fact, and what it leaves of the pairs: an end without a beginning takes the next one along."""
    begins, ends = BEGINS.get(event["type"], ""), ENDS.get(event["type"], "")
    gone_outside = begins == "escape" and world.row is None and world.outside
    if world.pairs.get(begins) == "owed" and not gone_outside:
        del world.pairs[begins]
        world.say("END_BEFORE_START", when)
        return
    before = world.going()
    _fits(world, event, when)
    after = world.going()
    for name in before - after - {ends}:
        world.pairs.setdefault(name, "due")
    if begins and begins not in before:
        if begins not in after:
            world.pairs.setdefault(begins, "due")
        elif world.pairs.get(begins) == "due":
            del world.pairs[begins]
    if ends and ends not in before:
        if world.pairs.get(ends) == "due":
            del world.pairs[ends]
        else:
            world.pairs[ends] = "owed"


def _fits(world: Replay, event: dict, when: When) -> None:
    kind, row = event["type"], world.row
    state = row.state if row is not None else "-"
    allowed = WITHIN.get(kind) or (OPENS[kind][1] if kind in OPENS else None)
    if kind == "trial_accepted":
        allowed = ANYBODY | {"S30", "S31", "S50", "S80", "S81"}
    if allowed is not None and state not in allowed:
        if row is None:
            world.say("NOTHING_RUNS", when)
        elif kind in BASES:
            world.say("TWO_BASES", when)
        else:
            back = kind == "supplementary_investigation_ended"
            opens = kind in OPENS and not back
            world.say("DOES_NOT_FOLLOW" if opens else "NOT_IN_THIS_STAGE", when)
        return
    if "travel_days" in event:
        world.say("TRAVEL_NOT_DEDUCTED", when)
    if row is not None and row.open:
        _segments(row, when.day)
    due = row.due(when.day) if row is not None else None
    late = when.after(due)
    if kind in PAUSES:
        _pause(world, kind, when, late)
    elif kind == "extension":
        _extend(world, event, when, late)
    elif kind in LEAVING:
        _leave(world, event, when, late)
    elif kind == "arrest_refused":
        row.bounds.append(when.at_once)
    elif kind == "wrongful_custody_found":
        _no_later_than(row, when.moment + timedelta(hours=12), when.day)
    elif kind == "new_major_crime":
        approved = event.get("approved_on")
        entitled = BUREAU if "p" in row.readings else OWN
        if late:
            world.too_late("RESTART_AFTER_END", when, due)
        elif approved and date.fromisoformat(approved) > when.day + 5 * ONE:
            world.say("APPROVAL_LATE", when)
        elif event.get("approver") and event["approver"] not in entitled:
            world.say("APPROVER_NOT_ENTITLED", when)
            if not approved:
                world.say("APPROVAL_MISSING", when)
        else:
            if not approved:
                world.say("APPROVAL_MISSING", when)
            if not event.get("approver"):
                world.say("APPROVER_MISSING", when)
            world.limit_before = due
            counting, readings = row.counting, row.readings
            fresh = world.begin("S20", when)
            fresh.counting, fresh.readings, fresh.anew = counting, readings, True
    elif kind in ("identity_unknown", "identity_established"):
        _identity(world, kind, when, late)
    elif kind == "procedure_changed":
        wanted = event["procedure"]
        if late:
            world.too_late("RESTART_AFTER_END", when, due)
        elif state == "S31" and wanted != "fast_track":
            world.begin("S30", when).origin = row.origin
        elif (state == "S42" and wanted in ("ordinary", "simplified")) or (
            state == "S41" and wanted == "ordinary"
        ):
            world.begin(COURTS[wanted], when).anew = True
        else:
            world.say("NOT_IN_THIS_STAGE", when)
    elif kind == "jurisdiction_changed":
        if late:
            world.too_late("RESTART_AFTER_END", when, due)
        else:
            world.begin(state, when).anew = True
    elif kind == "execution_notice_received":
        world.notice = (when, event)
        if row is None or world.term is None:
            world.deliver(when, bool(event.get("co_defendant_of_death_case")))
        else:
            world.noticed(when)
    elif kind == "sentence":
        _sentence(world, event, when, state)
    elif kind == "commutation":
        _commute(world, event, when, state)
    elif kind == "escaped":
        if world.gone:
            world.say("PAUSE_TWICE", when)
        elif row is None and not world.outside:
            world.say("NOTHING_RUNS", when)
        else:
            world.gone, world.gone_since = True, when
    elif kind == "recaptured":
        _recapture(world, event, when, state)
    elif kind in ("transfer_of_custody", "changed_limit_notice", "permit_issued"):
        _paper_beside(world, event, when)
    elif kind in OPENS:
        _open(world, event, when, state, late)


def _no_later_than(row: Row, end: datetime, today: date) -> None:
    """A stage, and what was granted before it, is over by an instant."""
    newer, older = None, row
    while older is not None:
        older.bounds.append(end)
        due = older.due(today)
        if newer is not None and due is not None and due < newer.began:
            older.over = newer.began = due
        newer, older = older, older.parent


def _leave(world: Replay, event: dict, when: When, late: bool) -> None:
    kind, row = event["type"], world.row
    if kind == "parole" and not _ruled(world, event, when):
        return
    if kind == "outside_service":
        ground = event.get("ground")
        if ground is None:
            world.say("GROUND_MISSING", when)
        elif ground not in ("serious_illness", "pregnant_or_nursing", "cannot_care_for_self"):
            world.say("GROUND_DOES_NOT_FIT", when)
            return
    if row is None:
        world.say("NOTHING_RUNS", when)
        return
    if world.gone_since is None and late:
        unsure = when.unsure(row.due(when.day))
        world.say("HOUR_OF_END_MISSING" if unsure else "HELD_PAST_DUE", when)
    world.outside = world.outside or kind == "outside_service"
    world.finish(row, world.gone_since.moment if world.gone_since else when.moment)
    world.row, world.finished, world.gone, world.unknown = None, True, False, False
    world.gone_since = None


def _ruled(world: Replay, event: dict, when: When) -> bool:
    if "approver" not in event:
        world.say("APPROVER_MISSING", when)
    elif event["approver"] not in RULING:
        world.say("APPROVER_NOT_ENTITLED", when)
        return False
    return True


def _recapture(world: Replay, event: dict, when: When, state: str) -> None:
    row = world.row
    if not world.gone:
        world.say("RECAPTURE_WITHOUT_ESCAPE", when)
        return
    away = (when.day - world.gone_since.day).days
    world.gone, world.gone_since = False, None
    if row is None:
        # From service outside: only what a court ruled is taken off.
        world.outside = False
        if world.term is None:
            world.say("NOTHING_RUNS", when)
            return
        if "excluded_days" in event:
            _lose(world, event["excluded_days"])
        else:
            world.say("ESCAPE_RULING_MISSING", when)
        world.serve(when)
        return
    if state not in ("S80", "S81", "compulsory_treatment"):
        world.say("ESCAPE_KEEPS_END", when)
        return
    if state != "compulsory_treatment" and world.term:
        _lose(world, away)
    if state != "S80":
        row.terms = [day + away * ONE for day in row.terms]


def _lose(world: Replay, days: int) -> None:
    world.term = [day + days * ONE for day in world.term]
    world.parts[4] += days


def _paper_beside(world: Replay, event: dict, when: When) -> None:
    kind = event["type"]
    if kind == "permit_issued":
        if world.permit is not None and world.permit >= when.day:
            world.say("PERMIT_TWICE", when)
        world.permit = date.fromisoformat(event["until"])
    elif kind == "changed_limit_notice":
        limit = world.limit_before
        if limit is not None and (
            until_midnight(when.day) - ONE >= limit if when.exact is None else when.exact > limit
        ):
            world.say("NOTICE_LATE", when)
    else:
        half = event.get("half", "both")
        world.half_at = when.place
        world.halves = {half} if half == "both" else world.halves | {half}
        if world.halves & {"both"} or len(world.halves) == 2:
            world.halves, world.permit = set(), None


def _open(world: Replay, event: dict, when: When, state: str, late: bool) -> None:
    kind, row = event["type"], world.row
    opened, after = OPENS[kind]
    if kind == "trial_accepted":
        if event.get("instance") == "second":
            opened, after = "S60", ANYBODY | {"S50"}
        elif event.get("procedure") == "retrial":
            opened, after = "S44", ANYBODY | {"S80", "S81"}
        else:
            opened = COURTS[event.get("procedure", "ordinary")]
    elif kind == "prosecution_received" and event.get("procedure") == "fast_track":
        opened = "S31"
    if state not in after:
        world.say("DOES_NOT_FOLLOW", when)
        return
    if kind == "returned_for_investigation" and [r.state for r in world.rows].count("S32") >= 2:
        world.say("RETURNED_TOO_OFTEN", when)
        return
    if kind == "supplementary_investigation_started":
        since = max((n for n, r in enumerate(world.rows) if r.remand), default=-1)
        if [r.state for r in world.rows[max(since, 0) :]].count("S43") >= 2:
            world.say("RETURNED_TOO_OFTEN", when)
            return
    if kind == "supplementary_investigation_ended":
        opened = [r.state for r in world.rows if r.state in ("S40", "S41", "S42")][-1]
    until = date.fromisoformat(event["until"]) if event.get("until") else None
    if kind == "administrative_detention" and state == kind:
        _combine(world, event, when, late, until)
        return
    if kind == "arrest" and state == "S13":
        reviews = [r.state for r in world.rows if r.state in ("S30", "S31")]
        opened = "S31" if reviews and reviews[-1] == "S31" else "S30"
    if kind == "compulsory_treatment" and event["decided_on"] > when.day.isoformat():
        world.say("DECIDED_AFTER_INTAKE", when)
        return
    if kind in ("criminal_detention", "summons") and when.exact is None:
        world.say("TIME_OF_DETENTION_MISSING", when)
    if kind == "temporary_boarding" and "days" not in event and until is None:
        world.say("NO_END_NAMED", when)
    if kind == "arrest" and state == "S10":
        world.say("ARREST_REQUEST_MISSING", when)
    if kind == "arrest_request_received" and row is None:
        world.say("DETENTION_MISSING", when)
    imposed = 0
    if kind in ("administrative_detention", "judicial_detention"):
        imposed = _imposed(world, event, when)
    fresh = world.begin(opened, when, 1 if (kind, state) == ("judgment_effective", "S50") else 0)
    fresh.paper = until
    if kind == "criminal_detention" and event.get("class") == "up_to_30_days":
        fresh.length, fresh.steps = (0, 30), ["30"]
    elif kind == "arrest_request_received" and row is not None:
        whole = min(row.length[1] + 7, 37) + row.left_out(when.day)
        fresh.moving.append(row.origin + whole * ONE)
    elif kind == "arrest" and opened == "S20":
        if state == "S12":
            fresh.readings = "m"
    elif kind == "remanded_for_retrial":
        fresh.remand, world.term = True, None
        fresh.anew = True
    elif kind == "supplementary_investigation_ended":
        fresh.anew = True
    elif kind == "judgment_received" and event.get("paper") == "ruling":
        fresh.length = (0, 5)
    elif kind in ("administrative_detention", "judicial_detention"):
        fresh.length = (0, imposed)
    elif kind == "temporary_boarding" and event.get("days"):
        fresh.length, fresh.readings = (0, event["days"]), "d"
    elif kind == "summons":
        fresh.hours = 24 if event.get("complex") else 12
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
                _until_the_paper(fresh, when.day)
    if until is not None and fresh.differs(when.day):
        world.say("PAPER_DIFFERS", when)
    if kind == "arrest" and opened == "S20":
        fresh.counting = not world.unknown
    if kind == "judgment_received" and event.get("outcome", "custodial") != "custodial":
        fresh.bounds.append(when.at_once)
    if kind == "administrative_detention" and _spared(event, when.day):
        world.say("NOT_CARRIED_OUT", when)
        fresh.bounds.append(when.at_once)
    if kind in (
        "judgment_received",
        "second_instance_accepted",
        "judgment_effective",
        "trial_accepted",
    ):
        world.bound_by_term()


def _imposed(world: Replay, event: dict, when: When) -> int:
    """Days of a detention that is imposed: never more than the law's most."""
    days, most = event["days"], 15
    if event["type"] == "administrative_detention":
        if days > 15 and "decisions" not in event:
            world.say("COMBINED_NOT_SAID", when)
        if event.get("decisions") != 1:
            most = 20
    elif event.get("ground") == "witness_refuses":
        most = 10
    if days > most:
        world.say("DAYS_OVER_MAXIMUM", when)
    credit = event.get("credit_days", 0)
    if credit >= min(days, most):
        world.say("CREDIT_OVER_TERM", when)
    return max(min(days, most) - credit, 0)


def _combine(world: Replay, event: dict, when: When, late: bool, until: date | None) -> None:
    """One more decision, carried out together with the one before: twenty days at most."""
    row = world.row
    if late:
        world.too_late("EXTENSION_AFTER_END", when, row.due(when.day))
        return
    world.limit_before = row.due(when.day)
    more = row.length[1] + event["days"] - event.get("credit_days", 0)
    if more > 20:
        world.say("DAYS_OVER_MAXIMUM", when)
    row.length, row.paper = (0, min(more, 20)), until
    if until is not None and row.differs(when.day):
        world.say("PAPER_DIFFERS", when)


def _spared(event: dict, day: date) -> bool:
    """Against whom administrative detention is not carried out: 2012 art. 21, from 2026 art. 23."""
    if event.get("pregnant_or_nursing"):
        return True
    if "born" not in event:
        return False
    born = date.fromisoformat(event["born"])
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    new = day >= date(2026, 1, 1)
    serious, repeated = new and event.get("serious"), new and event.get("repeated")
    if age < 16 or age >= 70:
        return not serious and not repeated
    return age < 18 and bool(event.get("first_time")) and not serious


def _pause(world: Replay, kind: str, when: When, late: bool) -> None:
    row = world.row
    letter, starts = PAUSES[kind]
    if row is None:
        world.say("NOTHING_RUNS", when)
    elif starts:
        if letter not in STAGES[row.kind][3]:
            world.say("NOT_IN_THIS_STAGE", when)
        elif letter in row.open:
            world.say("PAUSE_TWICE", when)
        elif late:
            world.too_late("PAUSE_AFTER_END", when, row.due(when.day))
        else:
            row.open[letter] = when
    elif letter in row.open:
        begun = row.open.pop(letter)
        first = begun.day + (2 * ONE if letter == "f" else 0 * ONE)
        if first < when.day:
            both = begun.exact is not None and when.exact is not None
            row.closed.append((first, when.day, when.exact - begun.exact if both else None))
        _segments(row, when.day)
    else:
        world.say("PAUSE_WITHOUT_START", when)


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
        if older.due(today, 0) is None and older.over is not None:
            end = older.over.date()
            held = [(first, min(last, end)) for first, last in spans if first < end]
        older.closed = [(first, last, None) for first, last in held]
        older.open = {}
        due = older.due(today, count(held))
        if due is not None:
            older.over = newer.began = due


def _identity(world: Replay, kind: str, when: When, late: bool) -> None:
    row = world.row
    if row.state in DETAINED:
        if (kind == "identity_unknown") == world.unknown:
            world.say("PAUSE_TWICE" if world.unknown else "PAUSE_WITHOUT_START", when)
            return
        world.unknown = kind == "identity_unknown"
        if world.unknown:
            world.say("IDENTITY_NOT_COUNTED", when)
        return
    if kind == "identity_unknown":
        if not row.counting:
            world.say("PAUSE_TWICE", when)
        elif late:
            world.too_late("PAUSE_AFTER_END", when, row.due(when.day))
        else:
            row.counting = False
        return
    if row.counting:
        # Nobody said that it was unknown: by the earlier of both, the end as it is and a new count.
        months, days = STAGES[row.kind][:2]
        ends = [spc(when.day, months) + days * ONE]
        if "p" in row.readings:
            ends.append(police(when.day, months))
        _no_later_than(row, until_midnight(min(ends)), when.day)
        world.say("IDENTITY_NEVER_UNKNOWN", when)
        return
    world.unknown = False
    if row.state in ("S21", "S22", "S23"):
        readings, paper = row.readings, row.paper
        fresh = world.begin("S20", when)
        fresh.readings, fresh.anew, fresh.paper = readings, True, paper
    else:
        row.origin, row.clock, row.counting, row.chained = when.day, when.exact, True, None
        row.length, row.steps, row.closed = STAGES[row.kind][:2], [], []


#: Months: the least, the most, and the most of several together.
TERMS = {
    "control": (3, 24, 36),
    "criminal_detention_term": (1, 6, 12),
    "fixed_term": (6, 180, 300),
}


def _sentence(world: Replay, event: dict, when: When, state: str) -> None:
    begun = date.fromisoformat(event["from"])
    years, months, days = (event.get(part, 0) for part in ("years", "months", "days"))
    until = date.fromisoformat(event["until"]) if event.get("until") else None
    if not (years or months or days) and until is None:
        world.say("TERM_MISSING", when)
        return
    control = event["kind"] == "control"
    off = event.get("credit_days", 0) * (2 if control else 1)
    off += event.get("supervision_days", 0) * (2 if control else 1)
    residence = event.get("designated_residence_days", 0)
    off += residence if control else (residence + 1) // 2
    off += 0 if control else event.get("administrative_days", 0)
    ends = []
    if years or months or days:
        ends = [day - off * ONE for day in term(begun, years, months, days)]
        least, most, together = TERMS[event["kind"]]
        if event.get("combined"):
            most = together
        whole = (years * 12 + months, days)
        if whole[0] < least or whole > (most, 0):
            world.say("TERM_OUT_OF_RANGE", when)
        if min(ends) < begun:
            world.say("CREDIT_OVER_TERM", when)
        if until is not None and until != min(ends):
            world.say("PAPER_DIFFERS", when)
    if control:
        world.say("CONTROL_IS_NOT_CUSTODY", when)
    world.term = ends + ([until] if until is not None else [])
    world.parts = [begun, years * 12 + months, days, off, 0]
    world.term_kind = event["kind"]
    if world.row is None:
        world.serve(when)
    elif state == "S80" and world.notice is not None:
        world.noticed(when)
    else:
        world.bound_by_term()


def _commute(world: Replay, event: dict, when: When, state: str) -> None:
    if not world.term:
        world.say("TERM_MISSING", when)
        return
    if not _ruled(world, event, when):
        return
    until = date.fromisoformat(event["until"]) if event.get("until") else None
    cut = event.get("years", 0) * 12 + event.get("months", 0)
    cut_days = event.get("days", 0)
    if until is None and not cut and not cut_days:
        world.say("AMOUNT_MISSING", when)
        return
    if until is not None and until > min(world.term):
        world.say("COMMUTATION_LENGTHENS", when)
        return
    found = []
    if cut or cut_days:
        # The end moved back, and the shorter term from its start where the judgment named one.
        found = [spc(end + ONE, -cut) - (1 + cut_days) * ONE for end in world.term]
        begun, months, days, off, lost = world.parts
        if months or days:
            months, days = max(months - cut, 0), days - cut_days
            shorter = term(begun, months // 12, months % 12, days)
            found += [end + (lost - off) * ONE for end in shorter]
            world.parts = [begun, months, days, off, lost]
        if until is not None and until != min(found):
            world.say("PAPER_DIFFERS", when)
    world.term = found + ([until] if until is not None else [])
    if state == "S81":
        world.row.terms = list(world.term)
    else:
        world.bound_by_term()


def _extend(world: Replay, event: dict, when: When, late: bool) -> None:
    row = world.row
    if row is None:
        world.say("NOTHING_RUNS", when)
        return
    if "months" in event and "days" in event:
        world.say("TWO_AMOUNTS", when)
        return
    if late:
        world.too_late("EXTENSION_AFTER_END", when, row.due(when.day))
        return
    steps = STEPS.get(row.state, [])
    if not steps:
        world.say("NO_EXTENSION_HERE", when)
        return
    for field, place, code in (
        ("ground", 2, "GROUND_DOES_NOT_FIT"),
        ("approver", 3, "APPROVER_NOT_ENTITLED"),
    ):
        value = event.get(field)
        if value is not None:
            named = [step for step in steps if value in step[place]]
            steps = named or [step for step in steps if not step[place]]
            if not steps:
                world.say(code, when)
                return
    steps = [step for step in steps if step[8] or step[0] not in row.steps]
    if not steps:
        world.say("EXTENSION_USED_UP", when)
        return
    name, opened, grounds, approvers, most, whole, first, _, _ = steps[0]
    if first is not None and first not in row.steps:
        world.say("EXTENSION_SKIPS_STEP", when)
        return
    months, days = event.get("months", 0), event.get("days", 0)
    until = date.fromisoformat(event["until"]) if event.get("until") else None
    if not months and not days:
        if "months" in event or "days" in event or (whole is None and until is None):
            world.say("AMOUNT_MISSING", when)
            return
        if until is None:
            world.say("AMOUNT_ASSUMED", when)
    elif months and (most or whole or (1, 0))[0] == 0:
        world.say("UNIT_DOES_NOT_FIT", when)
        return
    if grounds and "ground" not in event:
        world.say("GROUND_MISSING", when)
    if approvers and "approver" not in event:
        world.say("APPROVER_MISSING", when)
    world.limit_before = row.due(when.day)
    out = row.left_out(when.day)
    if opened and opened != row.state:
        row = _grant(world, row, opened, when)
    asked = (months, days)
    added = _lengthen(row, steps[0], months, days, until, out)
    if asked != (0, 0) and asked != added:
        world.say("EXTENSION_TOO_LONG", when)
    row.steps.append(name)
    row.paper = until
    if until is not None and row.differs(when.day):
        world.say("PAPER_DIFFERS", when)
    _until_the_paper(row, when.day)


def _until_the_paper(row: Row, today: date) -> None:
    """What was granted before it begins ends by its paper, and what it follows doesn't outlast that."""
    newer, earliest = row, row.paper
    while newer.parent is not None:
        older = newer.parent
        changed = older.granted_until != earliest
        older.granted_until = earliest
        end = older.due(today, count([(a, b) for a, b, _ in older.closed]))
        if changed and end is not None:
            older.over = newer.began = end
        if older.paper is not None:
            earliest = min(earliest or older.paper, older.paper)
        newer = older
    if row.open or row.closed:
        _segments(row, today)


def _lengthen(
    row: Row, step: tuple, months: int, days: int, until: date | None, out: int
) -> tuple[int, int]:
    """Make a stage longer; returns the months and days by which, or the whole where that is taken."""
    _, _, _, _, most, whole, _, taken, _ = step
    if row.state == "compulsory_treatment":
        added = min(months or 12, 12) if not days else 0
        if days and days > (spc(row.origin, 36) - spc(row.origin, 24)).days:
            added, days = 12, 0
        away = min(row.terms) - term(row.origin, 2, 0, 0)[0]
        total = row.length[0] + added
        row.length = (total, 0)
        row.terms = [d + away for d in term(row.origin, total // 12, total % 12, days)]
        return added, days
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
            return whole
        row.length = (had_months, had_days + days)
        return 0, days
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
    return months, days


def _grant(world: Replay, row: Row, state: str, when: When) -> Row:
    due = row.due(when.day)
    fresh = Row(state, when)
    fresh.began = due if due is not None else when.moment
    fresh.only_day = False
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
