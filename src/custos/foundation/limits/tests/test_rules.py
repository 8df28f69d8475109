"""Every rule of law, each with a case that comes out otherwise when the rule is switched off.

What a case must give was typed from the articles. `PROOFS` names a rule, the facts, what is asked of
the result, and the answer.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from custos.foundation.limits import law, windows
from custos.foundation.limits.tests.cases import computed, event, shown

Shown = dict[str, Any]
Ask = Callable[[Shown], Any]

#: The subjects of `docs/reference/limits.md` that stand on law or on excerpts of it.
TOPICS = [
    "DA-1",
    "DA-2",
    "DA-3",
    "DA-4",
    "DA-5",
    "DA-6",
    "DA-7",
    "DA-9",
    "DA-10",
    "DA-11",
    "DA-12",
    "S10",
    "S11",
    "S12",
    "S13",
    "S20",
    "S21",
    "S22",
    "S23",
    "S30",
    "S31",
    "S32",
    "S40",
    "S41",
    "S42",
    "S43",
    "S44",
    "S45",
    "S50",
    "S60",
    "S70",
    "S80",
    "S81",
    "S82",
    "S90",
    "S95",
    "A4-01",
    "A4-02",
    "A4-03",
    "A4-04",
    "A4-05",
    "A4-06",
    "A4-07",
    "A4-08",
    "A4-09",
    "A4-10",
    "A4-11",
    "A4-12",
    "A4-13",
    "A4-14",
    "A4-15",
    "A5-01",
    "A5-02",
    "A5-03",
    "A5-04",
    "A5-05",
    "A5-06",
    "A5-07",
    "A6-01",
    "A6-02",
    "A6-03",
    "A6-04",
    "A6-05",
    "A6-06",
    "A6-07",
    "A6-08",
    "A6-09",
    "A6-10",
    "A6-11",
    "A6-12",
    "A6-13",
    "AL-1",
    "AL-2",
    "AL-3",
    "AL-4",
    "AL-5",
    "AL-6",
    "AL-8",
    "AL-9",
    "AL-10",
    "AL-11",
    "AL-12",
    "A8-01",
    "A8-02",
    "A8-03",
    "A8-04",
    "A8-05",
    "A8-06",
    "A9-01",
    "A9-02",
    "A9-03",
    "A9-04",
    "A9-05",
    "A9-06",
    "A9-07",
    "A9-08",
    "A9-09",
    "A9-10",
    "A9-11",
    "A9-12",
    "A9-13",
    "A9-14",
    "A9-15",
    "A9-16",
    "C-1",
    "C-2",
    "C-3",
    "C-4",
    "A11-01",
    "A11-02",
    "A11-03",
    "A11-04",
    "A11-05",
    "A11-06",
    "A11-07",
    "A11-08",
    "A11-09",
    "A11-10",
    "A11-11",
]


def last(place: int = -1) -> Ask:
    """The last day of a stage."""
    return lambda found: found["stages"][place]["last_day"]


def states(found: Shown) -> list[str]:
    return [one["state"] for one in found["stages"]]


def due(found: Shown) -> str | None:
    return found["stages"][-1]["due_at"]


def end(rule: str) -> Ask:
    """The day on which a reading ends, of the last stage."""

    def ask(found: Shown) -> Any:
        ends = found["stages"][-1]["ends"]
        return [one["at"][:16] for one in ends if one["rule"] == rule]

    return ask


def window(rule: str) -> Ask:
    return lambda found: [one["due_at"][:16] for one in found["windows"] if one["rule"] == rule]


def total(rule: str) -> Ask:
    return lambda found: [one["last_day"] for one in found["totals"] if one["rule"] == rule]


def problem(code: str) -> Ask:
    return lambda found: code in [one["code"] for one in found["problems"]]


def opens(found: Shown) -> tuple[list[str], str]:
    return states(found), found["status"]


def basis(rule: str) -> Ask:
    return lambda found: rule in [one["rule"] for one in found["stages"][-1]["basis"]]


E = event
DETAINED = E("criminal_detention", "2026-03-10T09:30+08:00")
ARREST = E("arrest", "2024-03-05")
ONE_MORE = E(
    "extension", "2024-04-20", months=1, ground="complex", approver="procuratorate_next_higher"
)
TWO_MORE = E(
    "extension",
    "2024-05-20",
    months=2,
    ground="severe_four_classes",
    approver="procuratorate_province",
)
AND_TWO = E(
    "extension",
    "2024-07-20",
    months=2,
    ground="ten_years_likely",
    approver="procuratorate_province",
)
REVIEW = E("prosecution_received", "2026-03-16")
RETURNED = E("returned_for_investigation", "2026-04-10")
TRIAL = E("trial_accepted", "2026-03-16")
SIMPLE = E("trial_accepted", "2026-03-16", procedure="simplified")
FAST = E("trial_accepted", "2026-03-16", procedure="fast_track")
RETRIAL = E("trial_accepted", "2026-03-16", procedure="retrial")
PRIVATE = E("trial_accepted", "2026-03-16", procedure="private")
HIGHER = E(
    "extension", "2026-05-10", months=3, ground="death_or_civil", approver="court_next_higher"
)
SECOND = E("second_instance_accepted", "2026-03-16")
SECOND_MORE = E(
    "extension", "2026-05-10", months=2, ground="death_or_civil", approver="court_province"
)
JUDGED = E("judgment_received", "2026-04-23")
IN_FORCE = E("judgment_effective", "2026-03-16")
NOTICE = E("execution_notice_received", "2026-03-20")
SHORT = E("sentence", "2026-03-17", kind="fixed_term", from_="2025-11-20", months=6)
LONG = E("sentence", "2026-03-17", kind="fixed_term", from_="2025-11-20", years=2)
INTAKE = E("administrative_detention", "2026-03-10", days=10)
TREATED = E("compulsory_treatment", "2026-05-22", decided_on="2026-05-20")
FOREIGN = E("foreigner_review", "2026-03-10")
EXTRADITED = E("extradition_detention", "2026-03-10")


def _sentenced(kind: str = "fixed_term", **fields: Any) -> dict[str, Any]:
    return E("sentence", "2026-03-17", kind=kind, from_="2026-01-15", years=1, **fields)


def _application(**fields: Any) -> list[dict[str, Any]]:
    return [ARREST, E("application_received", "2024-03-20T10:00+08:00", **fields)]


PROOFS: dict[str, tuple[list[dict[str, Any]], Ask, Any]] = {
    # how dates are counted
    "CPL-105-UNITS": (
        [ARREST, E("extension", "2024-04-20", weeks=2)],
        problem("UNIT_UNKNOWN"),
        True,
    ),
    "CPL-105": ([E("arrest_request_received", "2026-04-09")], last(), "2026-04-16"),
    "CPL-105-TRAVEL": (
        [E("arrest", "2024-03-05", travel_days=3)],
        problem("TRAVEL_NOT_DEDUCTED"),
        True,
    ),
    "CPL-105-HOLIDAY": ([JUDGED], window("CPL-230-FILING"), ["2026-05-07T00:00"]),
    "SPC-202": ([REVIEW], last(), "2026-04-16"),
    "HX2006-4": ([E("arrest", "2024-11-30")], last(), "2025-01-30"),
    "HX2006-4-HOURS": ([DETAINED], due, "2026-03-13T09:30:00+08:00"),
    "SPC-202-CHAINED": (
        [
            E("arrest", "2024-01-15"),
            E("psychiatric_exam_started", "2024-02-01"),
            E("psychiatric_exam_ended", "2024-02-21"),
            E(
                "extension",
                "2024-03-25",
                months=1,
                ground="complex",
                approver="procuratorate_next_higher",
            ),
        ],
        last(),
        "2024-05-04",
    ),
    "SPC-202-TERM": ([_sentenced()], last(), "2027-01-14"),
    "DR-32": ([INTAKE], last(), "2026-03-20"),
    "DREG-27": ([TREATED], last(), "2028-05-19"),
    "KR-49": ([ARREST, ONE_MORE], last(), "2024-06-05"),
    "DOCUMENT": ([E("arrest", "2024-03-05", until="2024-05-04")], last(), "2024-05-04"),
    "PAUSE-INCLUSIVE": (
        [
            ARREST,
            E("psychiatric_exam_started", "2024-04-01"),
            E("psychiatric_exam_ended", "2024-04-16"),
        ],
        end("PAUSE-INCLUSIVE"),
        ["2024-05-22T00:00"],
    ),
    # stages
    "CPL-91-3D": ([DETAINED], last(), "2026-03-13"),
    "CPL-91-REVIEW": ([E("arrest_request_received", "2026-04-09")], last(), "2026-04-16"),
    "CPL-167": ([E("procuratorate_detention", "2026-03-10")], last(), "2026-03-24"),
    "CPL-170": ([E("supervision_detention", "2026-03-10")], last(), "2026-03-20"),
    "CPL-156": ([ARREST], last(), "2024-05-05"),
    "CPL-172": ([REVIEW], last(), "2026-04-16"),
    "CPL-172-FAST": (
        [E("prosecution_received", "2026-03-16", procedure="fast_track")],
        last(),
        "2026-03-26",
    ),
    "CPL-175": ([REVIEW, RETURNED], last(), "2026-05-10"),
    "CPL-208": ([TRIAL], last(), "2026-05-16"),
    "CPL-220": ([SIMPLE], last(), "2026-04-05"),
    "CPL-225": ([FAST], last(), "2026-03-26"),
    "CPL-204": (
        [TRIAL, E("supplementary_investigation_started", "2026-04-10")],
        last(),
        "2026-05-10",
    ),
    "CPL-258": ([RETRIAL], last(), "2026-06-16"),
    "CPL-212": ([PRIVATE], last(), "2026-05-16"),
    "CPL-230": ([JUDGED], last(), "2026-05-03"),
    "CPL-230-RULING": (
        [E("judgment_received", "2026-04-23", paper="ruling")],
        last(),
        "2026-04-28",
    ),
    "CPL-243": ([SECOND], last(), "2026-05-16"),
    "CPL-246": ([E("death_review_received", "2026-03-16")], opens, (["S70"], "running")),
    "SPC-511": ([IN_FORCE], last(), "2026-03-26"),
    "RS128-2": ([IN_FORCE, SHORT, NOTICE], last(), "2026-05-19"),
    "CPL-262": ([E("death_order_received", "2026-03-16")], last(), "2026-03-23"),
    "SPC-544": ([E("revocation_arrest", "2026-03-16")], last(), "2026-04-15"),
    "MPS-C-153": ([E("temporary_boarding", "2026-03-16", days=3)], last(), "2026-03-19"),
    "SL-16": (
        [E("administrative_detention", "2026-03-10", days=25, decisions=2)],
        last(),
        "2026-03-30",
    ),
    "CIVIL-118": (
        [E("judicial_detention", "2026-03-10", days=15, ground="witness_refuses")],
        last(),
        "2026-03-20",
    ),
    "EE-60": ([FOREIGN], last(), "2026-04-09"),
    "EXTRADITION-31": ([EXTRADITED], last(), "2026-04-09"),
    "EE-63": ([E("removal_pending", "2026-03-10")], opens, (["removal_pending"], "running")),
    "DL-47": ([TREATED], last(), "2028-05-19"),
    "MPS-A-58": (
        [E("sobering_restraint", "2026-03-10T22:00+08:00")],
        opens,
        (["sobering_restraint"], "running"),
    ),
    "CPL-119": (
        [E("summons", "2026-03-10T08:00+08:00", complex=True)],
        due,
        "2026-03-11T08:00:00+08:00",
    ),
    # extensions
    "CPL-91-7D": (
        [
            DETAINED,
            E("extension", "2026-03-12", days=4, ground="other", approver="county_police_head"),
        ],
        last(),
        "2026-03-17",
    ),
    "CPL-91-30D": (
        [
            DETAINED,
            E("extension", "2026-03-12", days=27, ground="gang", approver="county_police_head"),
        ],
        last(),
        "2026-04-09",
    ),
    "CPL-167-EXT": (
        [
            E("procuratorate_detention", "2026-03-10"),
            E(
                "extension",
                "2026-03-20",
                days=3,
                ground="other",
                approver="procuratorate_same_level",
            ),
        ],
        last(),
        "2026-03-27",
    ),
    "CPL-170-EXT": (
        [
            E("supervision_detention", "2026-03-10"),
            E(
                "extension",
                "2026-03-18",
                days=4,
                ground="other",
                approver="procuratorate_same_level",
            ),
        ],
        last(),
        "2026-03-24",
    ),
    "CPL-156-EXT": ([ARREST, ONE_MORE], last(), "2024-06-05"),
    "CPL-158": ([ARREST, ONE_MORE, TWO_MORE], last(), "2024-08-05"),
    "CPL-159": ([ARREST, ONE_MORE, TWO_MORE, AND_TWO], last(), "2024-10-05"),
    "CPL-157": (
        [
            ARREST,
            E(
                "extension",
                "2024-04-20",
                months=4,
                ground="special_npcsc",
                approver="supreme_procuratorate",
            ),
        ],
        last(),
        "2024-09-05",
    ),
    "CPL-172-EXT": (
        [
            REVIEW,
            E(
                "extension",
                "2026-04-10",
                days=15,
                ground="complex",
                approver="procuratorate_same_level",
            ),
        ],
        last(),
        "2026-05-01",
    ),
    "CPL-172-FAST-EXT": (
        [
            E("prosecution_received", "2026-03-16", procedure="fast_track"),
            E("extension", "2026-03-20", days=5, ground="more_than_one_year_likely"),
        ],
        last(),
        "2026-03-31",
    ),
    "CPL-208-LATEST": ([TRIAL, E("extension", "2026-05-10", months=1)], last(), "2026-06-16"),
    "CPL-208-EXT": ([TRIAL, HIGHER], last(), "2026-09-16"),
    "SPC-210": (
        [
            TRIAL,
            HIGHER,
            E("extension", "2026-09-01", months=3, ground="other", approver="supreme_court"),
        ],
        last(),
        "2026-12-16",
    ),
    "CPL-220-EXT": (
        [SIMPLE, E("extension", "2026-04-01", ground="more_than_three_years_likely")],
        last(),
        "2026-05-01",
    ),
    "CPL-225-EXT": (
        [FAST, E("extension", "2026-03-20", days=5, ground="more_than_one_year_likely")],
        last(),
        "2026-03-31",
    ),
    "CPL-258-EXT": ([RETRIAL, E("extension", "2026-06-01", months=3)], last(), "2026-09-16"),
    "CPL-243-EXT": ([SECOND, SECOND_MORE], last(), "2026-07-16"),
    "CPL-243-SUPREME": (
        [
            SECOND,
            SECOND_MORE,
            E("extension", "2026-07-01", months=3, ground="other", approver="supreme_court"),
        ],
        last(),
        "2026-10-16",
    ),
    "EE-60-EXT": (
        [
            FOREIGN,
            E("extension", "2026-04-01", days=30, ground="complex", approver="police_next_higher"),
        ],
        last(),
        "2026-05-09",
    ),
    "EXTRADITION-31-EXT": (
        [EXTRADITED, E("extension", "2026-04-01", days=15)],
        last(),
        "2026-04-24",
    ),
    "DL-47-EXT": ([TREATED, E("extension", "2028-05-01", months=12)], last(), "2029-05-19"),
    # what stops and restarts clocks
    "CPL-149": (
        [
            ARREST,
            E("psychiatric_exam_started", "2024-04-01"),
            E("psychiatric_exam_ended", "2024-04-16"),
        ],
        last(),
        "2024-05-20",
    ),
    "CPL-160-CRIME": ([ARREST, E("new_major_crime", "2024-04-10")], last(), "2024-06-10"),
    "CPL-160-IDENTITY": (
        [ARREST, E("identity_unknown", "2024-03-06"), E("identity_established", "2024-04-10")],
        last(),
        "2024-06-10",
    ),
    "CPL-175-RESTART": (
        [REVIEW, RETURNED, E("prosecution_received", "2026-05-05")],
        last(),
        "2026-06-05",
    ),
    "CPL-172-JURISDICTION": (
        [REVIEW, E("jurisdiction_changed", "2026-04-10")],
        last(),
        "2026-05-10",
    ),
    "CPL-208-JURISDICTION": (
        [TRIAL, E("jurisdiction_changed", "2026-04-10")],
        last(),
        "2026-06-10",
    ),
    "CPL-208-RESTART": (
        [
            TRIAL,
            E("supplementary_investigation_started", "2026-04-10"),
            E("supplementary_investigation_ended", "2026-05-05"),
        ],
        last(),
        "2026-07-05",
    ),
    "CPL-206": (
        [TRIAL, E("trial_suspended", "2026-04-10"), E("trial_resumed", "2026-04-20")],
        last(),
        "2026-05-26",
    ),
    # Notice on 1 April, so not counted from 3 April on; read on 13 April: ten days.
    "SPC-396": (
        [SECOND, E("file_review_started", "2026-04-01"), E("file_review_ended", "2026-04-13")],
        last(),
        "2026-05-26",
    ),
    "CPL-241": ([SECOND, E("remanded_for_retrial", "2026-05-10")], last(), "2026-07-10"),
    "SPC-368": (
        [SIMPLE, E("procedure_changed", "2026-04-01", procedure="ordinary")],
        last(),
        "2026-06-01",
    ),
    "CPL-92": (
        [
            E("arrest_request_received", "2026-04-09"),
            E("arrest_refused", "2026-04-12T15:00+08:00"),
            E("reconsideration_requested", "2026-04-12T16:00+08:00"),
        ],
        due,
        "2026-04-12T15:00:00+08:00",
    ),
    "CPL-268": (
        [_sentenced(), E("escaped", "2026-04-01"), E("recaptured", "2026-04-11")],
        last(),
        "2027-01-24",
    ),
    "DREG-32": (
        [TREATED, E("escaped", "2026-07-01"), E("recaptured", "2026-07-31")],
        last(),
        "2028-06-18",
    ),
    "DR-27": (
        [INTAKE, E("leave_started", "2026-03-12"), E("leave_ended", "2026-03-14")],
        last(),
        "2026-03-22",
    ),
    "MPS-A-222": (
        [INTAKE, E("detention_suspended", "2026-03-12")],
        lambda found: found["status"],
        "ended",
    ),
    "CPL-170-NOT-COUNTED": (
        [E("supervision_detention", "2026-03-10"), E("arrest", "2026-03-18")],
        last(),
        "2026-04-18",
    ),
    "PRL-15": ([IN_FORCE, NOTICE], end("PRL-15"), ["2026-04-21T00:00"]),
    "SPP-625": ([IN_FORCE, NOTICE], last(), "2026-04-19"),
    "SPP-309": (
        [
            ARREST,
            E(
                "extension",
                "2024-05-06",
                months=1,
                ground="complex",
                approver="procuratorate_next_higher",
            ),
        ],
        last(),
        "2024-05-05",
    ),
    "HX2006-8": (
        [ARREST, E("wrongful_custody_found", "2024-03-20T08:00+08:00")],
        due,
        "2024-03-20T20:00:00+08:00",
    ),
    "CPL-260": (
        [E("judgment_received", "2026-04-23T11:00+08:00", outcome="acquitted")],
        due,
        "2026-04-23T11:00:00+08:00",
    ),
    "SPC-170-2": (
        [E("judgment_received", "2026-04-23", outcome="suspended")],
        last(),
        "2026-04-23",
    ),
    "SPC-170-3": (
        [
            E("judgment_received", "2026-04-23"),
            E("sentence", "2026-04-23", kind="fixed_term", from_="2025-10-28", months=6),
        ],
        last(),
        "2026-04-27",
    ),
    "MPS-A-221": (
        [
            E("administrative_detention", "2026-05-20", days=15),
            E("compulsory_treatment", "2026-05-20", decided_on="2026-05-20"),
        ],
        states,
        ["administrative_detention", "compulsory_treatment"],
    ),
    "EER-29": (
        [FOREIGN, E("identity_unknown", "2026-03-11"), E("identity_established", "2026-04-01")],
        last(),
        "2026-05-01",
    ),
    "SL2012-21": (
        [E("administrative_detention", "2025-12-30", days=10, born="2010-05-05", serious=True)],
        last(),
        "2025-12-30",
    ),
    "SL2025-23": (
        [E("administrative_detention", "2026-03-10", days=10, born="1950-05-05")],
        last(),
        "2026-03-10",
    ),
    "HY2014-FORM": (
        [TRIAL, E("transfer_of_custody", "2026-03-17", half="sent")],
        problem("HALF_MISSING"),
        True,
    ),
    "HY2014-TIMING": (
        [ARREST, ONE_MORE, E("changed_limit_notice", "2024-05-07")],
        problem("NOTICE_LATE"),
        True,
    ),
    "GTZ1999-83": (
        [
            ARREST,
            E("permit_issued", "2024-03-06", until="2024-05-05"),
            E("permit_issued", "2024-03-20", until="2024-05-05"),
        ],
        problem("PERMIT_TWICE"),
        True,
    ),
    # totals
    "MAX-POLICE": (
        [
            E("criminal_detention", "2026-03-10T09:30+08:00", class_="up_to_30_days"),
            E("arrest_request_received", "2026-04-12"),
        ],
        last(),
        "2026-04-16",
    ),
    "MAX-PROCURATORATE": (
        [E("procuratorate_detention", "2026-03-10")],
        total("MAX-PROCURATORATE"),
        ["2026-03-27"],
    ),
    "MAX-SUPERVISION": (
        [E("supervision_detention", "2026-03-10")],
        total("MAX-SUPERVISION"),
        ["2026-03-24"],
    ),
    "MAX-INVESTIGATION": ([ARREST], total("MAX-INVESTIGATION"), ["2024-10-05"]),
    # Five months and three half months: 16 August, and 45 days.
    "MAX-REVIEW": ([REVIEW], total("MAX-REVIEW"), ["2026-09-30"]),
    "MAX-FIRST-INSTANCE": ([TRIAL], total("MAX-FIRST-INSTANCE"), ["2026-09-16"]),
    "MAX-SECOND-INSTANCE": ([SECOND], total("MAX-SECOND-INSTANCE"), ["2026-07-16"]),
    # sentences
    "CL-47": ([_sentenced("control", credit_days=10)], last(), "2026-12-25"),
    "CPL-76": ([_sentenced(designated_residence_days=20)], last(), "2027-01-04"),
    "SUPL-50": ([_sentenced(supervision_days=10)], last(), "2027-01-04"),
    "APL-35": ([_sentenced(administrative_days=10)], last(), "2027-01-04"),
    "CL-TERMS": (
        [E("sentence", "2026-03-17", kind="criminal_detention_term", from_="2026-01-15", months=7)],
        problem("TERM_OUT_OF_RANGE"),
        True,
    ),
    "CPL-264": ([IN_FORCE, SHORT, NOTICE], states, ["S80", "S81"]),
    "RS128-2-MINORS": (
        [IN_FORCE, SHORT, E("execution_notice_received", "2026-03-20", minor=True)],
        states,
        ["S80", "S81"],
    ),
    "SPC-512": (
        [IN_FORCE, E("execution_notice_received", "2026-03-20", co_defendant_of_death_case=True)],
        due,
        None,
    ),
    "MPS-C-305": (
        [_sentenced(), E("parole", "2026-06-01", approver="county_police_head")],
        problem("APPROVER_NOT_ENTITLED"),
        True,
    ),
    "CPL-265": (
        [_sentenced(), E("outside_service", "2026-06-01", ground="other")],
        problem("GROUND_DOES_NOT_FIT"),
        True,
    ),
    # windows
    "CPL-86": ([DETAINED], window("CPL-86"), ["2026-03-11T09:30"]),
    "CPL-94": ([E("arrest", "2024-03-05T10:00+08:00")], window("CPL-94"), ["2024-03-06T10:00"]),
    "CPL-85": ([DETAINED], window("CPL-85"), ["2026-03-11T09:30"]),
    "CPL-93": ([E("arrest", "2024-03-05T10:00+08:00")], window("CPL-93"), ["2024-03-06T10:00"]),
    "CPL-97": (_application(kind="change_measure"), window("CPL-97"), ["2024-03-24T00:00"]),
    "CPL-99": (_application(kind="expired"), window("CPL-99"), ["2024-03-24T00:00"]),
    "CPL-95": (_application(kind="necessity"), window("CPL-95"), ["2024-03-31T00:00"]),
    "NECESSITY-2023": (
        _application(kind="necessity", ground="pregnant_or_nursing"),
        window("NECESSITY-2023"),
        ["2024-03-20T10:00"],
    ),
    "MPS-C-148": ([ARREST], window("MPS-C-148"), ["2024-04-29T00:00"]),
    "SPC-210-REQUEST": (
        [TRIAL],
        window("SPC-210-REQUEST"),
        ["2026-05-02T00:00", "2026-05-12T00:00"],
    ),
    "HX2006-8-REPORT": (
        [ARREST, E("wrongful_custody_found", "2024-03-20T08:00+08:00")],
        window("HX2006-8-REPORT"),
        ["2024-03-24T00:00"],
    ),
    "SPC-170-4": ([TRIAL], window("SPC-170-4"), ["2026-05-17T00:00"]),
    "AL-1": (
        [E("criminal_detention", "2026-03-10T09:30+08:00", class_="up_to_30_days")],
        window("AL-1"),
        ["2026-04-06T09:30"],
    ),
    "AL-1-SHORT": ([DETAINED], window("AL-1-SHORT"), ["2026-03-12T09:30"]),
    "AL-2": (
        [ARREST],
        window("AL-2"),
        ["2024-04-29T00:00", "2024-05-01T00:00", "2024-05-03T00:00", "2024-05-05T00:00"],
    ),
    "AL-3": ([REVIEW], window("AL-3"), ["2026-03-17T00:00"]),
    "HY2014-TRANSFER": ([REVIEW], window("HY2014-TRANSFER"), ["2026-03-17T00:00"]),
    "HY2014-CHANGED": ([ARREST, ONE_MORE], window("HY2014-CHANGED"), ["2024-04-21T00:00"]),
    "HY2014-3D": (
        [ARREST, E("psychiatric_exam_started", "2024-04-01")],
        window("HY2014-3D"),
        ["2024-04-05T00:00"],
    ),
    "AL-4": ([ARREST], window("AL-4"), ["2024-05-06T00:00"]),
    "AL-5": ([ARREST], window("AL-5"), ["2024-05-06T00:00"]),
    "AL-6": (_application(kind="expired"), window("AL-6"), ["2024-03-21T10:00"]),
    "AL-7": (
        [_sentenced()],
        window("AL-7"),
        ["2026-12-16T00:00", "2027-01-08T00:00", "2027-01-14T00:00"],
    ),
    "AL-8": ([IN_FORCE, NOTICE], window("AL-8"), ["2026-04-10T00:00", "2026-04-18T00:00"]),
    "AL-9": ([JUDGED], window("AL-9"), ["2026-04-25T00:00"]),
    "AL-10": ([IN_FORCE], window("AL-10"), ["2026-03-27T00:00"]),
    "AL-11": (
        [TREATED],
        window("AL-11"),
        ["2027-04-20T00:00", "2027-05-20T00:00", "2028-03-21T00:00"],
    ),
    "AL-12": ([FOREIGN], window("AL-12"), ["2026-04-03T00:00", "2026-04-07T00:00"]),
    # thirty days from 10 March end with 9 April
    "EXTRADITION-NEAR": (
        [EXTRADITED],
        window("EXTRADITION-NEAR"),
        ["2026-04-03T00:00", "2026-04-07T00:00"],
    ),
    "CPL-230-FILING": ([JUDGED], window("CPL-230-FILING"), ["2026-05-07T00:00"]),
    "CL-43": (
        [_sentenced("criminal_detention_term")],
        window("CL-43"),
        ["2026-04-18T00:00"],
    ),
    "SPC-513": ([IN_FORCE, NOTICE], window("SPC-513"), ["2026-03-21T00:00"]),
    "SPC-515": (
        [_sentenced(), E("outside_service", "2026-06-01", ground="serious_illness")],
        window("SPC-515"),
        ["2026-06-12T00:00"],
    ),
    "MPS-C-302": (
        [_sentenced(), E("parole", "2026-06-01")],
        window("MPS-C-302"),
        ["2026-06-02T00:00"],
    ),
    "SPC-505": ([E("death_order_received", "2026-03-16")], window("SPC-505"), ["2026-03-17T00:00"]),
    "EE-63-REVIEW": (
        [E("removal_pending", "2026-03-10")],
        window("EE-63-REVIEW"),
        ["2026-03-18T00:00"],
    ),
    "DREG-27-POLICE": (
        [TREATED],
        window("DREG-27-POLICE"),
        ["2026-08-23T00:00", "2026-11-23T00:00"],
    ),
    "CPL-79-BAIL": ([ARREST, E("bail", "2024-04-10")], window("CPL-79-BAIL"), ["2025-04-11T00:00"]),
    "CPL-79-RESIDENCE": (
        [ARREST, E("residential_surveillance", "2024-04-10")],
        window("CPL-79-RESIDENCE"),
        ["2024-10-11T00:00"],
    ),
    "DREG-33": ([TREATED], window("DREG-33"), ["2028-05-17T00:00"]),
}


@pytest.mark.parametrize("rule", PROOFS)
def test_the_rule_gives_what_its_text_says(rule: str) -> None:
    events, ask, wanted = PROOFS[rule]
    assert ask(shown(*events, as_of=_as_of(events))) == wanted


@pytest.mark.parametrize("rule", PROOFS)
def test_the_case_of_a_rule_comes_out_otherwise_without_it(rule: str) -> None:
    events, ask, wanted = PROOFS[rule]
    changed = law.shipped().without(rule)
    assert ask(shown(*events, as_of=_as_of(events), law=changed)) != wanted


def _as_of(events: list[dict[str, Any]]) -> str:
    return max(str(one["at"])[:10] for one in events)


def test_every_rule_of_law_has_its_case() -> None:
    named = {one.rule.id for one in law.shipped().held if one.rule.confidence in "VE"}
    assert named - set(PROOFS) == set()
    assert set(PROOFS) - {one.rule.id for one in law.shipped().held} == set()


def test_every_subject_of_the_reference_is_answered_by_a_rule() -> None:
    answered = {topic for one in law.shipped().held for topic in one.rule.topics}
    assert set(TOPICS) - answered == set()


def test_every_subject_is_proved_by_a_case() -> None:
    proved = {
        topic for one in law.shipped().held if one.rule.id in PROOFS for topic in one.rule.topics
    }
    assert set(TOPICS) - proved == set()


def test_rules_of_2026_hold_from_the_first_of_january() -> None:
    old, new = (
        shown(E("administrative_detention", on, days=10, born="2010-05-05", serious=True), as_of=on)
        for on in ("2025-12-31", "2026-01-01")
    )
    assert old["stages"][0]["last_day"] == "2025-12-31"
    assert new["stages"][0]["last_day"] == "2026-01-11"


def test_every_rule_says_whose_it_is_in_both_languages() -> None:
    for one in law.shipped().held:
        assert one.rule.title.zh
        assert one.rule.title.en
        assert law.english(one.rule.source)
        assert one.rule.valid_from <= date(2026, 1, 1)


#: Days of coming into force that were read: the 2018 amendment of the Criminal Procedure Law, and the 2025
#: revision of the Public Security Administration Punishments Law.
READ = {date(2018, 10, 26), date(2026, 1, 1)}


def test_a_day_of_coming_into_force_that_nobody_read_says_so() -> None:
    for one in law.shipped().held:
        if one.rule.confidence != "P":
            said = one.rule.dated == "M"
            assert said == (one.rule.valid_from not in READ), one.rule.id


# ---------------------------------------------------------------------- numbers, each with its edge

#: By which facts each stage is the one that runs, with nothing wrong about it.
RUNS: dict[str, list[dict[str, Any]]] = {
    "S10": [DETAINED],
    "S11": [E("arrest_request_received", "2026-04-09")],
    "S12": [E("procuratorate_detention", "2026-03-10")],
    "S13": [E("supervision_detention", "2026-03-10")],
    "S20": [ARREST],
    "S21": [ARREST, ONE_MORE, TWO_MORE],
    "S22": [ARREST, ONE_MORE, TWO_MORE, AND_TWO],
    "S23": [
        ARREST,
        E(
            "extension",
            "2024-04-20",
            months=4,
            ground="special_npcsc",
            approver="supreme_procuratorate",
        ),
    ],
    "S30": [REVIEW],
    "S31": [E("prosecution_received", "2026-03-16", procedure="fast_track")],
    "S32": [REVIEW, RETURNED],
    "S40": [TRIAL],
    "S41": [SIMPLE],
    "S42": [FAST],
    "S43": [TRIAL, E("supplementary_investigation_started", "2026-04-10")],
    "S44": [RETRIAL],
    "S45": [PRIVATE],
    "S50": [JUDGED],
    "S60": [SECOND],
    "S70": [E("death_review_received", "2026-03-16")],
    "S80": [IN_FORCE],
    "S81": [_sentenced()],
    "S82": [E("death_order_received", "2026-03-16")],
    "S90": [E("revocation_arrest", "2026-03-16")],
    "S95": [E("temporary_boarding", "2026-03-16", days=30)],
    "administrative_detention": [INTAKE],
    "judicial_detention": [E("judicial_detention", "2026-03-10", days=10)],
    "foreigner_review": [FOREIGN],
    "extradition_detention": [EXTRADITED],
    "removal_pending": [E("removal_pending", "2026-03-10")],
    "compulsory_treatment": [TREATED],
    "sobering_restraint": [E("sobering_restraint", "2026-03-10T22:00+08:00")],
    "summons": [E("summons", "2026-03-10T08:00+08:00")],
}


def test_every_stage_of_the_law_runs_in_its_case() -> None:
    assert set(law.shipped().stages) | {"S21", "S22", "S23"} == RUNS.keys()
    for state, events in RUNS.items():
        assert states(shown(*events, as_of=_as_of(events)))[-1] == state


def _more(at: str, **fields: Any) -> dict[str, Any]:
    return E("extension", at, **fields)


#: An extension by one more than the law allows, and the law's own last day: that counts.
TOO_LONG: dict[str, tuple[list[dict[str, Any]], str]] = {
    "CPL-91-7D": ([DETAINED, _more("2026-03-12", days=5, ground="other")], "2026-03-17"),
    "CPL-91-30D": ([DETAINED, _more("2026-03-12", days=28, ground="gang")], "2026-04-09"),
    "CPL-167-EXT": ([*RUNS["S12"], _more("2026-03-20", days=4, ground="other")], "2026-03-27"),
    "CPL-170-EXT": ([*RUNS["S13"], _more("2026-03-18", days=5, ground="other")], "2026-03-24"),
    "CPL-156-EXT": ([ARREST, ONE_MORE | {"months": 2}], "2024-06-05"),
    "CPL-158": ([ARREST, ONE_MORE, TWO_MORE | {"months": 3}], "2024-08-05"),
    "CPL-159": ([ARREST, ONE_MORE, TWO_MORE, AND_TWO | {"months": 3}], "2024-10-05"),
    "CPL-172-EXT": ([REVIEW, _more("2026-04-10", days=16, ground="complex")], "2026-05-01"),
    "CPL-172-FAST-EXT": (
        [*RUNS["S31"], _more("2026-03-20", days=6, ground="more_than_one_year_likely")],
        "2026-03-31",
    ),
    "CPL-208-LATEST": ([TRIAL, _more("2026-05-10", months=2)], "2026-06-16"),
    "CPL-208-EXT": ([TRIAL, HIGHER | {"months": 4}], "2026-09-16"),
    "SPC-210": ([TRIAL, HIGHER, _more("2026-09-01", months=4, ground="other")], "2026-12-16"),
    "CPL-220-EXT": (
        [SIMPLE, _more("2026-04-01", days=27, ground="more_than_three_years_likely")],
        "2026-05-01",
    ),
    "CPL-225-EXT": (
        [FAST, _more("2026-03-20", days=6, ground="more_than_one_year_likely")],
        "2026-03-31",
    ),
    "CPL-258-EXT": ([RETRIAL, _more("2026-06-01", months=4)], "2026-09-16"),
    "CPL-243-EXT": ([SECOND, SECOND_MORE | {"months": 3}], "2026-07-16"),
    "CPL-243-SUPREME": (
        [SECOND, SECOND_MORE, _more("2026-07-01", months=4, ground="other")],
        "2026-10-16",
    ),
    "EE-60-EXT": ([FOREIGN, _more("2026-04-01", days=31, ground="complex")], "2026-05-09"),
    "EXTRADITION-31-EXT": ([EXTRADITED, _more("2026-04-01", days=16)], "2026-04-24"),
    "DL-47-EXT": ([TREATED, _more("2028-05-01", months=13)], "2029-05-19"),
}


@pytest.mark.parametrize("rule", TOO_LONG)
def test_an_extension_never_reaches_further_than_its_rule(rule: str) -> None:
    events, day = TOO_LONG[rule]
    found = shown(*events, as_of=_as_of(events))
    assert last()(found) == day
    assert basis(rule)(found)
    assert problem("EXTENSION_TOO_LONG")(found)


#: Where one number of a rule says what another says too, each of them alone holds the bound.
TWICE = [
    (rule, field)
    for rule in ("CPL-91-7D", "CPL-167-EXT", "CPL-170-EXT")
    for field in ("most", "total")
]


@pytest.mark.parametrize(("rule", "left_out"), TWICE)
def test_what_one_decision_may_add_and_the_whole_bound_an_extension_each_alone(
    rule: str, left_out: str
) -> None:
    held = law.shipped().held
    changed = law.Law(
        replace(one, rule=one.rule.model_copy(update={left_out: None}))
        if one.rule.id == rule
        else one
        for one in held
    )
    events, day = TOO_LONG[rule]
    assert last()(shown(*events, as_of=_as_of(events), law=changed)) == day


def test_every_extension_stands_in_this_table() -> None:
    held = {one.rule.id for one in law.shipped().held if isinstance(one.rule, law.ExtensionRule)}
    # 刑事诉讼法 第157条 names no length.
    assert held - {"CPL-157"} == TOO_LONG.keys()


POLICE = {"county_police_head", "police_next_higher"}
PROCURATORATES = {
    "procuratorate_same_level",
    "procuratorate_next_higher",
    "procuratorate_province",
    "supreme_procuratorate",
}
#: Rule → who may decide it, and on which grounds; None where the law names none.
DECIDED: dict[str, tuple[set[str] | None, set[str]]] = {
    "CPL-91-7D": (POLICE, {"other", "complex"}),
    "CPL-91-30D": (POLICE, {"wandering", "repeated", "gang"}),
    "CPL-167-EXT": (PROCURATORATES, {"other", "complex"}),
    "CPL-170-EXT": (PROCURATORATES, {"other", "complex"}),
    "CPL-156-EXT": (PROCURATORATES - {"procuratorate_same_level"}, {"complex"}),
    "CPL-158": ({"procuratorate_province", "supreme_procuratorate"}, {"severe_four_classes"}),
    "CPL-159": ({"procuratorate_province", "supreme_procuratorate"}, {"ten_years_likely"}),
    "CPL-157": ({"supreme_procuratorate"}, {"special_npcsc"}),
    "CPL-172-EXT": (PROCURATORATES, {"complex"}),
    "CPL-172-FAST-EXT": (None, {"more_than_one_year_likely"}),
    "CPL-208-EXT": (
        {"court_next_higher", "court_province", "supreme_court"},
        {"death_or_civil", "severe_four_classes"},
    ),
    "SPC-210": ({"supreme_court"}, {"other"}),
    "CPL-220-EXT": (None, {"more_than_three_years_likely"}),
    "CPL-225-EXT": (None, {"more_than_one_year_likely"}),
    "CPL-243-EXT": ({"court_province", "supreme_court"}, {"death_or_civil", "severe_four_classes"}),
    "CPL-243-SUPREME": ({"supreme_court"}, {"other"}),
    "EE-60-EXT": ({"police_next_higher"}, {"complex", "other"}),
}


def _decided(rule: str) -> list[dict[str, Any]]:
    return RUNS["S23"] if rule == "CPL-157" else TOO_LONG[rule][0]


def _taken(rule: str, **said: str) -> bool:
    """Whether an extension is taken as a step of this rule, decided so."""
    *before, step = _decided(rule)
    step = {name: value for name, value in step.items() if name not in ("approver", "ground")}
    found = shown(*before, step | said, as_of=_as_of([*before, step]))
    return bool(basis(rule)(found))


@pytest.mark.parametrize("rule", DECIDED)
def test_an_extension_is_decided_by_whom_the_law_names(rule: str) -> None:
    approvers, grounds = DECIDED[rule]
    for ground in sorted(grounds):
        taken = {
            one for one in law.codes()["approver"] if _taken(rule, ground=ground, approver=one)
        }
        assert taken == (set(law.codes()["approver"]) if approvers is None else approvers)


@pytest.mark.parametrize("rule", DECIDED)
def test_an_extension_is_decided_on_the_grounds_that_the_law_names(rule: str) -> None:
    approvers, grounds = DECIDED[rule]
    said = {"approver": sorted(approvers)[0]} if approvers else {}
    taken = {one for one in law.codes()["ground"] if _taken(rule, ground=one, **said)}
    assert taken == grounds


@pytest.mark.parametrize("state", ["S20", "S21", "S22", "S23"])
def test_cpl_157_postpones_from_every_step_of_the_investigation(state: str) -> None:
    again = RUNS["S23"][-1] | {"at": "2024-04-25" if state in ("S20", "S23") else "2024-05-25"}
    if state == "S22":
        again |= {"at": "2024-07-25"}
    before = RUNS[state]
    found = shown(*before, again, as_of=again["at"])
    assert states(found)[-1] == "S23"
    months = {"S20": "2024-09-05", "S21": "2024-12-05", "S22": "2025-02-05", "S23": "2025-01-05"}
    assert last()(found) == months[state]


@pytest.mark.parametrize(
    ("rule", "events", "day"),
    [
        ("SPC-210", [TRIAL, HIGHER], "2027-03-16"),
        ("SPC-210", [PRIVATE, HIGHER], "2027-03-16"),
        ("CPL-243-SUPREME", [SECOND, SECOND_MORE], "2027-01-16"),
    ],
)
def test_the_supreme_court_extends_more_than_once(
    rule: str, events: list[dict[str, Any]], day: str
) -> None:
    """最高人民法院关于适用刑事诉讼法的解释 第210条: one to three months at a time."""
    step = {"months": 3, "ground": "other", "approver": "supreme_court"}
    ends = {
        "SPC-210": ("2026-09-01", "2026-12-01"),
        "CPL-243-SUPREME": ("2026-07-01", "2026-10-01"),
    }
    told = [*events, *(_more(at, **step) for at in ends[rule])]
    found = shown(*told, as_of=_as_of(told))
    assert (last()(found), basis(rule)(found)) == (day, True)


@pytest.mark.parametrize("trial", [TRIAL, PRIVATE])
def test_cpl_208_and_212_three_months_at_the_latest_stand_beside_two(trial: dict[str, Any]) -> None:
    assert end("CPL-208-LATEST")(shown(trial, as_of="2026-03-16")) == ["2026-06-17T00:00"]
    assert last()(shown(trial, HIGHER, as_of="2026-05-10")) == "2026-09-16"


def _twice(begun: str, ended: str, first: dict[str, Any]) -> list[dict[str, Any]]:
    days = ("2026-03-20", "2026-03-24", "2026-03-28", "2026-04-01", "2026-04-05")
    return [first, *(E(ended if at % 2 else begun, day) for at, day in enumerate(days))]


@pytest.mark.parametrize(
    ("rule", "events", "state"),
    [
        ("CPL-175", _twice("returned_for_investigation", "prosecution_received", REVIEW), "S32"),
        (
            "CPL-204",
            _twice(
                "supplementary_investigation_started", "supplementary_investigation_ended", TRIAL
            ),
            "S43",
        ),
    ],
)
def test_a_case_is_investigated_again_twice_at_most(
    rule: str, events: list[dict[str, Any]], state: str
) -> None:
    """刑事诉讼法 第175条, 第205条: two times, a month each."""
    second, third = (shown(*events[:count], as_of="2026-04-05") for count in (4, 6))
    assert states(second).count(state) == 2
    assert not problem("RETURNED_TOO_OFTEN")(second)
    assert states(third).count(state) == 2
    assert problem("RETURNED_TOO_OFTEN")(third)
    left = shown(*events, as_of="2026-04-05", law=law.shipped().without(rule))
    assert not problem("RETURNED_TOO_OFTEN")(left)


#: What stops the clock of which stages (A.4).
STOPS = {
    "psychiatric_exam": {
        "S10", "S11", "S12", "S13", "S20", "S21", "S22", "S23", "S30", "S31", "S32", "S40", "S41", "S42",
        "S43", "S44", "S45", "S60",
    },
    "trial_suspended": {"S40", "S41", "S42", "S44", "S45", "S60"},
    "file_review": {"S60"},
    "leave": {"administrative_detention", "judicial_detention"},
}  # fmt: skip
_STOPPED_BY = {
    "psychiatric_exam": ("psychiatric_exam_started", "psychiatric_exam_ended"),
    "trial_suspended": ("trial_suspended", "trial_resumed"),
    "file_review": ("file_review_started", "file_review_ended"),
    "leave": ("leave_started", "leave_ended"),
}


@pytest.mark.parametrize("pause", STOPS)
def test_only_the_stages_that_the_law_names_are_stopped(pause: str) -> None:
    begun, ended = _STOPPED_BY[pause]
    stopped = set()
    for state, events in RUNS.items():
        day = date.fromisoformat(_as_of(events))
        told = [*events, E(begun, f"{day}T23:00+08:00"), E(ended, f"{day}T23:30+08:00")]
        codes = [one["code"] for one in shown(*told, as_of=_as_of(told))["problems"]]
        if "NOT_IN_THIS_STAGE" not in codes and "PAUSE_WITHOUT_START" not in codes:
            stopped.add(state)
    assert stopped == STOPS[pause]


#: Beside which stages a window stands.
BESIDE: dict[str, set[str]] = {
    "CPL-86": {"S10", "S12", "S13"},
    "CPL-85": {"S10", "S12", "S13"},
    "MPS-C-148": {"S20", "S21", "S22"},
    "SPC-210-REQUEST": {"S40", "S45", "S60"},
    "SPC-170-4": {"S40", "S41", "S42", "S44", "S45", "S60"},
    "AL-1-SHORT": {"S10"},
    "AL-2": STOPS["psychiatric_exam"] - {"S10"} | {"S90"},
    "AL-4": STOPS["psychiatric_exam"] | {"S50", "S90", "S95", "extradition_detention"},
    "AL-5": STOPS["psychiatric_exam"],
    "AL-7": {"S81"},
    "AL-11": {"compulsory_treatment"},
    "AL-12": {"foreigner_review"},
    "EXTRADITION-NEAR": {"extradition_detention"},
    "CPL-230-FILING": {"S50"},
    "SPC-505": {"S82"},
    "EE-63-REVIEW": {"removal_pending"},
    "DREG-27-POLICE": {"compulsory_treatment"},
    "DREG-33": {"compulsory_treatment"},
}


@pytest.mark.parametrize("rule", BESIDE)
def test_a_window_stands_beside_the_stages_that_its_text_names(rule: str) -> None:
    beside = set()
    for state, events in RUNS.items():
        found = shown(*events, as_of=_as_of(events))
        place = len(found["stages"]) - 1
        if any(one["rule"] == rule and one["stage"] == place for one in found["windows"]):
            beside.add(state)
    assert beside == BESIDE[rule]


#: Whom a window asks, and the paper that it asks for, as A.6, A.7 and the rows of the reference name them.
ASKS: dict[str, tuple[str, str | None]] = {
    "CPL-86": ("handling_authority", None),
    "CPL-94": ("handling_authority", None),
    "CPL-85": ("handling_authority", "D03"),
    "CPL-93": ("handling_authority", "D03"),
    "CPL-97": ("handling_authority", None),
    "CPL-99": ("handling_authority", None),
    "CPL-95": ("procuratorate", None),
    "NECESSITY-2023": ("procuratorate", None),
    "MPS-C-148": ("handling_authority", None),
    "SPC-210-REQUEST": ("court", None),
    "HX2006-8-REPORT": ("handling_authority", None),
    "SPC-170-4": ("court", None),
    "AL-1": ("handling_authority", None),
    "AL-1-SHORT": ("handling_authority", None),
    "AL-2": ("handling_authority", "D09"),
    "AL-3": ("handling_authority", "D07"),
    "HY2014-TRANSFER": ("handling_authority", "D07"),
    "HY2014-CHANGED": ("handling_authority", "D06"),
    "HY2014-3D": ("handling_authority", "D06"),
    "AL-4": ("leader", "D10"),
    "AL-5": ("interrogation_post", "D08"),
    "AL-6": ("leader", None),
    "AL-7": ("case_officer", "D12"),
    "AL-8": ("leader", None),
    "AL-9": ("court", None),
    "AL-10": ("court", "D13"),
    "AL-11": ("treatment_centre", "D22"),
    "AL-12": ("deciding_authority", None),
    "EXTRADITION-NEAR": ("deciding_authority", None),
    "CPL-230-FILING": ("person", None),
    "CL-43": ("leader", None),
    "SPC-513": ("leader", "D13"),
    "SPC-515": ("court", "D24"),
    "MPS-C-302": ("leader", None),
    "SPC-505": ("court", None),
    "EE-63-REVIEW": ("deciding_authority", None),
    "DREG-27-POLICE": ("treatment_centre", None),
    "CPL-79-BAIL": ("handling_authority", None),
    "CPL-79-RESIDENCE": ("handling_authority", None),
    "DREG-33": ("treatment_centre", "D22"),
}


def _windows_of(events: list[dict[str, Any]], rule: str) -> list[dict[str, Any]]:
    found = shown(*events, as_of=_as_of(events))["windows"]
    return [one for one in found if one["rule"] == rule]


@pytest.mark.parametrize("rule", ASKS)
def test_a_window_asks_whom_its_text_names_for_the_paper_that_it_names(rule: str) -> None:
    found = _windows_of(PROOFS[rule][0], rule)
    assert {(one["who"], one.get("document")) for one in found} == {ASKS[rule]}


def test_every_window_of_law_stands_in_this_table() -> None:
    named = {one.rule.id for one in law.shipped().held if isinstance(one.rule, law.WindowRule)}
    assert named == set(ASKS)


#: HX2006 28: nobody is interrogated on a permit past its date. KR 15, 19: nor without the transfer.
REFUSES = {"AL-3", "AL-5"}


@pytest.mark.parametrize("rule", ASKS)
def test_hx2006_28_and_kr_19_say_when_interrogation_is_refused_and_nothing_else_does(
    rule: str,
) -> None:
    blocks = {one.get("blocks") for one in _windows_of(PROOFS[rule][0], rule)}
    assert blocks == ({"interrogation"} if rule in REFUSES else {None})


def test_hx2006_28_an_expired_permit_refuses_interrogation() -> None:
    before, after = (
        computed(ARREST, as_of=on) for on in ("2024-05-05T23:59+08:00", "2024-05-06T00:00+08:00")
    )
    refusing = [
        [one.rule.id for one in windows.interrogation_blocked(result, result.case.as_of or 0)]
        for result in (before, after)
    ]
    assert refusing == [[], ["AL-5"]]


#: What is asked for until a paper comes, and the paper.
UNTIL: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "AL-3": ([REVIEW], E("transfer_of_custody", "2026-03-18")),
    "HY2014-TRANSFER": ([REVIEW], E("transfer_of_custody", "2026-03-18")),
    "HY2014-CHANGED": (
        [REVIEW, _more("2026-04-10", days=15)],
        E("changed_limit_notice", "2026-04-11"),
    ),
    "HY2014-3D": (
        [ARREST, E("psychiatric_exam_started", "2024-04-01")],
        E("changed_limit_notice", "2024-04-02"),
    ),
    "AL-10": (
        [E("judgment_effective", "2026-03-16")],
        E("execution_notice_received", "2026-03-20"),
    ),
}


@pytest.mark.parametrize("rule", UNTIL)
def test_what_is_asked_for_is_asked_until_its_paper_comes(rule: str) -> None:
    events, paper = UNTIL[rule]
    other = E("application_received", paper["at"], kind="other")
    for more, answered in (([], False), ([other], False), ([paper], True)):
        found = _windows_of([*events, *more], rule)
        assert {one["answered"] for one in found} == {answered}


#: What narrows a window: the fact that opens it, and one of the same kind that doesn't.
NARROWED: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "CPL-97": (_application(kind="change_measure"), _application(kind="other")),
    "CPL-99": (_application(kind="expired"), _application(kind="change_measure")),
    "CPL-95": (_application(kind="necessity"), _application(kind="expired")),
    "CL-43": ([_sentenced("criminal_detention_term")], [_sentenced("fixed_term")]),
}


@pytest.mark.parametrize("rule", NARROWED)
def test_a_window_is_opened_only_by_what_its_text_is_about(rule: str) -> None:
    opened, other = NARROWED[rule]
    assert _windows_of(opened, rule)
    assert not _windows_of(other, rule)


@pytest.mark.parametrize(
    ("trial", "on"), [(TRIAL, "2026-05-10"), (PRIVATE, "2026-05-10"), (SECOND, "2026-05-01")]
)
def test_spc_210_the_supreme_court_extends_only_what_the_higher_court_has_extended(
    trial: dict[str, Any], on: str
) -> None:
    step = _more(on, months=3, ground="other", approver="supreme_court")
    found = shown(trial, step, as_of=on)
    assert "EXTENSION_SKIPS_STEP" in [one["code"] for one in found["problems"]]
    assert last()(found) == last()(shown(trial, as_of=on))


_MOVES: dict[str, list[dict[str, Any]]] = {
    "prosecution_received": [REVIEW],
    "returned_for_investigation": [REVIEW, RETURNED],
    "trial_accepted": [TRIAL],
    "supplementary_investigation_started": RUNS["S43"],
    "supplementary_investigation_ended": [
        *RUNS["S43"],
        E("supplementary_investigation_ended", "2026-04-20"),
    ],
    "second_instance_accepted": [SECOND],
    "remanded_for_retrial": [SECOND, E("remanded_for_retrial", "2026-05-10")],
    "death_review_received": RUNS["S70"],
    "jurisdiction_changed": [TRIAL, E("jurisdiction_changed", "2026-04-10")],
}
_CHANGES: dict[str, list[dict[str, Any]]] = {
    "extension": [ARREST, ONE_MORE],
    "new_major_crime": [ARREST, E("new_major_crime", "2024-04-10")],
    "identity_unknown": [ARREST, E("identity_unknown", "2024-04-10")],
    "trial_suspended": [TRIAL, E("trial_suspended", "2026-04-10")],
    "trial_resumed": [TRIAL, E("trial_suspended", "2026-04-10"), E("trial_resumed", "2026-04-20")],
}
_EXAMINED = [ARREST, E("psychiatric_exam_started", "2024-04-01")]
_NOTICED: dict[str, list[dict[str, Any]]] = {
    "psychiatric_exam_started": _EXAMINED,
    "psychiatric_exam_ended": [*_EXAMINED, E("psychiatric_exam_ended", "2024-04-16")],
    "identity_established": [
        *_CHANGES["identity_unknown"],
        E("identity_established", "2024-04-20"),
    ],
}
#: A window and each fact that opens it, with how many days after that fact's day it is due.
OPENED = [
    (rule, facts, days)
    for rule, by, days in (
        ("AL-3", _MOVES, 0),
        ("HY2014-TRANSFER", _MOVES, 0),
        ("HY2014-CHANGED", _CHANGES, 0),
        ("HY2014-3D", _NOTICED, 3),
    )
    for facts in by.values()
]  # fmt: skip


@pytest.mark.parametrize(("rule", "facts", "days"), OPENED)
def test_a_window_is_opened_by_each_fact_that_its_text_names(
    rule: str, facts: list[dict[str, Any]], days: int
) -> None:
    """换押 in its situations, 羁押期限变更通知 in its own (A.8)."""
    found = shown(*facts, as_of=_as_of(facts))
    due_at = [
        one["due_at"][:10]
        for one in found["windows"]
        if one["rule"] == rule and one["event"] == len(facts) - 1
    ]
    day = date.fromisoformat(facts[-1]["at"][:10])
    assert due_at == [(day + timedelta(days=days + 1)).isoformat()]


@pytest.mark.parametrize(
    ("ground", "at_once"),
    [
        ("serious_illness", True),
        ("pregnant_or_nursing", True),
        ("sole_supporter", True),
        ("carer_of_minor", True),
        ("exceeds_likely_sentence", True),
        ("evidence_changed", True),
        ("minor", True),
        ("other", False),
        ("cannot_care_for_self", False),
    ],
)
def test_necessity_2023_is_reviewed_at_once_on_its_grounds(ground: str, at_once: bool) -> None:
    told = _application(kind="necessity", ground=ground)
    found = window("NECESSITY-2023")(shown(*told, as_of=_as_of(told)))
    assert found == (["2024-03-20T10:00"] if at_once else [])


@pytest.mark.parametrize(("days", "reminded"), [(4, False), (5, True)])
def test_al_1_reminds_of_a_detention_longer_than_seven_days(days: int, reminded: bool) -> None:
    step = _more("2026-03-12", days=days, ground="gang", approver="county_police_head")
    found = shown(DETAINED, step, as_of="2026-03-12")
    assert bool(window("AL-1")(found)) is reminded


@pytest.mark.parametrize(
    ("rule", "events", "repeats"),
    [
        ("AL-9", [JUDGED], {"days": 1}),
        ("CL-43", [_sentenced("criminal_detention_term")], {"months": 1}),
        ("EE-63-REVIEW", RUNS["removal_pending"], {"days": 7}),
        ("AL-2", [ARREST], None),
    ],
)
def test_what_is_done_again_says_how_often(
    rule: str, events: list[dict[str, Any]], repeats: dict[str, int] | None
) -> None:
    """刑法 第43条 each month, 解释 第170条 each day, 出境入境管理法 第63条 each week."""
    found = shown(*events, as_of=_as_of(events))["windows"]
    assert {str(one.get("repeats")) for one in found if one["rule"] == rule} == {str(repeats)}


def test_cpl_230_filing_ends_with_the_tenth_day_where_that_is_a_working_day() -> None:
    judged = E("judgment_received", "2026-03-16")
    found = shown(judged, as_of="2026-03-16")
    assert window("CPL-230-FILING")(found) == ["2026-03-27T00:00"]


@pytest.mark.parametrize("state", ["S30", "S31", "S40", "S41", "S42", "S45"])
def test_cpl_172_and_208_another_jurisdiction_begins_anew(state: str) -> None:
    lengths = {
        "S30": "2026-04-20", "S31": "2026-03-30", "S40": "2026-05-20", "S41": "2026-04-09",
        "S42": "2026-03-30", "S45": "2026-05-20",
    }  # fmt: skip
    told = [*RUNS[state], E("jurisdiction_changed", "2026-03-20")]
    assert last()(shown(*told, as_of="2026-03-20")) == lengths[state]


@pytest.mark.parametrize(
    ("approved_on", "day"), [("2024-04-15", "2024-06-10"), ("2024-04-16", "2024-05-05")]
)
def test_cpl_160_another_major_crime_is_approved_within_five_days(
    approved_on: str, day: str
) -> None:
    """公安机关办理刑事案件程序规定 第151条."""
    crime = E(
        "new_major_crime", "2024-04-10", approved_on=approved_on, approver="county_police_head"
    )
    assert last()(shown(ARREST, crime, as_of="2024-04-10")) == day


@pytest.mark.parametrize(
    ("first", "approvers"),
    [([], POLICE), ([E("procuratorate_detention", "2024-03-01")], PROCURATORATES)],
)
def test_cpl_160_is_approved_by_the_head_of_whoever_investigates(
    first: list[dict[str, Any]], approvers: set[str]
) -> None:
    def restarts(approver: str) -> bool:
        crime = E("new_major_crime", "2024-04-10", approved_on="2024-04-10", approver=approver)
        return bool(basis("CPL-160-CRIME")(shown(*first, ARREST, crime, as_of="2024-04-10")))

    assert {one for one in law.codes()["approver"] if restarts(one)} == approvers


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        ("acquitted", "CPL-260"),
        ("exempted", "CPL-260"),
        ("control", "SPC-170-2"),
        ("suspended", "SPC-170-2"),
        ("additional_only", "SPC-170-2"),
        ("custodial", None),
    ],
)
def test_cpl_260_and_spc_170_who_is_released_at_once_after_a_judgment(
    outcome: str, rule: str | None
) -> None:
    judged = E("judgment_received", "2026-04-23T11:00+08:00", outcome=outcome)
    at = "2026-05-04T00:00:00+08:00" if rule is None else "2026-04-23T11:00:00+08:00"
    assert due(shown(judged, as_of="2026-04-23")) == at
    if rule is not None:
        left = law.shipped().without(rule)
        assert due(shown(judged, as_of="2026-04-23", law=left)) == "2026-05-04T00:00:00+08:00"


#: What is held before, the sentence of a year from 15 January 2026, and its last day (A.9).
CREDITED = [
    ("CL-47", "control", {"credit_days": 10}, "2026-12-25"),
    ("CL-47", "criminal_detention_term", {"credit_days": 10}, "2027-01-04"),
    ("CL-47", "fixed_term", {"credit_days": 10}, "2027-01-04"),
    ("CPL-76", "control", {"designated_residence_days": 10}, "2027-01-04"),
    ("CPL-76", "criminal_detention_term", {"designated_residence_days": 10}, "2027-01-09"),
    ("CPL-76", "fixed_term", {"designated_residence_days": 10}, "2027-01-09"),
    ("SUPL-50", "control", {"supervision_days": 10}, "2026-12-25"),
    ("SUPL-50", "fixed_term", {"supervision_days": 10}, "2027-01-04"),
    ("APL-35", "control", {"administrative_days": 10}, "2027-01-14"),
    ("APL-35", "criminal_detention_term", {"administrative_days": 10}, "2027-01-04"),
]


@pytest.mark.parametrize(("rule", "kind", "held", "day"), CREDITED)
def test_days_held_before_are_taken_off_the_sentence(
    rule: str, kind: str, held: dict[str, int], day: str
) -> None:
    """刑法 第41、44、47条; 刑事诉讼法 第76条; 监察法 第50条; 行政处罚法 第35条."""
    sentence = _sentenced(kind, **held)
    assert last()(shown(sentence, as_of="2026-03-17")) == day
    left = shown(sentence, as_of="2026-03-17", law=law.shipped().without(rule))
    assert last()(left) == "2027-01-14"


@pytest.mark.parametrize(
    ("kind", "least", "most", "combined"),
    [
        ("control", 3, 24, 36),
        ("criminal_detention_term", 1, 6, 12),
        ("fixed_term", 6, 180, 300),
    ],
)
def test_cl_terms_how_long_a_sentence_may_be(
    kind: str, least: int, most: int, combined: int
) -> None:
    """刑法 第38、42、45、69条, in months."""

    def fits(months: int, **fields: Any) -> bool:
        told = E("sentence", "2026-03-17", kind=kind, from_="2026-01-15", months=months, **fields)
        return not problem("TERM_OUT_OF_RANGE")(shown(told, as_of="2026-03-17"))

    assert [fits(n) for n in (least - 1, least, most, most + 1) if n] == (
        [True, True, False] if least == 1 else [False, True, True, False]
    )
    assert [fits(n, combined=True) for n in (combined, combined + 1)] == [True, False]
    assert not fits(0, days=20)


def test_mps_c_305_parole_is_ruled_on_by_an_intermediate_court_or_a_higher_one() -> None:
    def ruled(approver: str) -> bool:
        told = [_sentenced(), E("parole", "2026-06-01", approver=approver)]
        return bool(shown(*told, as_of="2026-06-01")["status"] == "ended")

    assert {one for one in law.codes()["approver"] if ruled(one)} == {
        "court_intermediate", "court_next_higher", "court_province", "supreme_court",
    }  # fmt: skip


def test_cpl_265_service_outside_has_three_grounds() -> None:
    def granted(ground: str) -> bool:
        told = [_sentenced(), E("outside_service", "2026-06-01", ground=ground)]
        return bool(shown(*told, as_of="2026-06-01")["status"] == "ended")

    assert {one for one in law.codes()["ground"] if granted(one)} == {
        "serious_illness", "pregnant_or_nursing", "cannot_care_for_self",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "told", "day"),
    [
        ("SL-16", {"days": 15, "decisions": 1}, "2026-03-25"),
        ("SL-16", {"days": 16, "decisions": 1}, "2026-03-25"),
        ("SL-16", {"days": 20, "decisions": 2}, "2026-03-30"),
        ("SL-16", {"days": 21, "decisions": 2}, "2026-03-30"),
        ("CIVIL-118", {"days": 15}, "2026-03-25"),
        ("CIVIL-118", {"days": 16}, "2026-03-25"),
        ("CIVIL-118", {"days": 10, "ground": "witness_refuses"}, "2026-03-20"),
        ("CIVIL-118", {"days": 11, "ground": "witness_refuses"}, "2026-03-20"),
    ],
)
def test_a_decision_imposes_no_more_days_than_the_law(
    rule: str, told: dict[str, Any], day: str
) -> None:
    kind = "administrative_detention" if rule == "SL-16" else "judicial_detention"
    found = shown(E(kind, "2026-03-10", **told), as_of="2026-03-10")
    assert last()(found) == day
    assert problem("DAYS_OVER_MAXIMUM")(found) is (told["days"] in (11, 16, 21))


@pytest.mark.parametrize("kind", ["administrative_detention", "judicial_detention"])
def test_sl_16_and_civil_118_a_decision_of_no_days_holds_nobody_and_is_said(kind: str) -> None:
    """A day is the least: 拘留所条例 第32条."""
    none, one = (shown(E(kind, "2026-03-10", days=days), as_of="2026-03-10") for days in (0, 1))
    assert (last()(none), problem("CREDIT_OVER_TERM")(none)) == ("2026-03-10", True)
    assert (last()(one), one["problems"]) == ("2026-03-11", [])


def test_sl_16_more_than_fifteen_days_are_of_several_decisions() -> None:
    found = [
        shown(E("administrative_detention", "2026-03-10", days=days), as_of="2026-03-10")
        for days in (15, 16)
    ]
    assert [problem("COMBINED_NOT_SAID")(one) for one in found] == [False, True]


def test_cpl_119_a_summons_lasts_twelve_hours_and_a_day_where_the_case_is_complex() -> None:
    assert due(shown(*RUNS["summons"], as_of="2026-03-10")) == "2026-03-10T20:00:00+08:00"


def test_da_4_what_is_no_custody_says_so() -> None:
    """传唤、拘传 and 约束至酒醒 are no custody (A.11); every other stage is."""
    free = {
        one.rule.state for one in law.shipped().held if getattr(one.rule, "custody", True) is False
    }
    assert free == {"summons", "sobering_restraint"}


#: A span over several stages: its first day, and the furthest that it may reach.
SPANS = [
    (
        "MAX-POLICE",
        [*RUNS["S10"], E("arrest_request_received", "2026-03-13T09:00+08:00")],
        "2026-04-16",
    ),
    ("MAX-INVESTIGATION", RUNS["S21"], "2024-10-05"),
    ("MAX-INVESTIGATION", RUNS["S22"], "2024-10-05"),
    ("MAX-REVIEW", RUNS["S32"], "2026-09-30"),
    ("MAX-REVIEW", RUNS["S31"], "2026-09-30"),
    ("MAX-FIRST-INSTANCE", [PRIVATE], "2026-09-16"),
    # An examination in whichever stage of the span moves the whole by its days.
    (
        "MAX-POLICE",
        [
            DETAINED,
            E("arrest_request_received", "2026-03-13T09:00+08:00"),
            E("psychiatric_exam_started", "2026-03-14"),
            E("psychiatric_exam_ended", "2026-03-18"),
        ],
        "2026-04-20",
    ),
    (
        "MAX-INVESTIGATION",
        [
            *RUNS["S21"],
            E("psychiatric_exam_started", "2024-06-10"),
            E("psychiatric_exam_ended", "2024-06-20"),
        ],
        "2024-10-15",
    ),
    (
        "MAX-INVESTIGATION",
        [
            *RUNS["S22"],
            E("psychiatric_exam_started", "2024-08-10"),
            E("psychiatric_exam_ended", "2024-08-20"),
        ],
        "2024-10-15",
    ),
    (
        "MAX-REVIEW",
        [
            *RUNS["S32"],
            E("psychiatric_exam_started", "2026-04-15"),
            E("psychiatric_exam_ended", "2026-04-20"),
        ],
        "2026-10-05",
    ),
]


@pytest.mark.parametrize(("rule", "events", "day"), SPANS)
def test_a_total_is_of_the_whole_span(rule: str, events: list[dict[str, Any]], day: str) -> None:
    assert total(rule)(shown(*events, as_of=_as_of(events))) == [day]
