"""Each rule of leaving, from its source; and what would be let through were it switched off."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from custos.foundation import clock
from custos.foundation.codes import shipped
from custos.management.reception.release import engine, rules
from custos.management.reception.release.engine import (
    FOLLOWED,
    HOLDS,
    SPENT,
    Basis,
    Facts,
    Paper,
    standing,
)

DAY = date(2026, 3, 2)
COUNTY, OTHER = "某县公安局", "邻县公安局"
DETENTION = Basis("detention_warrant", "县公（刑）拘字〔2026〕7号", COUNTY, main=True)
PAPER = Paper("县公释字〔2026〕3号", COUNTY, "王小川", (DETENTION.number,), seal=True, matches=True)
#: Somebody in a detention centre whom everything lets go.
FREE = Facts(
    exit="RELEASE",
    facility="KSS",
    day=DAY,
    names=frozenset({"王小川"}),
    bases=(DETENTION,),
    authority=COUNTY,
    paper=PAPER,
    compared=frozenset({"one", "two"}),
    searched=True,
    officers=("one", "two"),
)
FIVE_DAYS = Basis("administrative_detention", "行罚决字〔2026〕5号", COUNTY, DAY, main=True)
#: Somebody in a detention house whose last day is today.
SERVED = replace(FREE, exit="DETENTION-ENDED", facility="JLS", bases=(FIVE_DAYS,), paper=None)


def _found(facts: Facts, *, without: str = "") -> list[str]:
    file = rules.load()
    file = file.model_copy(update={"rules": tuple(r for r in file.rules if r.id != without)})
    return [one.rule.id for one in engine.blockers(facts, file)]


def _paper(**other: Any) -> Facts:
    return replace(FREE, paper=replace(PAPER, **other))


#: Rule → facts that it alone forbids.
HARD: dict[str, Facts] = {
    "REL-WAY": replace(FREE, exit="TERM-SERVED", facility="JLS", bases=()),
    "REL-PAPER": replace(FREE, paper=None, bases=()),
    "REL-NAME": _paper(name="王大川"),
    "REL-PERSON": _paper(matches=False),
    "REL-SEAL": _paper(seal=False),
    "REL-NUMBER": _paper(ends=(DETENTION.number, "县公（刑）拘字〔2026〕9号")),
    "REL-AUTHORITY": _paper(issuer=OTHER),
    "REL-HOLD": replace(FREE, bases=(DETENTION, Basis("arrest_warrant", "邻捕1号", OTHER))),
    "REL-UNSERVED": replace(SERVED, bases=(replace(FIVE_DAYS, valid_to=DAY + timedelta(days=1)),)),
    "REL-LEAVE": replace(
        SERVED,
        bases=(replace(FIVE_DAYS, recorded_at=datetime(2026, 2, 26, tzinfo=UTC)),),
        leave_until=datetime(2026, 2, 28, tzinfo=UTC),
    ),
    "REL-ELSEWHERE": replace(FREE, other_stays=1),
    "REL-SEARCHED": replace(FREE, searched=False),
    "REL-IDENTITY": replace(FREE, compared=frozenset({"one"})),
    "REL-RECEIVER": replace(FREE, exit="TRANSFER"),
    "REL-TWO-OFFICERS": replace(FREE, officers=("one", "one")),
}


def test_every_rule_stands_in_this_table() -> None:
    assert {rule.id for rule in rules.rules().rules} == HARD.keys()


def test_nothing_forbids_what_fits() -> None:
    assert (_found(FREE), _found(SERVED)) == ([], [])


@pytest.mark.parametrize("rule", sorted(set(HARD) - {"REL-WAY"}))
def test_each_rule_forbids_alone_and_nothing_else_does_in_its_place(rule: str) -> None:
    assert _found(HARD[rule]) == [rule]
    assert _found(HARD[rule], without=rule) == []


def test_a_way_out_that_the_kind_of_facility_does_not_have_is_none() -> None:
    facts = HARD["REL-WAY"]
    assert "REL-WAY" in _found(facts)
    assert "REL-WAY" not in _found(facts, without="REL-WAY")
    assert "REL-WAY" in _found(replace(facts, exit="AMNESTY"))


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ({"valid_to": DAY - timedelta(days=1)}, ["REL-WAY"]),
        ({"valid_to": DAY}, []),
        ({"valid_from": DAY + timedelta(days=1)}, ["REL-WAY"]),
        ({"valid_from": DAY}, []),
    ],
)
def test_rel_way_a_way_out_that_law_no_longer_or_not_yet_knows_is_none(
    held: dict[str, date], found: list[str]
) -> None:
    file = rules.load()
    exits = tuple(one.model_copy(update=held) if one.id == "RELEASE" else one for one in file.exits)
    file = file.model_copy(update={"exits": exits})
    assert [one.rule.id for one in engine.blockers(FREE, file)] == found
    offered = "RELEASE" in [one.id for one in file.exits_for("KSS", DAY)]
    assert offered is not bool(found)


def test_a_second_warrant_of_another_authority_holds_whatever_the_first_paper_says() -> None:
    """看守所条例 第39条: released on the document of whoever decided; of each of them."""
    second = Basis("detention_warrant", "邻公（刑）拘字〔2026〕1号", OTHER)
    held = replace(FREE, bases=(DETENTION, second))
    (found,) = engine.blockers(held)
    assert (found.rule.id, found.about, found.version) == ("REL-HOLD", (second.number,), 1)
    named = replace(PAPER, ends=(DETENTION.number, second.number))
    assert _found(replace(held, paper=named)) == ["REL-AUTHORITY"]
    assert _found(replace(held, bases=(DETENTION, replace(second, ended=True)))) == []


def test_an_administrative_detention_that_still_runs_holds_a_suspect_too() -> None:
    running = Basis("administrative_detention", "行罚决字9号", OTHER, DAY + timedelta(days=3))
    assert _found(replace(FREE, bases=(DETENTION, running))) == ["REL-UNSERVED"]
    over = replace(running, valid_to=DAY)
    assert _found(replace(FREE, bases=(DETENTION, over))) == []


@pytest.mark.parametrize(
    "kind", ["wanted_order", "execution_in_custody", "other", "arrest_decision"]
)
def test_a_wanted_notice_a_recall_and_what_nobody_knows_hold(kind: str) -> None:
    assert _found(replace(FREE, bases=(DETENTION, Basis(kind, "x1", OTHER))))


@pytest.mark.parametrize(
    "kind", ["judgment", "indictment", "change_of_limit", "extension_decision"]
)
def test_papers_of_the_case_hold_nobody(kind: str) -> None:
    assert _found(replace(FREE, bases=(DETENTION, Basis(kind, "x1", OTHER)))) == []


def test_a_document_takes_the_place_of_none_that_came_after_it() -> None:
    """An arrest that was ended, and a detention of the same bureau since."""
    early, late = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)
    arrest = Basis("arrest_warrant", "县公（刑）捕字〔2026〕2号", COUNTY, recorded_at=early)
    again = Basis("detention_warrant", "县公（刑）拘字〔2026〕99号", COUNTY, recorded_at=late)
    ended = replace(PAPER, ends=(*PAPER.ends, arrest.number))
    assert _found(replace(FREE, bases=(DETENTION, arrest, again), paper=ended)) == ["REL-HOLD"]
    before = replace(again, recorded_at=early)
    after = replace(arrest, recorded_at=late)
    assert standing(before, replace(FREE, bases=(DETENTION, before, after))) == FOLLOWED
    # By the day of execution, whenever it was recorded; of one day, by the record.
    swapped = replace(before, executed_on=late.date()), replace(after, executed_on=early.date())
    assert standing(swapped[0], replace(FREE, bases=(DETENTION, *swapped))) == HOLDS
    # Where neither is known, both hold.
    unknown = replace(again, recorded_at=None)
    assert standing(unknown, replace(FREE, bases=(DETENTION, unknown, arrest))) == HOLDS


#: What takes the place of a document of the same case, once it comes after it.
SENTENCE = {"execution_notice", "execution_in_custody"}
FOLLOWED_BY = {
    "detention_warrant": {"arrest_warrant", "arrest_decision"} | SENTENCE,
    "arrest_warrant": SENTENCE,
    "arrest_decision": SENTENCE,
}


@pytest.mark.parametrize("kind", sorted(one.kind for one in rules.rules().holds))
def test_rel_hold_what_takes_the_place_of_a_document(kind: str) -> None:
    """刑事诉讼法 第91、93、264条: detention, arrest, sentence, and nothing the other way."""
    one = Basis(kind, "a1", COUNTY, main=True)
    followed = {
        later
        for later in shipped.meanings("custos.basis")
        if standing(one, replace(FREE, bases=(one, Basis(later, "b1", COUNTY)), paper=None))
        == FOLLOWED
    }
    assert followed == FOLLOWED_BY.get(kind, set())


#: What ends by itself on its last day; every other document holds until it is ended.
TERMS = SENTENCE | {
    "administrative_detention",
    "administrative_penalty",
    "judicial_detention",
    "compulsory_treatment",
}
UNTIL_ENDED = {
    "detention_warrant",
    "arrest_warrant",
    "arrest_decision",
    "wanted_order",
    "temporary_custody",
    "detention_for_examination",
    "permission_elsewhere",
    "other",
}


def test_rel_hold_and_rel_unserved_how_each_document_stands_on_its_last_day() -> None:
    """拘留所条例 第30条; 刑法 第44、47条: a term is over on its last day, a measure of a case isn't."""
    over = {
        kind: standing(Basis(kind, "a1", COUNTY, DAY), replace(FREE, paper=None))
        for kind in shipped.meanings("custos.basis")
    }
    assert {kind for kind, how in over.items() if how == engine.SERVED} == TERMS
    assert {kind for kind, how in over.items() if how == HOLDS} == UNTIL_ENDED


#: Ways out that the last day opens, by what ends on it.
BY_DAY = {
    "TERM-SERVED": SENTENCE,
    "DETENTION-ENDED": {
        "administrative_detention",
        "administrative_penalty",
        "judicial_detention",
    },
    "TREATMENT-ENDED": {"compulsory_treatment"},
}


def test_a_last_day_opens_the_way_out_of_its_own_kind() -> None:
    for way in rules.rules().exits:
        known = {
            kind
            for kind in shipped.meanings("custos.basis")
            if engine.last_day((Basis(kind, "a1", COUNTY, DAY),), way)
        }
        assert known == BY_DAY.get(way.id, set()), way.id


def test_an_arrest_takes_the_place_of_the_detention_of_its_own_case_only() -> None:
    arrest = Basis("arrest_warrant", "县公（刑）捕字〔2026〕2号", COUNTY)
    paper = replace(PAPER, ends=(arrest.number,))
    assert _found(replace(FREE, bases=(DETENTION, arrest), paper=paper)) == []
    other = replace(arrest, issuer=OTHER)
    theirs = replace(paper, issuer=OTHER)
    assert _found(replace(FREE, bases=(DETENTION, other), paper=theirs)) == ["REL-HOLD"]


def test_rel_hold_a_warrant_that_has_ended_takes_the_place_of_none() -> None:
    """看守所条例 第39条: where the arrest was ended in the file, the detention before it still holds."""
    arrest = Basis("arrest_warrant", "县公（刑）捕字〔2026〕2号", COUNTY, ended=True)
    held = replace(FREE, bases=(DETENTION, arrest), paper=replace(PAPER, ends=()))
    (found,) = engine.blockers(held)
    assert (found.rule.id, found.about) == ("REL-HOLD", (DETENTION.number,))
    assert _found(replace(held, bases=(DETENTION, replace(arrest, ended=False)))) == ["REL-HOLD"]
    assert standing(DETENTION, held) == HOLDS
    assert standing(DETENTION, replace(held, bases=(DETENTION, replace(arrest, ended=False)))) == (
        FOLLOWED
    )


def test_cpl_93_a_detention_whose_arrest_was_revoked_is_no_ground_and_still_has_to_be_ended() -> (
    None
):
    """刑事诉讼法 第93条: the arrest took its place. One that was never issued gives it back."""
    arrest = Basis("arrest_warrant", "县公（刑）捕字〔2026〕2号", COUNTY, ended=True)
    revoked = replace(arrest, by_paper=True)
    assert engine.grounds((DETENTION, revoked), DAY) == []
    assert engine.grounds((DETENTION, arrest), DAY) == [DETENTION]
    assert engine.grounds((DETENTION, replace(arrest, ended=False)), DAY) == [
        replace(arrest, ended=False)
    ]
    held = replace(FREE, bases=(DETENTION, revoked), paper=replace(PAPER, ends=()))
    assert standing(DETENTION, held) == SPENT
    assert _found(held) == ["REL-HOLD"]
    assert _found(held, without="REL-HOLD") == []


@pytest.mark.parametrize("kind", sorted(one.kind for one in rules.rules().holds))
def test_each_document_that_holds_is_a_ground_until_it_ends(kind: str) -> None:
    """看守所条例 第9条: nobody is held but on a document; on its last day a term still is one."""
    one = Basis(kind, "a1", COUNTY, DAY)
    assert engine.grounds((one,), DAY) == [one]
    assert engine.grounds((replace(one, ended=True),), DAY) == []


@pytest.mark.parametrize("kind", sorted(TERMS))
def test_a_served_term_is_no_ground_from_the_day_after_its_last(kind: str) -> None:
    """拘留所条例 第30条; a measure of a case has no such day, and holds until somebody ends it."""
    one = Basis(kind, "a1", COUNTY, DAY)
    assert engine.grounds((one,), DAY + timedelta(days=1)) == []
    warrant = replace(one, kind="detention_warrant")
    assert engine.grounds((warrant,), DAY + timedelta(days=1)) == [warrant]


def test_papers_of_the_case_are_no_ground() -> None:
    assert engine.grounds((Basis("judgment", "a1", COUNTY),), DAY) == []


def test_a_court_that_holds_the_case_ends_the_arrest_of_the_police() -> None:
    """看守所条例 第15条: the case has been handed on; the authority that holds it now decides."""
    court = "某县人民法院"
    by_court = replace(FREE, exit="COURT", paper=replace(PAPER, issuer=court))
    assert _found(by_court) == ["REL-AUTHORITY"]
    assert _found(replace(by_court, authority=court)) == []


def test_of_the_short_form_whose_issuer_nobody_recorded_the_number_has_to_do() -> None:
    bare = replace(FREE, bases=(replace(DETENTION, issuer=""),), authority="")
    assert _found(bare) == []
    assert _found(replace(bare, paper=replace(PAPER, ends=()))) == ["REL-HOLD"]


#: What is recorded of the authority, of another hold, and what the paper's authority may not end.
NOT_THEIRS: dict[str, Facts] = {
    "its issuer is another": replace(_paper(issuer=OTHER), authority=""),
    "another authority holds the case": replace(
        _paper(issuer=OTHER), bases=(replace(DETENTION, issuer=""),)
    ),
    "a hold of no recorded issuer besides the admission's": replace(
        _paper(ends=(DETENTION.number, "x1")),
        bases=(replace(DETENTION, issuer=""), Basis("other", "x1")),
        authority="",
    ),
}


@pytest.mark.parametrize("why", NOT_THEIRS)
def test_rel_authority_the_number_alone_does_for_the_bare_short_form_only(why: str) -> None:
    """看守所条例 第39条: whoever decided the custody ends it."""
    assert _found(NOT_THEIRS[why]) == ["REL-AUTHORITY"]
    assert _found(NOT_THEIRS[why], without="REL-AUTHORITY") == []


def test_an_alias_on_the_file_and_another_dot_fit_the_paper() -> None:
    known = frozenset({"王小川", "诺尔哈提·阿不都热依木"})
    assert _found(replace(_paper(name="诺尔哈提•阿不都热依木"), names=known)) == []


def test_dr_30_the_last_day_frees_and_the_day_before_does_not() -> None:
    """拘留所条例 第30条、第32条: five days from 10 March end on the 15th."""
    decided = replace(FIVE_DAYS, valid_to=date(2026, 3, 15))
    eve, day = date(2026, 3, 14), date(2026, 3, 15)
    assert _found(replace(SERVED, bases=(decided,), day=eve)) == ["REL-UNSERVED"]
    assert _found(replace(SERVED, bases=(decided,), day=day)) == []


def test_a_term_without_a_last_day_frees_nobody() -> None:
    unknown = replace(FIVE_DAYS, valid_to=None)
    assert _found(replace(SERVED, bases=(unknown,))) == ["REL-UNSERVED"]
    assert "REL-UNSERVED" in _found(replace(SERVED, bases=()))


def test_of_two_decisions_the_later_has_to_be_served_too() -> None:
    second = Basis("administrative_detention", "行罚决字6号", COUNTY, DAY + timedelta(days=5))
    assert _found(replace(SERVED, bases=(FIVE_DAYS, second))) == ["REL-UNSERVED"]
    way = rules.rules().exit("DETENTION-ENDED")
    assert way is not None
    assert engine.last_day((FIVE_DAYS, second), way) == DAY + timedelta(days=5)


def test_dr_27_leave_is_not_counted_until_the_last_day_is_recorded_anew() -> None:
    facts = HARD["REL-LEAVE"]
    anew = replace(facts.bases[0], recorded_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert _found(replace(facts, bases=(anew,))) == []


def test_dreg_33_drug_treatment_ends_early_on_its_decision_only() -> None:
    until = DAY + timedelta(days=200)
    ordered = Basis("compulsory_treatment", "强戒决字1号", COUNTY, until, main=True)
    facts = replace(FREE, exit="TREATMENT-ENDED", facility="QJS", bases=(ordered,))
    assert _found(replace(facts, paper=replace(PAPER, ends=(ordered.number,)))) == []
    assert _found(replace(facts, paper=None)) == ["REL-PAPER", "REL-UNSERVED"]


def test_a_device_or_two_officers_say_who_it_is() -> None:
    nobody = replace(FREE, compared=frozenset())
    assert _found(nobody) == ["REL-IDENTITY"]
    assert _found(replace(nobody, device="match")) == []
    assert _found(replace(nobody, device="no_match")) == ["REL-IDENTITY"]


def test_whoever_is_handed_over_has_a_receiver_and_a_paper() -> None:
    """拘留所条例 第31条; 刑事诉讼法 第264条."""
    for way, kind in (("PRISON", "KSS"), ("COMMUNITY", "KSS"), ("OTHER-ORGAN", "JLS")):
        facts = replace(FREE, exit=way, facility=kind)
        assert _found(facts) == ["REL-RECEIVER"]
        assert _found(replace(facts, receiver="省第一监狱 李")) == []
        assert "REL-PAPER" in _found(replace(facts, paper=None))


def test_a_death_is_asked_for_its_certificate_and_two_officers_and_no_warrant_stops_it() -> None:
    dead = replace(
        FREE, exit="DEATH", compared=frozenset(), searched=False, bases=(DETENTION, FIVE_DAYS)
    )
    assert _found(dead) == []
    assert _found(replace(dead, paper=None)) == ["REL-PAPER"]
    assert _found(replace(dead, officers=("one",))) == ["REL-TWO-OFFICERS"]
    assert _found(replace(dead, paper=replace(PAPER, name="李四"))) == ["REL-NAME"]
    assert _found(replace(dead, paper=replace(PAPER, matches=False))) == ["REL-PERSON"]
    assert _found(replace(dead, facility="LZC")) == ["REL-WAY"]
    assert engine.items_of("DEATH") == []


# ---------------------------------------------------------------------- by when


AT = datetime(2026, 1, 31, 2, 15, tzinfo=UTC)  # 10:15 in Beijing


def _due(way: str, received: datetime | None, day: date | None = None) -> datetime | None:
    found = rules.rules().exit(way)
    assert found is not None
    return engine.due(found, received, day)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.LOCAL)


def test_the_timer_of_a_release_begins_at_the_receipt_and_ends_two_hours_later() -> None:
    assert _due("RELEASE", AT) == AT + timedelta(hours=2)
    assert _due("COURT", AT) == AT + timedelta(hours=1)


def test_cpl_264_delivery_to_prison_takes_a_calendar_month_at_most() -> None:
    assert _due("PRISON", AT) == _midnight(date(2026, 3, 1))


def test_mps_c_302_community_correction_takes_ten_days_at_most() -> None:
    assert _due("COMMUNITY", AT) == _midnight(date(2026, 2, 11))


@pytest.mark.parametrize(
    ("way", "after"),
    [
        ("RELEASE", timedelta(hours=2)),
        ("BAIL", timedelta(hours=2)),
        ("COURT", timedelta(hours=1)),
        ("DETENTION-STOPPED", timedelta(hours=2)),
        ("OTHER-ORGAN", timedelta(hours=2)),
        ("EXAMINATION-ENDED", timedelta(hours=2)),
        ("TREATMENT-ENDED", timedelta(hours=2)),
    ],
)
def test_b16_the_timer_of_late_release_is_two_hours_from_receipt(
    way: str, after: timedelta
) -> None:
    assert _due(way, AT) == AT + after


@pytest.mark.parametrize(
    ("way", "days"), [("TERM-SERVED", 7), ("DETENTION-ENDED", 2), ("TREATMENT-ENDED", 7)]
)
def test_what_is_made_ready_becomes_a_task_before_the_last_day(way: str, days: int) -> None:
    """A week, so that the three days' notice of 戒毒条例 第34条 fits; two days of a detention of days."""
    found = rules.rules().exit(way)
    assert found is not None
    assert found.prepare_days == days


def test_a_comparison_with_photo_and_marks_counts_for_four_hours() -> None:
    assert rules.rules().identity_minutes == 4 * 60


def test_a_transfer_takes_a_day_at_most() -> None:
    assert _due("TRANSFER", AT) == _midnight(date(2026, 2, 2))


def test_a_last_day_ends_at_its_midnight_and_the_earlier_bound_counts() -> None:
    assert _due("DETENTION-ENDED", None, date(2026, 2, 1)) == _midnight(date(2026, 2, 2))
    assert _due("TREATMENT-ENDED", AT, date(2026, 2, 1)) == AT + timedelta(hours=2)
    assert _due("DEATH", AT) is None


# ---------------------------------------------------------------------- what is to be ready


def test_what_is_left_is_told_and_forbids_nothing() -> None:
    asked = {item.id for item in engine.items_of("RELEASE")}
    assert {"property", "money", "medicine", "papers", "family", "body", "copy"} <= asked
    assert "record" not in asked
    assert "record" in {item.id for item in engine.items_of("PRISON")}
    assert "notice" in {item.id for item in engine.items_of("TREATMENT-ENDED")}
    ready = frozenset(asked - {"medicine"})
    assert [item.id for item in engine.left("RELEASE", ready)] == ["medicine"]


FREED = {
    "RELEASE", "BAIL", "COURT", "TERM-SERVED", "DETENTION-ENDED", "DETENTION-STOPPED", "EXAMINATION-ENDED",
    "TREATMENT-ENDED",
}  # fmt: skip
HANDED = {"OTHER-ORGAN", "PRISON", "COMMUNITY", "TRANSFER"}
#: For which ways out something is made ready: the health record goes along (Nelson Mandela Rule 26),
#: whoever walks out gets home, and of treatment three days' notice is given (戒毒条例 第34条).
READY = {
    "property": FREED | HANDED,
    "money": FREED | HANDED,
    "medicine": FREED | HANDED,
    "record": {"PRISON", "TRANSFER", "OTHER-ORGAN"},
    "papers": FREED | HANDED,
    "copy": FREED | HANDED,
    "family": FREED | HANDED,
    "notice": {"TREATMENT-ENDED"},
    "body": FREED | HANDED,
    "travel": FREED,
    "signed": FREED | HANDED,
}


def test_what_is_made_ready_for_which_way_out() -> None:
    assert {one.id for one in rules.rules().exits} == FREED | HANDED | {"DEATH"}
    asked: dict[str, set[str]] = {}
    for way in rules.rules().exits:
        for item in engine.items_of(way.id):
            asked.setdefault(item.id, set()).add(way.id)
    assert asked == READY


# ---------------------------------------------------------------------- the file


def test_every_way_out_of_the_process_is_there_for_its_kind_of_facility() -> None:
    """Exits of the regulations: 看守所 eight, 拘留所, 强制隔离戒毒所, and death everywhere."""
    offered = {
        kind: {one.id for one in rules.rules().exits_for(kind, DAY)}
        for kind in ("KSS", "JLS", "QJS", "SQJ", "QFC")
    }
    assert offered["KSS"] == {
        "RELEASE", "BAIL", "COURT", "TERM-SERVED", "PRISON", "COMMUNITY", "TRANSFER", "DEATH",
    }  # fmt: skip
    assert offered["JLS"] == {
        "DETENTION-ENDED", "DETENTION-STOPPED", "OTHER-ORGAN", "EXAMINATION-ENDED", "TRANSFER", "DEATH",
    }  # fmt: skip
    assert offered["QJS"] == offered["SQJ"] == {"TREATMENT-ENDED", "TRANSFER", "DEATH"}
    assert offered["QFC"] == {"EXAMINATION-ENDED", "TRANSFER", "DEATH"}
    codes = {(one.id, out.code) for one in rules.rules().exits for out in one.out if out.code}
    assert {("RELEASE", "D12-1"), ("TERM-SERVED", "D12-2")} <= codes
    assert {("DETENTION-ENDED", "D21-1"), ("TREATMENT-ENDED", "D22-1")} <= codes


def test_the_documents_that_hold_somebody_are_of_the_table_of_documents() -> None:
    known = shipped.meanings("custos.basis")
    assert {one.kind for one in rules.rules().holds} <= set(known)


def test_a_rule_that_is_only_remembered_never_blocks() -> None:
    one = rules.rules().rules[0].model_dump(mode="json") | {"confidence": "M"}
    with pytest.raises(ValidationError, match="never blocks"):
        rules.Rule.model_validate(one)


def test_leaving_that_ends_no_stay_is_no_way_out() -> None:
    file = rules.rules()
    assert {one.id for one in file.elsewhere} == {"COURT-APPEARANCE", "ESCAPE"}
    assert file.exit("ESCAPE") is None
