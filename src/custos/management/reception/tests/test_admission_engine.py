"""Which papers open which door, who may not be received, and what an admission must hold.

Each hard rule has a test that names it and fails when the rule is switched off: `without()` takes it out
of the file, and the engine must then no longer object.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from custos.foundation.codes import shipped
from custos.management.reception import documents
from custos.management.reception.admission import engine
from custos.management.reception.admission.rules import File, Group, Rule, load, rules
from custos.management.reception.tests.admissions import NOW, TODAY, at, facts

HOUR = timedelta(hours=1)


def without(name: str) -> File:
    """The file with a rule or group switched off."""
    file = rules()
    left = file.model_copy(
        update={
            "rules": tuple(rule for rule in file.rules if rule.id != name),
            "groups": tuple(group for group in file.groups if group.id != name),
        }
    )
    assert (len(left.rules), len(left.groups)) != (len(file.rules), len(file.groups))
    return left


def without_field(step: str, field: str) -> File:
    """The file with a field of a step no longer needed."""
    return rules().model_copy(
        update={
            "steps": tuple(
                one.model_copy(
                    update={
                        "fields": tuple(
                            item.model_copy(update={"needed": "no"}) if item.id == field else item
                            for item in one.fields
                        )
                    }
                )
                if one.id == step
                else one
                for one in rules().steps
            )
        }
    )


# ---------------------------------------------------------------------- the papers (B.1, 0.2)

OPENS = {
    "KSS": [
        "拘留证", "逮捕证", "逮捕决定书", "在逃人员登记表", "临时寄押文书", "收监执行决定书", "执行通知书",
    ],
    "JLS": ["行政拘留决定书", "司法拘留决定书", "拘留审查决定书"],
    "QJS": ["强制隔离戒毒决定书"],
    "SQJ": ["强制隔离戒毒决定书"],
    "QFC": ["拘留审查决定书"],
    "KFC": [],
    "LZC": [],
}  # fmt: skip
#: Those that by themselves open the door: the short form and the API take no other.
ALONE = {
    "KSS": ["拘留证", "逮捕证", "在逃人员登记表"],
    "JLS": ["行政拘留决定书", "司法拘留决定书", "拘留审查决定书"],
    "QJS": ["强制隔离戒毒决定书"],
}


@pytest.mark.parametrize(("kind", "titles"), OPENS.items())
def test_each_kind_of_facility_is_opened_by_its_own_documents(kind: str, titles: list[str]) -> None:
    assert [one.title.zh for one in rules().documents_for(kind, TODAY)] == titles


@pytest.mark.parametrize(("kind", "titles"), ALONE.items())
def test_the_short_form_offers_what_opens_the_door_by_itself(kind: str, titles: list[str]) -> None:
    assert [one.title.zh for one in documents.for_kind(kind)] == titles


def test_each_document_has_its_code_in_the_table_of_documents() -> None:
    table = shipped.meanings("custos.basis")
    for one in rules().documents:
        assert table[one.code][0] == one.title.zh


@pytest.mark.parametrize("name", ["劳动教养", "收容教育", "收容教养", "收容遣送", "收容审查"])
def test_abolished_measures_are_never_offered_and_refused_by_name(name: str) -> None:
    offered = [one.title.zh for kind in OPENS for one in rules().documents_for(kind, TODAY)]
    assert not any(name in title for title in offered)
    told = facts(documents={"reason": f"{name}一年"})
    assert "ABOLISHED" in ids(engine.objections(told, at("KSS")))
    assert "accepted" not in engine.verdict(told, at("KSS")).outcomes
    assert "accepted" in engine.verdict(told, at("KSS"), without("ABOLISHED")).outcomes


def test_a_document_of_an_abolished_measure_makes_the_file_wrong() -> None:
    said = rules().model_dump(by_alias=True, mode="json")
    said["documents"][0]["title"]["zh"] = "劳动教养决定书"
    with pytest.raises(ValidationError, match="abolished"):
        File.model_validate(said)


def ids(found: list[Rule]) -> list[str]:
    return [rule.id for rule in found]


#: Rule, kind of facility, and what makes it speak. Each refuses: nobody is accepted then.
REFUSING: list[tuple[str, str, dict[str, dict[str, Any]]]] = [
    ("KR-9-DOCUMENT", "KSS", {"documents": {"basis": "none"}}),
    ("KR-9-DOCUMENT", "KSS", {"documents": {"basis": "行政拘留决定书"}}),
    ("KR-9-DOCUMENT", "JLS", {"documents": {"basis": "拘留证"}}),
    ("KR-9-DOCUMENT", "QJS", {"documents": {"basis": "逮捕证"}}),
    ("KR-9-MATCH", "KSS", {"documents": {"names_match": "no"}}),
    ("KR-9-MATCH", "QJS", {"identity": {"photo_match": "no"}}),
    ("B1-SEAL", "JLS", {"documents": {"seal": "no"}}),
    ("B1-PAPERS", "KSS", {"documents": {"basis": "收监执行决定书", "papers": []}}),
    ("B1-APPROVAL", "KSS", {"documents": {"basis": "临时寄押文书"}}),
    ("B1-APPROVAL", "JLS", {"documents": {"elsewhere": "yes"}}),
    ("B1-APPROVAL", "KSS", {"documents": {"elsewhere": "yes"}}),
    ("B1-PAPERS", "KSS", {"documents": {"basis": "逮捕决定书", "papers": []}}),
    ("B1-EXPIRED", "KSS", {"documents": {"expires_on": date(2026, 11, 23)}}),
    (
        "CPL-264",
        "KSS",
        {
            "documents": {
                "basis": "执行通知书",
                "papers": ["起诉书副本", "判决书或裁定书", "结案登记表"],
                "remaining_months": 4,
            }
        },
    ),
    # Nobody is received to serve of whom it isn't known how long.
    (
        "CPL-264",
        "KSS",
        {
            "documents": {
                "basis": "执行通知书",
                "papers": ["起诉书副本", "判决书或裁定书", "结案登记表"],
                "remaining_months": None,
            }
        },
    ),
]


@pytest.mark.parametrize(("rule", "kind", "changed"), REFUSING)
def test_papers_that_do_not_hold_refuse_and_nothing_else_does(
    rule: str, kind: str, changed: dict[str, Any]
) -> None:
    told = facts(kind, **changed)
    found = engine.verdict(told, at(kind))
    assert rule in [one.id for one in found.reasons]
    assert found.outcomes == ("refused",)
    assert "accepted" in engine.verdict(told, at(kind), without(rule)).outcomes


#: Besides the papers: a measure that no longer exists, and the doctor who says to hospital first.
AGAINST = [
    *REFUSING,
    ("ABOLISHED", "KSS", {"documents": {"reason": "收容教育"}}),
    ("HOSPITAL-FIRST", "KSS", {"health": {"conclusion": "hospital"}}),
]


@pytest.mark.parametrize(("rule", "kind", "changed"), AGAINST)
def test_whoever_decides_to_admit_against_it_is_stopped_at_the_close(
    rule: str, kind: str, changed: dict[str, Any]
) -> None:
    """Whatever was decided before something was found: a rule that only warned would let it pass."""
    told = facts(kind, **changed, decision={"outcome": "accepted"})
    assert rule in ids(engine.unmet(told, at(kind))[1])
    assert rule not in ids(engine.unmet(told, at(kind), without(rule))[1])


def test_every_rule_that_bars_stands_among_those_that_stop_the_close() -> None:
    assert {one.id for one in rules().rules if one.then} == {
        rule for rule, _kind, _facts in AGAINST
    }


@pytest.mark.parametrize(
    ("last_day", "expired"),
    [(date(2026, 11, 23), True), (date(2026, 11, 24), False), (date(2026, 11, 25), False)],
)
def test_b1_expired_a_document_holds_on_its_last_day_and_not_the_day_after(
    last_day: date, expired: bool
) -> None:
    """At noon of 24 November: what ends on that day opens the door, what ended the day before doesn't."""
    told = facts(documents={"expires_on": last_day})
    assert ids(engine.objections(told, at("KSS"))) == (["B1-EXPIRED"] if expired else [])
    assert engine.verdict(told, at("KSS")).outcomes == (("refused",) if expired else ("accepted",))


#: A document, and what must be presented with it (B.1).
WITH = {
    "逮捕决定书": ["一审判决书"],
    "收监执行决定书": ["执行通知书"],
    "执行通知书": ["起诉书副本", "判决书或裁定书", "结案登记表"],
}


@pytest.mark.parametrize(
    ("basis", "missing"), [(basis, paper) for basis, papers in WITH.items() for paper in papers]
)
def test_b1_papers_each_paper_that_a_document_needs_is_missed(basis: str, missing: str) -> None:
    """看守所留所执行刑罚罪犯管理办法 第9条; 刑事诉讼法 第268条; 看守所执法细则 2-01."""
    shown = {"basis": basis, "papers": WITH[basis], "remaining_months": 3}
    assert engine.verdict(facts(documents=shown), at("KSS")).outcomes == ("accepted",)
    shown["papers"] = [paper for paper in WITH[basis] if paper != missing]
    assert ids(engine.objections(facts(documents=shown), at("KSS"))) == ["B1-PAPERS"]


def test_three_months_left_to_serve_are_served_here() -> None:
    served = {
        "basis": "执行通知书",
        "papers": ["起诉书副本", "判决书或裁定书", "结案登记表"],
        "remaining_months": 3,
    }
    assert "accepted" in engine.verdict(facts(documents=served), at("KSS")).outcomes


@pytest.mark.parametrize("left", [None, 4, 12])
def test_cpl_264_criminal_detention_is_served_here_however_long(left: int | None) -> None:
    """刑法 第43条; 公安部令第128号 第2条: three months bound a fixed term, not 拘役."""
    served = {"basis": "执行通知书", "papers": WITH["执行通知书"], "remaining_months": left}
    short = facts(documents=served | {"criminal_detention_term": "yes"})
    assert engine.verdict(short, at("KSS")).outcomes == ("accepted",)
    fixed = facts(documents=served | {"criminal_detention_term": "no"})
    assert ids(engine.objections(fixed, at("KSS"))) == ["CPL-264"]


def test_cpl_85_later_than_24_hours_is_told_and_does_not_refuse() -> None:
    late = facts(documents={"seized_at": NOW - 26 * HOUR})
    assert ids(engine.objections(late, at("KSS"))) == ["CPL-85-24H"]
    assert "accepted" in engine.verdict(late, at("KSS")).outcomes
    just = facts(documents={"seized_at": NOW - 25 * HOUR})  # arrived an hour before noon
    assert engine.objections(just, at("KSS")) == []
    assert engine.objections(late, at("KSS"), without("CPL-85-24H")) == []


#: Rules that keep an admission open until it is put right.
BLOCKING: list[tuple[str, dict[str, dict[str, Any]]]] = [
    ("B1-TIMES", {"documents": {"seized_at": NOW - HOUR / 2}}),
    ("B1-TIMES", {"documents": {"issued_on": date(2026, 11, 25)}}),
    # The issue and the execution of a document lie before now (B.1), and so does the arrival.
    ("B1-TIMES", {"documents": {"arrived_at": NOW + HOUR}}),
    ("B1-TIMES", {"documents": {"seized_at": NOW + HOUR, "arrived_at": None}}),
    ("KI-6-TWO", {"documents": {"second_officer": ""}}),
    (
        "B1-WANTED",
        {"documents": {"basis": "在逃人员登记表"}, "identity": {"verified_by": "stated"}},
    ),
    ("HEALTH-FIRST", {"health": {"checked_at": NOW + HOUR}}),
    ("KR-11-SEX", {"search": {"searcher_sex": "2"}}),
]
_INJURED = {
    "injured": "yes",
    "list": [{"region": "chest", "sort": "bruise", "size_mm": 40, "words": ""}],
    "escort_explains": "摔倒", "person_explains": "摔倒", "escort_signed": "李",
    "officer_signed": "赵", "person_signed": "王", "prosecutor_told_at": NOW,
}  # fmt: skip
BLOCKING += [
    ("SPP-656-EXPLAINED", {"injuries": {**_INJURED, "escort_explains": ""}}),
    ("SPP-656-EXPLAINED", {"injuries": {**_INJURED, "person_explains": ""}}),
    ("SPP-656-SIGNED", {"injuries": {**_INJURED, "escort_signed": ""}}),
    ("SPP-656-SIGNED", {"injuries": {**_INJURED, "officer_signed": ""}}),
    ("SPP-656-SIGNED", {"injuries": {**_INJURED, "person_signed": ""}}),
    ("SPP-656-LISTED", {"injuries": {**_INJURED, "list": []}}),
]


@pytest.mark.parametrize(("rule", "changed"), BLOCKING)
def test_what_must_agree_blocks_until_it_does(rule: str, changed: dict[str, Any]) -> None:
    told = facts(**changed)
    assert rule in ids(engine.unmet(told, at("KSS"))[1])
    assert rule not in ids(engine.unmet(told, at("KSS"), without(rule))[1])


def test_whole_facts_meet_nothing_at_any_kind() -> None:
    for kind in ("KSS", "JLS", "QJS"):
        assert engine.unmet(facts(kind), at(kind)) == ([], [])
        assert engine.verdict(facts(kind), at(kind)).outcomes == ("accepted",)
    assert engine.unmet(facts(injuries=_INJURED), at("KSS")) == ([], [])


# ---------------------------------------------------------------------- who may not be received (B.2)

ILL, OLD = {"health": {"found": ["serious_illness"]}}, {"identity": {"born": date(1956, 11, 24)}}
#: Group, kind, what makes it, and the outcomes that are left.
RECEIVED: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    ("KR-10-MENTAL", "KSS", {"health": {"found": ["mental_illness"]}}, ("refused", "deferred")),
    (
        "KR-10-INFECTIOUS",
        "KSS",
        {"health": {"found": ["acute_infection"]}},
        ("refused", "deferred"),
    ),
    ("KR-10-SERIOUS", "KSS", ILL, ("refused", "deferred", "exceptional")),
    (
        "KR-10-SELF-CARE",
        "KSS",
        {"health": {"found": ["no_self_care"]}},
        ("refused", "deferred", "exceptional"),
    ),
    ("KR-10-PREGNANT", "KSS", {"health": {"found": ["pregnant"]}}, ("refused",)),
    ("KR-10-NURSING", "KSS", {"health": {"found": ["nursing"]}}, ("refused",)),
    ("HE-70", "KSS", OLD, ("refused", "exceptional")),
    ("DR-19-ILLNESS", "JLS", {"health": {"found": ["mental_illness"]}}, ("accepted",)),
    ("DR-19-INFECTIOUS", "JLS", {"health": {"found": ["acute_infection"]}}, ("accepted",)),
    ("DR-19-LIFE", "JLS", ILL, ("refused", "deferred")),
    ("SL-23-PREGNANT", "JLS", {"health": {"found": ["pregnant"]}}, ("refused",)),
    ("SL-23-NURSING", "JLS", {"health": {"found": ["nursing"]}}, ("refused",)),
    ("SL-23-70", "JLS", OLD, ("refused", "exceptional")),
    ("SL-23-16", "JLS", {"identity": {"born": date(2010, 11, 25)}}, ("refused", "exceptional")),
    (
        "SL-23-18-FIRST",
        "JLS",
        {"identity": {"born": date(2009, 1, 1)}, "documents": {"first_time": "yes"}},
        ("refused", "exceptional"),
    ),
    ("DREG-31", "QJS", ILL, ("refused", "deferred")),
    ("DL-TREAT", "QJS", {"health": {"found": ["mental_illness"]}}, ("accepted",)),
    ("DL-ISOLATE", "QJS", {"health": {"found": ["acute_infection"]}}, ("accepted",)),
    ("DL-39-PREGNANT", "QJS", {"health": {"found": ["pregnant"]}}, ("refused",)),
    ("DL-39-NURSING", "QJS", {"health": {"found": ["nursing"]}}, ("refused",)),
    ("DL-39-16", "QJS", {"identity": {"born": date(2010, 11, 25)}}, ("accepted",)),
    ("CL-17-14", "KSS", {"identity": {"born": date(2012, 11, 25)}}, ("accepted",)),
    ("MPSC-164-DEPUTY", "KSS", {"documents": {"deputy": "yes"}}, ("accepted",)),
]


@pytest.mark.parametrize(("group", "kind", "changed", "left"), RECEIVED)
def test_who_may_not_simply_be_received(
    group: str, kind: str, changed: dict[str, Any], left: tuple[str, ...]
) -> None:
    told = facts(kind, **changed)
    found = engine.verdict(told, at(kind))
    assert group in [one.id for one in found.groups]
    assert found.outcomes == left
    freed = engine.verdict(told, at(kind), without(group))
    assert group not in [one.id for one in freed.groups]
    assert "accepted" in freed.outcomes


#: What a clinician finds → kind of facility → the group that it makes (B.2).
FOUND: dict[str, dict[str, str]] = {
    "mental_illness": {
        "KSS": "KR-10-MENTAL", "JLS": "DR-19-ILLNESS", "QJS": "DL-TREAT", "SQJ": "DL-TREAT",
    },
    "acute_infection": {
        "KSS": "KR-10-INFECTIOUS", "JLS": "DR-19-INFECTIOUS", "QJS": "DL-ISOLATE", "SQJ": "DL-ISOLATE",
    },
    "serious_illness": {
        "KSS": "KR-10-SERIOUS", "JLS": "DR-19-LIFE", "QJS": "DREG-31", "SQJ": "DREG-31",
        "QFC": "EE-61-ILLNESS",
    },
    "no_self_care": {"KSS": "KR-10-SELF-CARE"},
    "pregnant": {
        "KSS": "KR-10-PREGNANT", "JLS": "SL-23-PREGNANT", "QJS": "DL-39-PREGNANT",
        "SQJ": "DL-39-PREGNANT", "QFC": "EE-61-PREGNANT",
    },
    "nursing": {
        "KSS": "KR-10-NURSING", "JLS": "SL-23-NURSING", "QJS": "DL-39-NURSING", "SQJ": "DL-39-NURSING",
        "QFC": "EE-61-NURSING",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ["KSS", "JLS", "QJS", "SQJ", "QFC"])
@pytest.mark.parametrize("found", FOUND)
def test_what_is_found_makes_a_group_at_each_kind_of_facility(found: str, kind: str) -> None:
    told = facts(kind, health={"found": [found]})
    groups = [one.id for one in engine.groups_of(told, at(kind))]
    assert groups == [group for at_kind, group in FOUND[found].items() if at_kind == kind]


#: Group, kinds, the birthday that bounds it, and whether it begins or ends on it.
AGES = [
    ("HE-70", ["KSS"], 70, "begins"),
    ("SL-23-70", ["JLS"], 70, "begins"),
    ("EE-61-70", ["QFC"], 70, "begins"),
    ("SL-23-16", ["JLS"], 16, "ends"),
    ("DL-39-16", ["QJS", "SQJ"], 16, "ends"),
    ("EE-61-16", ["QFC"], 16, "ends"),
    ("CL-17-14", ["KSS", "JLS", "QJS", "SQJ", "QFC"], 14, "ends"),
]


@pytest.mark.parametrize(("group", "kinds", "years", "what"), AGES)
def test_an_age_counts_from_the_birthday(
    group: str, kinds: list[str], years: int, what: str
) -> None:
    birthday = TODAY.replace(year=TODAY.year - years)
    for kind in ("KSS", "JLS", "QJS", "SQJ", "QFC"):
        eve, day = (
            group
            in [one.id for one in engine.groups_of(facts(kind, identity={"born": born}), at(kind))]
            for born in (birthday + timedelta(days=1), birthday)
        )
        wanted = (False, True) if what == "begins" else (True, False)
        assert (eve, day) == (wanted if kind in kinds else (False, False))


@pytest.mark.parametrize("kind", ["KSS", "JLS", "QJS", "SQJ", "QFC"])
def test_mpsc_164_a_deputy_is_noted_everywhere(kind: str) -> None:
    told = facts(kind, documents={"deputy": "yes"})
    assert [one.id for one in engine.groups_of(told, at(kind))] == ["MPSC-164-DEPUTY"]


#: Kind, what stands beside each other, and the outcomes that are left: the stricter ground decides.
BESIDE: list[tuple[str, str, dict[str, Any], tuple[str, ...]]] = [
    (
        "KR-10: no exception for the serious illness beside a mental one",
        "KSS",
        {"health": {"found": ["serious_illness", "mental_illness"]}},
        ("refused", "deferred"),
    ),
    (
        "KR-10: no exception by HE-70 beside pregnancy",
        "KSS",
        {**OLD, "health": {"found": ["pregnant"]}},
        ("refused",),
    ),
    (
        "DR-19: no exception by SL-23-70 beside an illness that endangers life",
        "JLS",
        {**OLD, **ILL},
        ("refused", "deferred"),
    ),
    (
        "HOSPITAL-FIRST: no exception by HE-70 beside the doctor's word",
        "KSS",
        {**OLD, "health": {"conclusion": "hospital"}},
        ("refused", "deferred"),
    ),
    (
        "KR-9: no exception by HE-70 without a seal",
        "KSS",
        {**OLD, "documents": {"seal": "no"}},
        ("refused",),
    ),
    (
        "KR-9: no deferral for mental illness without a document",
        "KSS",
        {"health": {"found": ["mental_illness"]}, "documents": {"basis": "none"}},
        ("refused",),
    ),
    (
        "KR-9: no deferral on the doctor's word where papers and person don't agree",
        "KSS",
        {"health": {"conclusion": "hospital"}, "documents": {"names_match": "no"}},
        ("refused",),
    ),
    (
        "DR-19: no deferral for an illness that endangers life without a seal",
        "JLS",
        {**ILL, "documents": {"seal": "no"}},
        ("refused",),
    ),
    (
        "HE-70 beside KR-10: two exceptions are one",
        "KSS",
        {**OLD, **ILL},
        ("refused", "deferred", "exceptional"),
    ),
]


@pytest.mark.parametrize(
    ("kind", "changed", "left"),
    [one[1:] for one in BESIDE],
    ids=[one[0] for one in BESIDE],
)
def test_of_grounds_beside_each_other_the_stricter_decides(
    kind: str, changed: dict[str, Any], left: tuple[str, ...]
) -> None:
    """看守所条例 第9、10条; 拘留所条例 第19条."""
    assert engine.verdict(facts(kind, **changed), at(kind)).outcomes == left


@pytest.mark.parametrize(
    ("born", "first_time", "groups"),
    [
        (date(2010, 11, 25), "yes", ["SL-23-16"]),
        (date(2010, 11, 24), "yes", ["SL-23-18-FIRST"]),
        (date(2010, 11, 24), "no", []),
        (date(2008, 11, 25), "yes", ["SL-23-18-FIRST"]),
        (date(2008, 11, 25), "no", []),
        (date(2008, 11, 24), "yes", []),
    ],
)
def test_sl_23_from_14_to_16_and_from_16_to_18_for_the_first_time(
    born: date, first_time: str, groups: list[str]
) -> None:
    """治安管理处罚法 (2025) 第23条: sixteen on the birthday, eighteen on the birthday."""
    told = facts("JLS", identity={"born": born}, documents={"first_time": first_time})
    assert [one.id for one in engine.groups_of(told, at("JLS"))] == groups


#: Groups of whom law says that they aren't detained for examination.
EXAMINED: list[tuple[str, dict[str, Any]]] = [
    ("EE-61-ILLNESS", ILL),
    ("EE-61-PREGNANT", {"health": {"found": ["pregnant"]}}),
    ("EE-61-NURSING", {"health": {"found": ["nursing"]}}),
    ("EE-61-16", {"identity": {"born": date(2010, 11, 25)}}),
    ("EE-61-70", OLD),
]


@pytest.mark.parametrize(("group", "changed"), EXAMINED)
def test_who_is_not_detained_for_examination(group: str, changed: dict[str, Any]) -> None:
    told = facts("JLS", documents={"basis": "拘留审查决定书"}, **changed)
    left = ("refused", "deferred") if group == "EE-61-ILLNESS" else ("refused",)
    assert engine.verdict(told, at("QFC")).outcomes == left
    assert "accepted" in engine.verdict(told, at("QFC"), without(group)).outcomes


def test_dr_19_the_deciding_authority_is_asked_to_stop_where_illness_is_found() -> None:
    """拘留所条例 第19条: whoever is ill is received, and stopping the execution is proposed; a note asks
    nobody.
    """
    proposed = {one.id for one in rules().groups if one.then == "propose"}
    assert proposed == {"DR-19-ILLNESS", "DR-19-INFECTIOUS"}


def test_the_health_check_and_nothing_else_is_read_by_clinicians_alone() -> None:
    assert [step.id for step in rules().steps if step.clinical] == ["health"]


def test_every_group_and_rule_has_a_test_that_switches_it_off() -> None:
    tried = {name for name, *_rest in (*REFUSING, *BLOCKING, *RECEIVED, *EXAMINED)}
    tried |= {"ABOLISHED", "CPL-85-24H", "HOSPITAL-FIRST"}
    assert tried == {one.id for one in (*rules().rules, *rules().groups)}


def test_seventy_is_reached_on_the_birthday() -> None:
    day_before = facts(identity={"born": date(1956, 11, 25)})
    assert engine.verdict(day_before, at("KSS")).outcomes == ("accepted",)


def test_the_doctor_who_says_hospital_is_not_overruled() -> None:
    told = facts(health={"conclusion": "hospital"})
    assert engine.verdict(told, at("KSS")).outcomes == ("deferred",)
    assert "accepted" in engine.verdict(told, at("KSS"), without("HOSPITAL-FIRST")).outcomes


def test_an_unknown_identity_is_no_ground_to_refuse() -> None:
    told = facts(identity={"born": None, "verified_by": "stated", "identity_number": "?"})
    assert engine.verdict(told, at("KSS")).outcomes == ("accepted",)


@pytest.mark.parametrize("wrong", [("groups", "refuse"), ("rules", "block")])
def test_what_is_remembered_only_never_blocks(wrong: tuple[str, str]) -> None:
    said = rules().model_dump(by_alias=True, mode="json")
    part, effect = wrong
    first = said[part][0]
    first |= {"confidence": "M", "then": effect} if part == "groups" else {"confidence": "M"}
    with pytest.raises(ValidationError, match="never blocks"):
        File.model_validate(said)
    assert isinstance(load().groups[0], Group)


# ---------------------------------------------------------------------- the steps (B.3), Rule 7

RULE_7 = [
    ("a", "identity", "name"), ("a", "identity", "sex"), ("a", "identity", "verified_by"),
    ("a", "identity", "nationality"),
    ("b", "documents", "basis"), ("b", "documents", "basis_number"), ("b", "documents", "authority"),
    ("b", "documents", "reason"), ("b", "documents", "seized_at"), ("b", "documents", "seized_place"),
    ("c", "documents", "arrived_at"),
    ("d", "injuries", "looked_at"), ("d", "injuries", "injured"), ("d", "injuries", "ill_treated"),
    ("e", "property", "inventory"), ("e", "property", "money"), ("e", "property", "inventory_signed"),
    ("f", "dependants", "has_dependants"),
    ("g", "dependants", "contact_given"),
]  # fmt: skip


@pytest.mark.parametrize(("letter", "step", "field"), RULE_7)
def test_nelson_mandela_rule_7_keeps_it_open(letter: str, step: str, field: str) -> None:
    told = facts(**{step: {field: None}})
    gaps, _blocking = engine.unmet(told, at("KSS"))
    gap = next(one for one in gaps if (one.step.id, one.field.id) == (step, field))
    assert f"Nelson Mandela Rule 7({letter})" in gap.within("en")
    assert f"规则 7({letter})" in gap.within("zh-hans")
    left, _blocking = engine.unmet(told, at("KSS"), without_field(step, field))
    assert (step, field) not in [(one.step.id, one.field.id) for one in left]


@pytest.mark.parametrize(
    ("step", "asked", "also"),
    [
        ("injuries", {"ill_treated": "yes"}, ["ill_treated_what"]),
        ("dependants", {"has_dependants": "yes"}, ["dependants"]),
        ("dependants", {"contact_given": "yes", "contact_name": ""}, ["contact_name"]),
        ("dependants", {"contact_given": "no"}, ["contact_none_why"]),
    ],
)
def test_rule_7_asks_on_where_the_answer_is_yes(
    step: str, asked: dict[str, str], also: list[str]
) -> None:
    gaps, _blocking = engine.unmet(facts(**{step: asked}), at("KSS"))
    assert [gap.field.id for gap in gaps] == also
    assert all(gap.field.rule7 for gap in gaps)


def test_a_foreigner_is_asked_for_the_consul() -> None:
    gaps, _blocking = engine.unmet(facts(identity={"nationality": "VN"}), at("KSS"))
    assert [gap.field.id for gap in gaps] == ["passport", "consular_wish"]


STEPS = [
    "documents", "identity", "health", "injuries", "screening", "search", "property", "rights", "family",
    "consular", "dependants", "picture", "file", "cell", "risk", "talk",
]  # fmt: skip


def test_there_are_sixteen_steps_in_the_order_of_the_law() -> None:
    assert [one.id for one in rules().steps if one.number] == STEPS
    assert [one.number for one in rules().steps if one.number] == list(range(1, 17))


@pytest.mark.parametrize(
    "step", ["health", "injuries", "screening", "rights", "family", "dependants"]
)
def test_care_and_rights_never_wait_for_case_papers(step: str) -> None:
    one = rules().step(step)
    assert one.care
    told = {step: facts()[step]}
    assert engine.gaps(told, "accepted", "KSS", steps=[step]) == []


def test_a_refusal_for_papers_needs_no_doctor_and_no_cell() -> None:
    told = facts(documents={"basis": "none"}, decision={
        "outcome": "refused", "reason_code": "KR-9-DOCUMENT", "notice_received_by": "李警官",
    })  # fmt: skip
    for step in ("health", "search", "property", "cell", "file"):
        told[step] = {}
    assert engine.unmet(told, at("KSS")) == ([], [])
    told["decision"]["notice_received_by"] = ""
    assert [gap.field.id for gap in engine.unmet(told, at("KSS"))[0]] == ["notice_received_by"]


@pytest.mark.parametrize(
    ("basis", "wanted"), [("拘留证", True), ("逮捕证", True), ("执行通知书", False)]
)
def test_mpsc_153_the_time_of_arrival_is_written_on_the_warrant(basis: str, wanted: bool) -> None:
    told = facts(documents={"basis": basis, "arrival_written": False})
    found = engine.gaps(told, "accepted", "KSS", steps=["documents"])
    assert ("arrival_written" in [gap.field.id for gap in found]) is wanted
    left = without_field("documents", "arrival_written")
    assert engine.gaps(told, "accepted", "KSS", left, ["documents"]) == []
    assert engine.gaps(told, "refused", "KSS", steps=["documents"]) == []


def test_what_a_rule_asks_of_some_facilities_is_asked_there() -> None:
    """Held elsewhere (拘留所条例 第9至11条), a first violation (SL-23), what is left to serve (CPL-264)."""
    asked = {
        field.id: set(field.kinds) for field in rules().step("documents").fields if field.kinds
    }
    assert asked == {
        "arrival_written": {"KSS"},
        "elsewhere": {"KSS", "JLS"},
        "first_time": {"JLS"},
        "criminal_detention_term": {"KSS"},
        "remaining_months": {"KSS"},
    }


@pytest.mark.parametrize("step", ["documents", "identity", "health", "injuries"])
def test_nothing_is_decided_before_the_first_four_steps(step: str) -> None:
    """B.3: papers, identity, health and the body's surface come before acceptance."""
    told = facts() | {step: {}}
    found = engine.verdict(told, at("KSS"))
    assert found.outcomes == ()
    assert {gap.step.id for gap in found.gaps} == {step}


def test_a_decision_waits_for_none_of_the_steps_after_the_first_four() -> None:
    told = {step: facts()[step] for step in ("documents", "identity", "health", "injuries")}
    assert engine.verdict(told, at("KSS")).outcomes == ("accepted",)
