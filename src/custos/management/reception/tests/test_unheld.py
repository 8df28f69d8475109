"""Whom no document holds: said at once, in words wherever they are shown, and counted until they go.

The gate's answer to what holds somebody is the one that the clock, the file and the lists ask.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import leaving
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import ending, facts
from custos.foundation.custody.people import queries as files
from custos.foundation.custody.people.models import FactRow
from custos.foundation.database import scope
from custos.foundation.documents import services as documents
from custos.foundation.errors import NotAllowed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception import copies, registers
from custos.management.reception.models import Release
from custos.management.reception.release import opening, services
from custos.management.reception.release import queries as gates
from custos.management.reception.tests.grounds import (
    COUNTY,
    OTHER,
    a_document,
    agree,
    said_open,
    unfinished,
)
from custos.management.timelimits import permits
from custos.management.timelimits import queries as limits
from custos.management.timelimits import services as timelimits
from custos.management.timelimits.models import Clock, Paper, Warning
from custos.management.timelimits.tests import worlds
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task
from tests import leaving as ways
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer, somebody
from tests.programs import a_program

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM), clock.set_to(NOON), translation.override("en"):
        yield


@pytest.fixture
def officers(stay: Custody) -> tuple[Acting, Acting]:
    return ways.two_officers(stay.organization)


# ---------------------------------------------------------------------- the file's document ends


def test_b16_whoever_no_document_holds_any_more_is_said_at_once_and_counted_from_the_paper(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """看守所条例 第39条; the timer of a late release starts at the receipt of the document, two hours."""
    worlds.arrested(stay, days_ago=9)
    warrant = a_document(stay)
    assert agree(stay)
    ways.document_ended(stay, warrant, *officers)()
    assert not agree(stay)
    assert limits.clock_of(stay.pk).sign == ("late", "no document")
    assert {"limit.unheld", "release.ordered"} <= unfinished(stay)
    case = Release.objects.get(custody_id=stay.pk, closed_at=None)
    assert (case.way, case.received_at) == ("RELEASE", NOON)
    assert case.due_at == NOON + timedelta(hours=2)
    with clock.set_to(NOON + timedelta(hours=2, seconds=1)):
        opening.sweep()
    assert "release.late" in unfinished(stay)


@pytest.mark.parametrize("how", ["replaced", "mistaken"])
def test_without_a_paper_that_frees_it_is_an_alarm_and_no_order_to_let_go(
    stay: Custody, officers: tuple[Acting, Acting], how: str
) -> None:
    warrant = a_document(stay)
    ways.document_ended(stay, warrant, *officers, how=how)()
    assert not agree(stay)
    assert unfinished(stay) == {"limit.unheld"}
    assert not Release.objects.filter(custody_id=stay.pk).exists()


def test_the_duty_leader_has_the_task_and_the_leader_and_the_prosecutor_are_told(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    ways.document_ended(stay, a_document(stay), *officers)()
    task = Task.objects.get(custody_id=stay.pk, source_kind="limit.unheld")
    assert (task.severity, task.rule_then().handler) == (1, Post.DUTY_LEADER)
    assert Post.LEADER in task.rule_then().posts
    for post in (Post.LEADER, Post.RESIDENT_PROSECUTOR):
        told = limits.warnings_for(post, stay.organization_id, 10)
        assert "UNHELD" in [one.rule for one in told], post


def test_while_another_document_holds_nothing_is_said(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    first, other = a_document(stay), a_document(stay, number="邻拘2号", issuer=OTHER)
    ways.document_ended(stay, first, *officers)()
    assert agree(stay)
    assert unfinished(stay) == set()
    ways.document_ended(stay, other, *officers, paper="撤字4号")()
    assert not agree(stay)


def test_a_detention_whose_arrest_was_revoked_holds_nobody_and_still_waits_at_the_gate(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """刑事诉讼法 第93条: the arrest has taken the detention's place, and doesn't give it back."""
    a_document(stay)
    arrest = a_document(stay, kind="arrest_warrant", number="捕2号")
    assert agree(stay)
    ways.document_ended(stay, arrest, *officers)()
    assert not agree(stay)
    case = ways.checked(ways.received(stay, ends=[]))
    gate = {one.number: str(one.state[1]) for one in _bases(case)}
    assert gate["1"] == "what took its place has ended; end it, too"


def _bases(case: Release) -> Any:
    return gates.gate(case.pk, Post.DUTY_LEADER).bases


def test_an_arrest_that_was_never_theirs_gives_the_detention_back(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    a_document(stay)
    arrest = a_document(stay, kind="arrest_warrant", number="捕2号")
    ways.document_ended(stay, arrest, *officers, how="mistaken")()
    assert agree(stay)


def test_a_served_term_is_asked_for_by_its_day_and_not_as_held_on_nothing() -> None:
    stay = a_detainee(in_cell=a_cell(facility=a_facility("JLS")))
    officers = ways.two_officers(stay.organization)
    detention = a_document(stay)
    a_document(stay, kind="administrative_detention", number="行2号", valid_to=date(2026, 3, 2))
    ways.document_ended(stay, detention, *officers)()
    assert agree(stay)


def _arrested_with_a_second_decision(last: date) -> Custody:
    """Arrested in a detention centre, with an administrative detention whose last day is `last`; the arrest
    is revoked by a paper at noon.
    """
    stay = a_detainee(in_cell=a_cell(facility=a_facility("KSS")))
    worlds.arrested(stay, days_ago=9)
    arrest = a_document(stay)
    decided = {"kind": "administrative_detention", "number": "行2号", "issuer": OTHER}
    a_document(stay, **decided, valid_to=last)
    ways.document_ended(stay, arrest, *ways.two_officers(stay.organization))()
    return stay


def test_a_decision_served_a_month_ago_hides_from_nobody_that_nothing_holds() -> None:
    """看守所条例 第9条; the arrest was revoked, and the term was over long before."""
    stay = _arrested_with_a_second_decision(date(2026, 2, 1))
    assert leaving.grounds(stay) == ()
    assert not agree(stay)
    assert {"limit.unheld", "release.ordered"} <= unfinished(stay)
    assert Release.objects.get(custody_id=stay.pk).due_at == NOON + timedelta(hours=2)


def test_a_decision_holds_through_its_last_day_and_the_alarm_comes_on_the_day_after() -> None:
    """拘留所条例 第30条: its last day is 5 March; from midnight nothing holds, and two hours are left."""
    stay = _arrested_with_a_second_decision(date(2026, 3, 5))
    with clock.set_to(datetime(2026, 3, 5, 23, 59, tzinfo=clock.LOCAL)):
        assert opening.follow_served() == 0
        assert agree(stay)
        assert leaving.grounds(stay) == ("行2号",)
    with clock.set_to(datetime(2026, 3, 6, 0, 3, tzinfo=clock.LOCAL)):
        assert opening.follow_served() == 1
        assert opening.follow_served() == 0, "said once"
        assert not agree(stay)
        assert {"limit.unheld", "release.ordered"} <= unfinished(stay)
    midnight = datetime(2026, 3, 6, tzinfo=clock.LOCAL)
    assert Clock.objects.get(custody=stay).unheld_since == midnight
    assert Release.objects.get(custody_id=stay.pk).due_at == midnight + timedelta(hours=2)


def test_beside_a_document_that_holds_a_served_term_is_asked_about_and_nothing_is_said(
    stay: Custody,
) -> None:
    a_document(stay)
    a_document(stay, kind="administrative_detention", number="行2号", valid_to=date(2026, 2, 1))
    assert opening.follow_served() == 0
    assert agree(stay)


def test_a_document_that_is_recorded_ends_it_and_a_paper_of_the_clock_does_not(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    ways.document_ended(stay, a_document(stay), *officers, how="replaced")()
    worlds.arrested(stay, days_ago=9)
    assert not agree(stay), "what only the clock knows holds nobody"
    fact = a_document(stay, kind="arrest_warrant", number="捕2号")
    assert agree(stay)
    warning = Warning.objects.get(custody=stay, rule="UNHELD")
    assert (warning.closed_by, warning.closed_paper_id) == ("document", fact)
    assert "limit.unheld" not in unfinished(stay)
    ways.document_ended(stay, fact, *officers, paper="撤字5号")()
    assert not agree(stay), "said anew"


def test_a_period_on_no_document_stays_to_be_seen_once_a_document_holds_again(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """From when until when, and why: nothing that was so is gone from the page because it is mended."""
    client = signed_in(officers[1])
    where = [
        reverse(name, args=[stay.pk])
        for name in ("person_limits", "person_limits_print", "person", "person_print")
    ]
    ways.document_ended(stay, a_document(stay), *officers)()
    with clock.set_to(NOON + timedelta(hours=5)):
        a_document(stay, kind="arrest_warrant", number="捕2号")
    assert agree(stay)
    (gap,) = limits.unheld_before(stay.pk, files.ever(stay.pk, "basis"))
    assert (gap.since, gap.until) == (NOON, NOON + timedelta(hours=5))
    assert "Revoked by a paper" in gap.reason
    assert "捕2号" in gap.paper
    for page in where:
        shown = client.get(page).content.decode()
        words = re.sub(r"<[^>]+>\s*", "", shown).replace("\u3000", "")
        for said in ("2026-03-02 12:00", "2026-03-02 17:00", "Revoked by a paper", "捕2号"):
            assert said in words, (page, said)


def test_a_period_that_the_sweep_found_is_seen_from_when_the_document_had_ended(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    warrant = a_document(stay)
    ways.document_ended(stay, warrant, *officers)()
    as_before(stay, warrant)
    upgraded()
    with clock.set_to(NOON + timedelta(days=3)):
        timelimits.sweep()
        a_document(stay, kind="arrest_warrant", number="捕2号")
    gaps = limits.unheld_before(stay.pk, files.ever(stay.pk, "basis"))
    assert (gaps[-1].since, gaps[-1].until) == (NOON, NOON + timedelta(days=3))


def test_of_whoever_left_nothing_waits(stay: Custody, officers: tuple[Acting, Acting]) -> None:
    ways.document_ended(stay, a_document(stay), *officers)()
    case = ways.checked(ways.received(stay, ends=[]))
    ways.confirmed(case, *officers)
    assert said_open(stay) == []
    assert unfinished(stay) == set()
    assert Warning.objects.get(custody=stay, rule="UNHELD").closed_by == "release"
    assert not limits.unheld([stay.pk])


def test_a_withdrawn_case_leaves_the_alarm(stay: Custody, officers: tuple[Acting, Acting]) -> None:
    ways.document_ended(stay, a_document(stay), *officers)()
    case = Release.objects.get(custody_id=stay.pk)
    services.withdraw(case.pk, reason="撤销文书系他人的", by=an_officer(Post.LEADER))
    assert not agree(stay)
    assert "limit.unheld" in unfinished(stay)
    assert "release.ordered" not in unfinished(stay)


def test_an_order_to_let_go_moves_no_bound_later(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    earlier = ways.received(stay, received_at=NOON)
    warrant = a_document(stay)
    with clock.set_to(NOON + timedelta(hours=1)):
        ways.document_ended(stay, warrant, *officers)()
    earlier.refresh_from_db()
    assert earlier.due_at == NOON + timedelta(hours=2)
    assert "release.ordered" not in unfinished(stay)


# ---------------------------------------------------------------------- the clock's paper ends it


@pytest.mark.parametrize("paper", ["released", "bail", "residential_surveillance"])
def test_b16_a_paper_of_the_clock_that_ends_custody_is_counted_from_its_entry(
    stay: Custody, paper: str
) -> None:
    """看守所条例 第39条: the file's document still stands; the person is due out within two hours."""
    a_document(stay)
    worlds.arrested(stay, days_ago=9)
    event = {"type": paper, "at": "2026-03-02"}
    by = an_officer(Post.CASE_OFFICER)
    timelimits.record_paper(stay.pk, event, by=by, number="释字7号", authority=COUNTY)
    assert limits.clock_of(stay.pk).sign == ("late", "due out")
    case = Release.objects.get(custody_id=stay.pk, closed_at=None)
    assert case.due_at is not None
    assert case.due_at <= NOON + timedelta(hours=2)
    assert "release.ordered" in unfinished(stay)
    assert agree(stay), "no document of the file has ended by it"
    again = ways.received(stay)
    assert (again.pk, again.due_at) == (case.pk, case.due_at), "the desk goes on with the same case"


# ---------------------------------------------------------------------- in words


def signed_in(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def said(client: Client, where: str) -> str:
    """A page without the tile that counts them, which stands there always."""
    return client.get(where).content.decode().replace("or held on no document", "")


def test_the_file_the_list_the_board_and_the_paper_say_that_nothing_holds_them(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    worlds.arrested(stay, days_ago=9)
    warrant = a_document(stay)
    client = signed_in(officers[1])
    pages = {
        "person": [stay.pk], "people": [], "limits": [], "person_limits": [stay.pk],
        "person_print": [stay.pk], "person_limits_print": [stay.pk],
    }  # fmt: skip
    shown = {name: reverse(name, args=args) for name, args in pages.items()}
    # In a column of the board as few words as there is room for.
    words = dict.fromkeys(pages, "eld on no document") | {"limits": ">no document<"}
    for name, where in shown.items():
        assert words[name] not in said(client, where), name
    end = client.get(reverse("person_document_end", args=[stay.pk, warrant])).content.decode()
    assert "Nothing: it is an alarm at once" in end
    ways.document_ended(stay, warrant, *officers)()
    for name, where in shown.items():
        assert words[name] in said(client, where), name
    for name in ("person_limits", "person_limits_print"):
        page = client.get(shown[name]).content.decode()
        assert "at the latest" not in page, "no day to which they may be held is told"
    left = client.get(f"{shown['limits']}?left=none").content.decode()
    assert stay.number in left or stay.detainee.name in left


def test_of_whom_no_document_holds_no_page_paper_or_answer_tells_a_last_day(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """刑事诉讼法 第156条: two months from the arrest of 21 February, as long as a document holds them."""
    worlds.arrested(stay, days_ago=9)
    warrant = a_document(stay)
    program = a_program(Post.CASE_OFFICER, at=stay.organization)
    client = signed_in(officers[1])
    pages = {
        name: reverse(name, args=[stay.pk])
        for name in ("person", "person_limits", "person_limits_print", "limit_paper")
    }
    answers = (f"/people/{stay.pk}/limit", "/limits")

    def telling(day: str) -> set[str]:
        found = {name for name, where in pages.items() if day in client.get(where).content.decode()}
        return found | {path for path in answers if day in program.get(path).content.decode()}

    end = "2026-04-21"
    assert telling(end) == {*pages, *answers}
    ways.document_ended(stay, warrant, *officers)()
    assert telling(end) == set()
    assert program.get("/limits").json()["items"][0]["due_at"] is None
    duty_leader = signed_in(somebody(Post.DUTY_LEADER, at=stay.organization))
    tasks = duty_leader.get(reverse("duty")).content.decode()
    assert "eld on no document" in tasks
    assert "Custody ends" not in tasks


def test_of_whom_no_document_holds_neither_preview_nor_totals_nor_permit_tell_a_day(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """刑事诉讼法 第156条 to 第158条: two, three and seven months from 21 February."""
    worlds.arrested(stay, days_ago=9)
    by = an_officer(Post.CASE_OFFICER)
    permit = {"type": "permit_issued", "at": "2026-02-22", "until": "2026-04-20"}
    timelimits.record_paper(stay.pk, permit, by=by, number="提1号", authority=COUNTY)
    warrant = a_document(stay)
    client = signed_in(officers[1])
    program = a_program(Post.CASE_OFFICER, at=stay.organization)
    typed = {
        "kind": "extension", "at": "2026-03-02", "fact_months": "1", "fact_ground": "complex",
        "fact_approver": "procuratorate_next_higher", "document": "D05", "number": "延1号",
        "authority": COUNTY,
    }  # fmt: skip
    fields = {"months": 1, "ground": "complex", "approver": "procuratorate_next_higher"}
    fact = {"type": "extension", "at": "2026-03-02", "document": "D05", "fields": fields}

    def told() -> dict[str, str]:
        clock_page = client.get(reverse("person_limits", args=[stay.pk])).content.decode()
        weighed = client.post(reverse("limit_weigh", args=[stay.pk]), typed).content.decode()
        found = {"preview": weighed, "clock": clock_page}
        found["weighed"] = program.post(
            f"/people/{stay.pk}/legal-papers/weigh", fact
        ).content.decode()
        found["permit"] = program.get(f"/people/{stay.pk}/interrogation-permit").content.decode()
        return found

    days = {"preview": "2026-05-21", "weighed": "2026-05-21", "permit": "2026-04-20"}
    total = "2026-09-21"
    before = told()
    assert {name for name, day in days.items() if day in before[name]} == set(days)
    assert total in before["clock"]
    assert "2026-04-20" in before["clock"]
    ways.document_ended(stay, warrant, *officers)()
    after = told()
    assert not {name for name, day in days.items() if day in after[name]}
    assert total not in after["clock"]
    assert "2026-04-20" not in after["clock"]
    assert "Held on no document" in after["preview"]
    assert "not valid: held on no document" in after["clock"]
    assert after["clock"].count("no day is told here until a document") == 1


def test_the_head_of_the_file_names_the_documents_that_hold_now(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    first = a_document(stay)
    a_document(stay, number="邻拘2号", issuer=OTHER)
    ways.document_ended(stay, first, *officers)()
    page = signed_in(officers[1]).get(reverse("person", args=[stay.pk])).content.decode()
    head = page[page.index("<dt>Legal document</dt>") :].partition("</dd>")[0]
    assert "邻拘2号" in head
    assert "拘留证) 1" not in head


# ---------------------------------------------------------------------- and treated so


def test_whom_no_document_holds_stands_first_on_the_board_in_its_sheet_and_over_the_api(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """Nothing is graver; then who is held beyond the limit, then by the time that is left."""
    cell = stay.cell
    assert cell is not None
    near, over = (a_detainee(in_cell=cell, name=name) for name in ("赵近期", "钱逾期"))
    longest = a_detainee(in_cell=cell, name="孙无据")
    nothing = a_detainee(in_cell=cell, name="周未录")
    for one, days in ((near, 58), (over, 92), (stay, 9), (longest, 2)):
        worlds.arrested(one, days_ago=days)
    with clock.set_to(NOON + timedelta(minutes=1)):
        ways.document_ended(longest, a_document(longest), *officers)()
    with clock.set_to(NOON + timedelta(minutes=2)):
        ways.document_ended(stay, a_document(stay), *officers)()
    wanted = [longest, stay, over, near, nothing]
    client = signed_in(officers[1])
    rows = client.get(reverse("limits")).context["listing"].page.object_list
    assert [row.record.custody_id for row in rows] == [one.pk for one in wanted]
    sheet = CalamineWorkbook.from_filelike(BytesIO(client.get(reverse("limits_export")).content))
    cells = [row[0] for row in sheet.get_sheet_by_index(0).to_python()]
    places = [cells.index(one.detainee.name) for one in wanted]
    assert places == sorted(places)
    program = a_program(Post.CASE_OFFICER, at=stay.organization)
    listed, cursor = [], ""
    while len(listed) < len(wanted):
        part = program.get(f"/limits?limit=1&cursor={cursor}").json()
        listed += [one["custody_id"] for one in part["items"]]
        cursor = part["next"]
    assert listed == [str(one.pk) for one in wanted]
    assert cursor is None


def test_the_order_of_the_board_is_that_of_an_index(stay: Custody) -> None:
    place = stay.organization_id
    here = replace(scope.current(), lowest=place, highest=place)
    with scope.entered(here), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        ordered = limits.board().order_by("clock__unheld_since", "clock__due_at")
        for rows in (ordered, limits.clocks().filter(held=True).order_by("unheld_since", "due_at")):
            plan = rows.explain()
            assert "timelimits_board" in plan
            assert "Sort Key" not in plan


def test_no_permit_is_valid_for_whom_no_document_holds(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """看守所条例 第9条、第19条: the permit is for whoever is in custody."""
    worlds.arrested(stay, days_ago=9)
    permit = {"type": "permit_issued", "at": "2026-02-22", "until": "2026-04-21"}
    by = an_officer(Post.CASE_OFFICER)
    timelimits.record_paper(stay.pk, permit, by=by, number="提1号", authority=COUNTY)
    warrant = a_document(stay)
    assert permits.standing(stay.pk).valid
    ways.document_ended(stay, warrant, *officers)()
    found = permits.standing(stay.pk)
    assert not found.valid
    assert [(code, str(words)) for code, words in found.against] == [
        ("unheld", "No document of the file holds the person.")
    ]
    with pytest.raises(NotAllowed, match=r"timelimits\.permit\.unheld"):
        permits.require(stay.pk)
    with translation.override("zh-hans"):
        assert str(found.against[0][1]) == "档案中没有任何有效的羁押依据文书。"
    a_document(stay, kind="arrest_warrant", number="捕2号")
    assert permits.standing(stay.pk).valid


def test_whom_no_document_holds_counts_among_those_who_are_due_out_and_beyond(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    worlds.arrested(stay, days_ago=9)
    warrant = a_document(stay)
    place = stay.organization_id
    assert (limits.figures(place).out, limits.over_by_facility(place)) == (0, {})
    ways.document_ended(stay, warrant, *officers)()
    assert (limits.figures(place).out, limits.over_by_facility(place)) == (1, {place: 1})
    listed = limits.listed(organization=(place, place), left="out")
    assert [one.custody_id for one in listed] == [stay.pk]
    client = signed_in(officers[1])
    page = client.get(reverse("releases")).content.decode()
    assert "beyond a limit of custody" not in page, "they have a case, and stand on this list"


# ---------------------------------------------------------------------- in any order, and at once


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["record", "arrest", "revoked", "replaced", "mistaken", "paper"]),
        st.integers(0, 3),
    ),
    max_size=7,
)


@given(deeds=DEEDS)
@settings(max_examples=12)
def test_the_clock_and_the_gate_agree_after_every_deed(deeds: list[tuple[str, int]]) -> None:
    with scope.entered(SYSTEM), clock.set_to(NOON):
        facility = a_facility()
        stay, pair = a_detainee(in_cell=a_cell(facility=facility)), ways.two_officers(facility)
        standing = [a_document(stay)]
        for turn, (deed, which) in enumerate(deeds):
            if deed in ("record", "arrest"):
                kind = "arrest_warrant" if deed == "arrest" else "wanted_order"
                standing.append(a_document(stay, kind=kind, number=f"{deed}{turn}"))
            elif deed == "paper":
                if not Paper.objects.filter(custody=stay).exists():
                    worlds.arrested(stay, days_ago=which + 1)
            elif standing:
                fact = standing.pop(which % len(standing))
                ways.document_ended(stay, fact, *pair, how=deed, paper=f"撤{turn}")()
            held = agree(stay)
            assert held or not any(one.fact.kind == "wanted_order" for one in _still(stay))


def _still(stay: Custody) -> list[Any]:
    return [one for one in files.ever(stay.pk, "basis") if one.until is None]


def test_who_may_read_the_task_is_who_acts_on_it(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    ways.document_ended(stay, a_document(stay), *officers)()
    task = Task.objects.get(custody_id=stay.pk, source_kind="limit.unheld")
    where = reverse("duty_task", args=[task.pk])
    leader = somebody(Post.LEADER, at=stay.organization)
    assert signed_in(leader).get(where).status_code == 200


# ---------------------------------------------------------------------- both officers are named


def test_both_officers_of_an_act_of_two_stand_on_the_timeline_the_register_and_the_copy(
    stay: Custody, officers: tuple[Acting, Acting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What two decided is never shown as the deed of one."""
    first, second = officers
    for acting, name in ((first, "陈安平"), (second, "周行远")):
        type(acting.staff).objects.filter(pk=acting.staff.pk).update(name=name)
    ways.document_ended(stay, a_document(stay), *officers)()
    page = signed_in(second).get(reverse("person", args=[stay.pk])).content.decode()
    at = page.index("Legal document ended")
    assert "together with 周行远" in page[at : at + 2_000]
    ended = Entry.objects.filter(custody_id=stay.pk, kind="custody.document_ended")
    with translation.override("zh-hans"):
        (row,) = registers.shown(ended)
    assert "陈安平" in row.post
    assert row.post.endswith("与周行远共同办理")
    others = Entry.objects.filter(custody_id=stay.pk, kind="custody.basis_recorded")
    assert "共同" not in registers.shown(others)[0].post
    said: list[Any] = []
    issue = documents.issue

    def noted(code: str, content: Any, **rest: Any) -> Any:
        said.append(content)
        return issue(code, content, **rest)

    monkeypatch.setattr(documents, "issue", noted)
    copies.make(stay.pk, "本人申请", by=somebody(Post.LEADER, at=stay.organization))
    (line,) = [one for one in said[0].lines if one.by.endswith("与周行远共同办理")]
    assert "陈安平" in line.by
    assert said[0].basis == "已无有效的羁押依据文书（收押时：拘留证 1）"


# ---------------------------------------------------------------------- what ended before that was said


def as_before(stay: Custody, *ended: UUID) -> None:
    """A stay as the version before left it: how its documents ended stood nowhere, and nothing was said."""
    FactRow.objects.filter(pk__in=ended).update(ended_how="")
    Clock.objects.filter(pk=stay.pk).update(unheld_since=None)
    said = {"limit.unheld", "release.ordered"}
    duty.settle(stay.pk, said, "旧版本", by=an_officer(Post.DUTY_LEADER))
    Release.objects.filter(custody_id=stay.pk).delete()
    Warning.objects.filter(custody=stay).update(closed_at=clock.now(), closed_by="release")


def upgraded() -> tuple[int, int]:
    """What the upgrade does to them; of how many documents and clocks."""
    documents = import_module("custos.foundation.custody.migrations.0010_how_documents_ended")
    clocks = import_module("custos.management.timelimits.migrations.0008_asked_who_is_held")
    counts = []
    with connection.cursor() as cursor:
        for statement in (documents.SAID_BY_ENTRIES, clocks.LOOK_NOW):
            cursor.execute(statement)
            counts.append(cursor.rowcount)
    return counts[0], counts[1]


def test_whoever_nothing_held_before_that_was_said_is_told_by_the_first_sweep(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    worlds.arrested(stay, days_ago=9)
    warrant = a_document(stay)
    ways.document_ended(stay, warrant, *officers)()
    as_before(stay, warrant)
    with clock.set_to(NOON + timedelta(days=3)):
        timelimits.sweep()
        assert not said_open(stay)
        assert upgraded() == (1, 1)
        assert timelimits.sweep() == 1
        assert not agree(stay)
        assert limits.clock_of(stay.pk).unheld_since == NOON
        assert {"limit.unheld", "release.ordered"} <= unfinished(stay)
        case = Release.objects.get(custody_id=stay.pk, closed_at=None)
        assert (case.way, case.received_at) == ("RELEASE", NOON), "counted from the paper"
        assert case.due_at == NOON + timedelta(hours=2)
        opening.sweep()
        assert "release.late" in unfinished(stay)
        assert timelimits.sweep() == 0


def test_whose_document_was_never_theirs_before_the_upgrade_has_the_alarm_and_no_order(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    warrant = a_document(stay)
    ways.document_ended(stay, warrant, *officers, how="mistaken")()
    as_before(stay, warrant)
    assert upgraded() == (1, 1)
    timelimits.sweep()
    assert unfinished(stay) == {"limit.unheld"}
    assert not Release.objects.filter(custody_id=stay.pk).exists()


def test_a_detention_whose_arrest_was_revoked_before_that_was_kept_is_no_ground_again(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    """刑事诉讼法 第93条."""
    a_document(stay)
    arrest = a_document(stay, kind="arrest_warrant", number="捕2号")
    ways.document_ended(stay, arrest, *officers)()
    as_before(stay, arrest)
    assert leaving.grounds(stay)
    assert upgraded() == (1, 1)
    assert FactRow.objects.get(pk=arrest).ended_how == "revoked"
    assert timelimits.sweep() == 1
    assert not agree(stay)


def test_an_upgrade_says_nothing_of_whom_a_document_holds(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    corrected = a_document(stay, number="l")
    becomes = facts.Basis(kind="detention_warrant", number="1", issuer=COUNTY, seal=True)
    by = an_officer(Post.INTERROGATION)
    ending.correct(stay.pk, corrected, becomes, reason="数字一误为字母", by=by)
    mistaken = a_document(stay, kind="arrest_warrant", number="捕2号")
    ways.document_ended(stay, mistaken, *officers, how="mistaken")()
    as_before(stay, mistaken)
    other = a_detainee(in_cell=a_cell(facility=a_facility()), name="李大山")
    a_document(other)
    untouched = Clock.objects.get(pk=other.pk).next_at
    assert upgraded() == (1, 1)
    kept = FactRow.objects.filter(custody=stay).values_list("ended_how", flat=True)
    assert sorted(kept) == ["", "", "mistaken"]
    assert timelimits.sweep() == 1
    assert agree(stay)
    assert Clock.objects.get(pk=other.pk).next_at == untouched
