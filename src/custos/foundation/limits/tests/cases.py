"""Cases: written by hand in a line, and made up by the thousand."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from custos.foundation.limits import engine, facts, results, windows
from custos.foundation.limits.engine import Result
from custos.foundation.limits.law import Law


def event(kind: str, at: str, /, **fields: Any) -> dict[str, Any]:
    """One fact; `class_` and `from_` stand for the names that Python keeps."""
    return {"type": kind, "at": at} | {name.rstrip("_"): value for name, value in fields.items()}


def case(*events: dict[str, Any], as_of: str = "2030-01-01", **others: Any) -> dict[str, Any]:
    return {"id": "A1", "facility_kind": "KSS", "as_of": as_of, "events": list(events)} | others


def computed(*events: Any, as_of: str = "2030-01-01", law: Law | None = None) -> Result:
    return engine.compute(facts.read(case(*events, as_of=as_of)), law)


def shown(*events: Any, as_of: str = "2030-01-01", law: Law | None = None) -> dict[str, Any]:
    return results.as_json(computed(*events, as_of=as_of, law=law))


def last_days(*events: Any, **named: Any) -> list[tuple[str, str | None]]:
    return [(one["state"], one["last_day"]) for one in shown(*events, **named)["stages"]]


def codes(*events: Any, **named: Any) -> list[str]:
    return [one["code"] for one in shown(*events, **named)["problems"]]


# ---------------------------------------------------------------------- made up

FIRST = [
    "criminal_detention",
    "arrest",
    "procuratorate_detention",
    "supervision_detention",
    "prosecution_received",
    "trial_accepted",
    "judgment_received",
    "second_instance_accepted",
    "death_review_received",
    "sentence",
    "judgment_effective",
    "execution_notice_received",
    "revocation_arrest",
    "administrative_detention",
    "judicial_detention",
    "foreigner_review",
    "extradition_detention",
    "removal_pending",
    "compulsory_treatment",
    "arrest_request_received",
    "temporary_boarding",
    "summons",
    "sobering_restraint",
]
NEXT = {
    "criminal_detention": "arrest_request_received extension arrest identity_unknown released",
    "arrest_request_received": "arrest arrest_refused released psychiatric_exam_started",
    "arrest_refused": "reconsideration_requested released",
    "procuratorate_detention": "arrest extension released",
    "supervision_detention": "arrest extension released",
    "arrest": "extension prosecution_received new_major_crime identity_unknown trial_accepted"
    " psychiatric_exam_started bail",
    "prosecution_received": "extension returned_for_investigation trial_accepted"
    " jurisdiction_changed procedure_changed supervision_detention psychiatric_exam_started",
    "returned_for_investigation": "prosecution_received extension",
    "trial_accepted": "extension procedure_changed supplementary_investigation_started"
    " judgment_received trial_suspended jurisdiction_changed sentence psychiatric_exam_started",
    "procedure_changed": "judgment_received extension supplementary_investigation_started",
    "supplementary_investigation_started": "supplementary_investigation_ended extension",
    "supplementary_investigation_ended": "supplementary_investigation_started judgment_received",
    "trial_suspended": "trial_resumed extension psychiatric_exam_started judgment_received",
    "trial_resumed": "judgment_received extension trial_suspended",
    "psychiatric_exam_started": "psychiatric_exam_ended prosecution_received extension",
    "psychiatric_exam_ended": "extension prosecution_received trial_accepted judgment_received",
    "judgment_received": "second_instance_accepted judgment_effective sentence death_review_received",
    "second_instance_accepted": "extension judgment_effective remanded_for_retrial"
    " file_review_started trial_suspended",
    "file_review_started": "file_review_ended extension",
    "file_review_ended": "judgment_effective extension",
    "remanded_for_retrial": "extension judgment_received supplementary_investigation_started",
    "judgment_effective": "execution_notice_received sentence death_order_received",
    "execution_notice_received": "sentence released trial_accepted delivered",
    "sentence": "judgment_effective execution_notice_received escaped released commutation parole"
    " outside_service delivered",
    "commutation": "commutation commutation escaped released parole",
    "outside_service": "escaped recaptured",
    "temporary_boarding": "criminal_detention arrest released",
    "summons": "criminal_detention administrative_detention foreigner_review released",
    "sobering_restraint": "administrative_detention compulsory_treatment released",
    "application_received": "application_received prosecution_received released",
    "transfer_of_custody": "transfer_of_custody permit_issued extension judgment_received",
    "permit_issued": "permit_issued transfer_of_custody extension",
    "changed_limit_notice": "extension prosecution_received trial_accepted",
    "death_review_received": "judgment_effective death_order_received remanded_for_retrial",
    "identity_unknown": "identity_established arrest extension prosecution_received",
    "identity_established": "extension arrest prosecution_received",
    "new_major_crime": "extension prosecution_received identity_unknown",
    "administrative_detention": "leave_started compulsory_treatment administrative_detention"
    " criminal_detention released removal_pending detention_suspended",
    "judicial_detention": "leave_started released",
    "leave_started": "leave_ended released",
    "foreigner_review": "extension identity_unknown removal_pending",
    "extradition_detention": "extension",
    "compulsory_treatment": "extension escaped released",
    "escaped": "recaptured recaptured released",
    "extension": "extension extension changed_limit_notice prosecution_received judgment_received"
    " trial_accepted psychiatric_exam_started released new_major_crime",
}
ANY = sorted(
    {kind for kinds in NEXT.values() for kind in kinds.split()}
    | {"wrongful_custody_found", "residential_surveillance", "application_received"}
)
GROUNDS = [
    "complex",
    "severe_four_classes",
    "ten_years_likely",
    "special_npcsc",
    "wandering",
    "repeated",
    "gang",
    "more_than_one_year_likely",
    "more_than_three_years_likely",
    "death_or_civil",
    "other",
]
APPROVERS = [
    "county_police_head",
    "procuratorate_same_level",
    "procuratorate_next_higher",
    "procuratorate_province",
    "supreme_procuratorate",
    "court_next_higher",
    "court_province",
    "supreme_court",
    "police_next_higher",
]
#: Who approves that another major crime restarts the count, most of them of the police.
CRIME_HEADS = ["county_police_head", "police_next_higher", "procuratorate_same_level"]
#: Courts that may rule on a sentence, and one authority that may not.
COURTS = ["court_intermediate", "court_next_higher", "court_province", "county_police_head"]
#: Grounds on which the need for custody is reviewed, at once or not.
NEEDS = ["serious_illness", "pregnant_or_nursing", "sole_supporter", "minor", "other"]
#: Whole courses, most of whose papers come in time: what, and after how many days at most.
COURSES = (
    "criminal_detention:4 arrest_request_received:7 arrest:60 extension:30 extension:40"
    " prosecution_received:30 returned_for_investigation:25 prosecution_received:30 trial_accepted:55"
    " judgment_received:10 judgment_effective:10 sentence:5 execution_notice_received:20",
    "arrest:20 psychiatric_exam_started:30 psychiatric_exam_ended:30 extension:30 extension:60"
    " psychiatric_exam_started:40 psychiatric_exam_ended:20 extension:60 extension:60",
    "arrest:50 extension:40 new_major_crime:50 extension:30 extension:60 extension:60 extension:50",
    "criminal_detention:3 identity_unknown:20 arrest_request_received:7 arrest:90"
    " identity_established:55 extension:30 extension:60",
    "arrest:10 identity_unknown:80 identity_established:50 extension:40 prosecution_received:30",
    "arrest:50 extension:30 extension:50 identity_unknown:30 identity_established:50 extension:30",
    "prosecution_received:25 extension:14 returned_for_investigation:30 prosecution_received:30"
    " returned_for_investigation:30 prosecution_received:30 returned_for_investigation:30",
    "trial_accepted:50 extension:40 extension:80 extension:60 trial_suspended:40 trial_resumed:50"
    " supplementary_investigation_started:30 supplementary_investigation_ended:50 extension:50",
    "trial_accepted:15 procedure_changed:50 supplementary_investigation_started:30"
    " supplementary_investigation_ended:50 supplementary_investigation_started:30"
    " supplementary_investigation_ended:50 judgment_received:10",
    "judgment_received:10 second_instance_accepted:30 file_review_started:30 file_review_ended:20"
    " extension:50 extension:50 remanded_for_retrial:50 extension:40 judgment_received:9",
    "second_instance_accepted:20 trial_suspended:20 psychiatric_exam_started:20 trial_resumed:20"
    " psychiatric_exam_ended:20 extension:50",
    "judgment_received:5 sentence:10 second_instance_accepted:40 judgment_effective:9"
    " execution_notice_received:20 escaped:20 recaptured:20 released:2",
    "supervision_detention:10 extension:4 arrest:30 extension:14 trial_accepted:50",
    "procuratorate_detention:13 extension:3 arrest:55 extension:30 extension:60 extension:60",
    "administrative_detention:5 leave_started:4 leave_ended:5 compulsory_treatment:90 escaped:20"
    " recaptured:300 extension:300",
    "administrative_detention:5 administrative_detention:6 criminal_detention:3 extension:4",
    "sentence:30 commutation:90 escaped:20 recaptured:90 commutation:90 commutation:90 parole:20",
    "sentence:30 outside_service:30 escaped:20 recaptured:30 commutation:30 released:3",
    "judgment_effective:9 sentence:5 execution_notice_received:9 commutation:9 delivered:30",
    "temporary_boarding:5 criminal_detention:3 identity_unknown:2 arrest_request_received:6 arrest:9",
    "summons:1 criminal_detention:3 extension:3 changed_limit_notice:2 arrest_request_received:6",
    "sobering_restraint:1 administrative_detention:9 detention_suspended:5 administrative_detention:9",
    "prosecution_received:9 transfer_of_custody:9 permit_issued:9 extension:9 changed_limit_notice:9"
    " trial_accepted:9 transfer_of_custody:9 transfer_of_custody:9 permit_issued:9 permit_issued:9",
    "arrest:9 application_received:5 application_received:9 application_received:9 extension:30",
    "foreigner_review:20 extension:20 identity_unknown:40 identity_established:25 extension:30",
    "sentence:30 escaped:20 recaptured:30 released:3",
    "judgment_effective:9 execution_notice_received:20 sentence:30 trial_accepted:80 extension:60",
    "trial_accepted:9 psychiatric_exam_started:15 jurisdiction_changed:30 psychiatric_exam_ended:20",
)
#: Papers that fit, so that long chains come about by chance.
FITTING = (
    {"months": 1, "ground": "complex", "approver": "procuratorate_next_higher"},
    {"months": 2, "ground": "severe_four_classes", "approver": "procuratorate_province"},
    {"months": 2, "ground": "ten_years_likely", "approver": "procuratorate_province"},
    {"days": 15, "ground": "complex", "approver": "procuratorate_same_level"},
    {"days": 4, "ground": "other", "approver": "county_police_head"},
    {"days": 27, "ground": "gang", "approver": "county_police_head"},
    {"months": 1},
    {"months": 3, "ground": "death_or_civil", "approver": "court_next_higher"},
    {"months": 2, "ground": "death_or_civil", "approver": "court_province"},
    {"months": 3, "ground": "other", "approver": "supreme_court"},
    {"days": 5, "ground": "more_than_one_year_likely"},
    {"days": 20, "ground": "more_than_three_years_likely"},
    {"months": 4, "ground": "special_npcsc", "approver": "supreme_procuratorate"},
    {"days": 30, "ground": "complex", "approver": "police_next_higher"},
    {"months": 6},
    {"days": 15},
)
#: From here on every rule is in force.
BEGINNING = date(2021, 8, 1)


def made(random: Random) -> dict[str, Any]:
    """A case of facts in order: a whole course, a plausible one, or one that makes no sense."""
    day = BEGINNING + timedelta(days=random.randrange(2000))
    if random.random() < 0.4:
        # Where months differ in length, readings do.
        last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        day = last - timedelta(days=random.randrange(3))
    events: list[dict[str, Any]] = []
    steps = 0
    for kind, most in _course(random):
        events.append(_event(random, kind, day, steps))
        steps += kind == "extension"
        day += timedelta(days=random.randrange(1, most + 1))
    as_of = max(day, date.fromisoformat(events[-1]["at"][:10]) + timedelta(days=1))
    return case(*events, as_of=(as_of + timedelta(days=random.randrange(40))).isoformat())


def _course(random: Random) -> list[tuple[str, int]]:
    found = _plausible(random)
    if len(found) > 1 and random.random() < 0.1:
        # A date that was mistyped: what should come later stands before.
        late = random.randrange(1, len(found))
        found.insert(random.randrange(late), found.pop(late))
    return found


def _plausible(random: Random) -> list[tuple[str, int]]:
    if random.random() < 0.6:
        course = [step.split(":") for step in random.choice(COURSES).split()]
        found = [(kind, int(most)) for kind, most in course[: random.randrange(1, len(course)) + 1]]
        for place in range(len(found)):
            if random.random() < 0.05:
                found[place] = (random.choice(ANY), found[place][1])
        return found
    kind, found = random.choice(FIRST), []
    for _ in range(random.randrange(1, 10)):
        found.append((kind, random.choice((3, 9, 30, 70))))
        kind = random.choice(ANY if random.random() < 0.1 else NEXT.get(kind, "released").split())
    return found


def _event(random: Random, kind: str, day: date, steps: int) -> dict[str, Any]:
    at = day.isoformat()
    if random.random() < 0.4:
        at = f"{at}T{random.randrange(24):02}:{random.randrange(60):02}:00+08:00"
    fields = _fields(random, kind, day, steps)
    if random.random() < 0.02:
        fields["travel_days"] = random.randrange(1, 5)
    return event(kind, at, **fields)


def dated(random: Random, kind: str, day: date) -> dict[str, Any]:
    """A fact of a kind and day, with fields as made-up cases have them."""
    return _event(random, kind, day, 0)


def _fields(random: Random, kind: str, day: date, steps: int) -> dict[str, Any]:
    def maybe(name: str, value: Any, chance: float = 0.5) -> dict[str, Any]:
        return {name: value} if random.random() < chance else {}

    soon = (day + timedelta(days=random.randrange(1, 70))).isoformat()
    amounts = ("years", random.randrange(2)), ("months", random.randrange(14)), ("days", 9)
    match kind:
        case "criminal_detention":
            return maybe("class", random.choice(["ordinary", "up_to_30_days"])) | maybe(
                "until", soon, 0.1
            )
        case (
            "arrest"
            | "procuratorate_detention"
            | "supervision_detention"
            | "returned_for_investigation"
            | "supplementary_investigation_started"
            | "second_instance_accepted"
            | "revocation_arrest"
            | "foreigner_review"
            | "extradition_detention"
        ):
            return maybe("until", soon, 0.1)
        case "temporary_boarding":
            return maybe("days", random.randrange(6)) | maybe("until", soon, 0.2)
        case "summons":
            return maybe("complex", random.random() < 0.5)
        case "commutation":
            return (
                maybe(*random.choice(amounts), 0.8)
                | maybe("approver", random.choice(COURTS), 0.8)
                | maybe("until", (day + timedelta(days=random.randrange(500))).isoformat(), 0.3)
            )
        case "parole":
            return maybe("approver", random.choice(COURTS), 0.8)
        case "outside_service":
            return maybe(
                "ground", random.choice(["serious_illness", "cannot_care_for_self", "gang"])
            )
        case "recaptured":
            return maybe("excluded_days", random.randrange(30))
        case "transfer_of_custody":
            return maybe("half", random.choice(["sent", "received", "both"]), 0.7)
        case "permit_issued":
            return {"until": soon}
        case "application_received":
            kinds = ["change_measure", "expired", "necessity", "other"]
            return maybe("kind", random.choice(kinds), 0.9) | maybe("ground", random.choice(NEEDS))
        case "extension":
            if random.random() < 0.4:
                # The steps of investigation, in their order.
                return dict(FITTING[min(steps, 2)]) | maybe("until", soon, 0.1)
            if random.random() < 0.8:
                return dict(random.choice(FITTING)) | maybe("until", soon, 0.05)
            amount = random.choice(
                [
                    {"months": random.randrange(4)},
                    {"days": random.randrange(40)},
                    {"months": 1, "days": 5},
                    {},
                ]
            )
            return (
                amount
                | maybe("ground", random.choice(GROUNDS))
                | maybe("approver", random.choice(APPROVERS))
                | maybe("until", soon, 0.1)
            )
        case "new_major_crime":
            approved = (day + timedelta(days=random.randrange(9))).isoformat()
            return maybe("approved_on", approved) | maybe("approver", random.choice(CRIME_HEADS))
        case "prosecution_received":
            return maybe("procedure", random.choice(["ordinary", "fast_track"])) | maybe(
                "until", soon, 0.1
            )
        case "trial_accepted":
            kinds = ["ordinary", "simplified", "fast_track", "private", "retrial"]
            return (
                maybe("procedure", random.choice(kinds), 0.7)
                | maybe("instance", random.choice(["first", "second"]), 0.1)
                | maybe("until", soon, 0.1)
            )
        case "procedure_changed":
            return {"procedure": random.choice(["ordinary", "simplified", "fast_track"])}
        case "judgment_received":
            outcomes = ["custodial", "acquitted", "suspended", "control", "exempted"]
            outcomes.append("additional_only")
            return maybe("paper", random.choice(["judgment", "ruling"])) | maybe(
                "outcome", random.choice(outcomes), 0.3
            )
        case "sentence":
            begun = day - timedelta(days=random.randrange(400))
            return (
                {"kind": random.choice(["fixed_term", "criminal_detention_term", "control"])}
                | {"from": begun.isoformat()}
                | maybe("years", random.randrange(4))
                | maybe("months", random.randrange(12), 0.8)
                | maybe("days", random.randrange(16), 0.2)
                | maybe("credit_days", random.randrange(90), 0.3)
                | maybe("designated_residence_days", random.randrange(30), 0.1)
                | maybe("supervision_days", random.randrange(30), 0.1)
                | maybe("administrative_days", random.randrange(16), 0.1)
                | maybe("combined", True, 0.1)
                | maybe("until", (begun + timedelta(days=random.randrange(900))).isoformat(), 0.1)
            )
        case "execution_notice_received":
            return maybe("co_defendant_of_death_case", True, 0.1) | maybe("minor", True, 0.1)
        case "administrative_detention":
            return (
                {"days": random.randrange(1, 22)}
                | maybe("credit_days", random.randrange(4), 0.2)
                | maybe("decisions", random.randrange(1, 3), 0.3)
                | maybe("until", (day + timedelta(days=random.randrange(1, 25))).isoformat(), 0.1)
                | (_person(random, day) if random.random() < 0.2 else {})
            )
        case "judicial_detention":
            return (
                {"days": random.randrange(1, 18)}
                | maybe("ground", "witness_refuses", 0.3)
                | maybe("credit_days", random.randrange(4), 0.2)
                | maybe("until", soon, 0.1)
            )
        case "compulsory_treatment":
            decided = day - timedelta(days=random.randrange(-1, 12))
            return (
                {"decided_on": decided.isoformat()}
                | maybe("escaped_days", random.randrange(60), 0.2)
                | maybe("until", soon, 0.1)
            )
    return {}


def _person(random: Random, day: date) -> dict[str, Any]:
    """Somebody about the ages at which administrative detention is not carried out."""
    age = random.choice((14, 15, 16, 17, 18, 40, 69, 70, 71))
    born = day.replace(day=1, year=day.year - age) + timedelta(days=random.randrange(-40, 40))
    flags = ("first_time", "serious", "repeated", "pregnant_or_nursing")
    return {"born": born.isoformat()} | {
        flag: random.random() < 0.5 for flag in flags if random.random() < 0.3
    }


def beside_of_engine(result: Result) -> dict[str, Any]:
    """What stands beside a result, in the form of `reference_beside`."""

    def moment(at: int) -> datetime:
        return datetime.fromisoformat(results.iso(at)).replace(tzinfo=None)

    found = [
        (one.rule.id, moment(one.at), one.stage, one.event, one.answered)
        for one in windows.of(result)
    ]
    totals = [
        (
            one.rule.id,
            date.fromordinal(one.first),
            date.fromordinal(one.last_day),
            one.exceeded,
        )
        for one in windows.totals(result)
    ]
    return {"windows": sorted(found, key=repr), "totals": sorted(totals)}


def of_engine(result: Result) -> dict[str, Any]:
    """A result in the form in which the second clock gives its own."""

    def moment(at: int | None) -> datetime | None:
        return None if at is None else datetime.fromisoformat(results.iso(at)).replace(tzinfo=None)

    stages = [
        (
            one.state,
            results.iso_day(one.at // 86_400)
            if one.whole_day and one.grant is None
            else moment(one.at),
            moment(one.due),
        )
        for one in result.stages
    ]
    problems = sorted((one.code, one.event) for one in result.problems)
    found = {"stages": stages, "current": result.current, "status": result.status}
    return found | {"problems": problems}
