"""A paper of the clock ends custody: who is freed by it, who goes another way, whom another holds."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from custos.foundation import clock
from custos.foundation.custody import leaving
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception.models import Release
from custos.management.reception.release import opening, services
from custos.management.reception.tests.grounds import COUNTY, OTHER, a_document, unfinished
from custos.management.timelimits import permits
from custos.management.timelimits import queries as limits
from custos.management.timelimits import services as timelimits
from custos.management.timelimits.models import Clock, Warning
from custos.management.timelimits.tests import worlds
from tests import leaving as ways
from tests.factories import SYSTEM, an_officer
from tests.programs import a_program

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM), clock.set_to(NOON), translation.override("en"):
        yield


def entered(stay: Custody, event: dict[str, Any], *, authority: str = COUNTY) -> None:
    by = an_officer(Post.CASE_OFFICER)
    timelimits.record_paper(stay.pk, event, by=by, number=event["type"], authority=authority)


def convicted(stay: Custody) -> None:
    """Two years from November 2025, with the execution notice received in February 2026."""
    a_document(stay)
    years: dict[str, Any] = {"kind": "fixed_term", "from": "2025-11-20", "years": 2}
    entered(stay, {"type": "judgment_effective", "at": "2026-02-20"})
    entered(stay, {"type": "sentence", "at": "2026-02-20"} | years)
    entered(stay, {"type": "execution_notice_received", "at": "2026-02-25"})


DELIVERED = {"type": "delivered", "at": "2026-03-02"}
PAROLE = {"type": "parole", "at": "2026-03-02", "approver": "court_intermediate"}
OUTSIDE = {"type": "outside_service", "at": "2026-03-02", "ground": "serious_illness"}
ESCAPED = {"type": "escaped", "at": "2026-03-02"}


@pytest.mark.parametrize(
    ("event", "way", "due_on"),
    [
        (DELIVERED, "PRISON", date(2026, 4, 2)),
        (PAROLE, "COMMUNITY", date(2026, 3, 12)),
        (OUTSIDE, "COMMUNITY", date(2026, 3, 12)),
    ],
)
def test_b16_a_convict_who_is_handed_over_goes_that_way_and_is_not_ordered_free(
    stay: Custody, event: dict[str, Any], way: str, due_on: date
) -> None:
    """刑事诉讼法 第264条, one month; 最高人民法院关于适用刑事诉讼法的解释 第515条, ten days."""
    convicted(stay)
    entered(stay, event)
    assert limits.clock_of(stay.pk).standing == "ended"
    case = Release.objects.get(custody_id=stay.pk)
    assert (case.way, case.planned_on) == (way, date(2026, 3, 2))
    assert case.due_at is not None
    assert clock.day_of(case.due_at - timedelta(seconds=1)) == due_on
    with clock.set_to(NOON + timedelta(hours=3)):
        timelimits.sweep()
        opening.sweep()
    assert Entry.objects.filter(custody_id=stay.pk, kind="limit.out_and_here").exists()
    assert not {"release.ordered", "release.late"} & unfinished(stay)
    assert Release.objects.get(custody_id=stay.pk).way == way


def test_b16_whoever_escaped_is_not_here_and_has_no_case_of_leaving(stay: Custody) -> None:
    """人民检察院刑事诉讼规则 第662条: the alarm and the pursuit, and the stay goes on."""
    convicted(stay)
    entered(stay, ESCAPED)
    assert limits.clock_of(stay.pk).standing == "escaped"
    with clock.set_to(NOON + timedelta(hours=3)):
        timelimits.sweep()
        opening.sweep()
    assert not Release.objects.filter(custody_id=stay.pk).exists()
    assert "release.ordered" not in unfinished(stay)


def test_whoever_escaped_before_the_last_document_was_revoked_is_not_ordered_free(
    stay: Custody,
) -> None:
    document = a_document(stay)
    worlds.arrested(stay, days_ago=9)
    entered(stay, ESCAPED)
    ways.document_ended(stay, document, *ways.two_officers(stay.organization))()
    assert "limit.unheld" in unfinished(stay)
    assert not Release.objects.filter(custody_id=stay.pk).exists()


def _on_lists(stay: Custody) -> set[str]:
    """The lists of people to let go on which somebody stands, and the figures that count them."""
    now, place = clock.now(), stay.organization_id
    figures = limits.figures(place)
    return {
        name
        for name, found in {
            "out": limits.clocks().filter(limits.narrowed("out", now)).exists(),
            "figure": figures.out > 0,
            "over": figures.over > 0,
            "pressing": bool(limits.pressing(place, now + timedelta(days=7))),
            "facilities": bool(limits.over_by_facility(place)),
        }.items()
        if found
    }


@pytest.mark.parametrize("unheld", [False, True])
def test_whoever_escaped_stands_on_no_list_of_people_to_let_go(stay: Custody, unheld: bool) -> None:
    document = a_document(stay)
    worlds.arrested(stay, days_ago=9)
    entered(stay, ESCAPED)
    if unheld:
        ways.document_ended(stay, document, *ways.two_officers(stay.organization))()
    assert _on_lists(stay) == set()
    with clock.set_to(NOON + timedelta(hours=3)):
        timelimits.sweep()
        assert _on_lists(stay) == set()
    shown = limits.clock_of(stay.pk)
    assert (shown.standing, str(shown.sign[1])) == ("escaped", "escaped")
    assert not permits.standing(stay.pk).valid
    entered(stay, {"type": "recaptured", "at": "2026-03-02"})
    assert limits.clock_of(stay.pk).standing == "running"
    back = {"out", "figure", "pressing", "facilities"}
    assert _on_lists(stay) == (back if unheld else set()), "here again"


def test_whoever_escaped_from_service_outside_is_not_due_out_and_still_here(stay: Custody) -> None:
    convicted(stay)
    entered(stay, OUTSIDE)
    assert "out" in _on_lists(stay)
    with clock.set_to(NOON + timedelta(minutes=1)):
        entered(stay, ESCAPED)
    assert _on_lists(stay) == set()
    with clock.set_to(NOON + timedelta(hours=3)):
        timelimits.sweep()
    assert not Warning.objects.filter(custody_id=stay.pk, rule="OUT", closed_at=None).exists()


def test_the_upgrade_computes_anew_who_escaped_before_it(stay: Custody) -> None:
    worlds.arrested(stay, days_ago=9)
    entered(stay, ESCAPED)
    Clock.objects.filter(pk=stay.pk).update(standing="ended", next_at=None)
    upgrade = import_module("custos.management.timelimits.migrations.0011_whoever_escaped")
    with connection.cursor() as cursor:
        cursor.execute(upgrade.LOOK_NOW)
    timelimits.sweep(datetime.now(UTC) + timedelta(minutes=1))
    assert limits.clock_of(stay.pk).standing == "escaped"


RELEASED = {"type": "released", "at": "2026-03-02"}


@pytest.mark.parametrize("authority", [COUNTY, OTHER])
def test_b16_a_release_in_one_case_orders_nobody_free_whom_another_warrant_holds(
    stay: Custody, authority: str
) -> None:
    """看守所条例 第39条; process.md B.16: the document has to cover all holds."""
    a_document(stay)
    other = a_document(stay, number="邻拘2号", issuer=OTHER)
    worlds.arrested(stay, days_ago=9)
    entered(stay, RELEASED, authority=authority)
    assert len(leaving.grounds(stay)) == 2
    with clock.set_to(NOON + timedelta(hours=3)):
        timelimits.sweep()
        assert not Release.objects.filter(custody_id=stay.pk).exists()
        assert "release.ordered" not in unfinished(stay)
        if authority == OTHER:
            return
        ended = ways.document_ended(
            stay, other, *ways.two_officers(stay.organization), how="mistaken"
        )
        ended()
        assert "release.ordered" in unfinished(stay), "now nothing holds them but what was ended"


def test_a_release_in_a_case_that_is_gone_orders_nobody_free_whom_another_warrant_holds(
    stay: Custody,
) -> None:
    first = a_document(stay)
    a_document(stay, number="邻拘2号", issuer=OTHER)
    worlds.arrested(stay, days_ago=9)
    ways.document_ended(stay, first, *ways.two_officers(stay.organization))()
    entered(stay, RELEASED)
    assert leaving.grounds(stay) == ("邻拘2号",)
    assert not Release.objects.filter(custody_id=stay.pk).exists()


def test_a_release_by_the_court_frees_from_the_warrant_of_the_police_in_that_case(
    stay: Custody,
) -> None:
    """The court has the case by then: the warrant on which they are held bears the seal of the police."""
    a_document(stay)
    a_document(stay, kind="arrest_warrant", number="捕2号")
    worlds.arrested(stay, days_ago=9)
    entered(stay, RELEASED, authority="某县人民法院")
    assert leaving.grounds(stay) == ("捕2号",)
    assert "release.ordered" in unfinished(stay)


def test_a_document_of_release_that_was_received_stands_on_the_clock_until_it_is_withdrawn(
    stay: Custody,
) -> None:
    """The clock of a limit that still runs says that the person leaves, since when, and by when."""
    worlds.arrested(stay, days_ago=9)
    before = limits.clock_of(stay.pk)
    assert str(before.sign[1]) == "runs"
    case = ways.received(stay)
    assert case.due_at is not None
    shown = limits.clock_of(stay.pk)
    assert (shown.leaves_since, shown.leaves_by) == (case.received_at, case.due_at)
    assert (shown.sign[0], str(shown.sign[1])) == ("waiting", "to leave, document received")
    assert shown.due_at == before.due_at, "what the papers of the clock come to stays"
    with clock.set_to(case.due_at):
        late = limits.clock_of(stay.pk)
        assert (late.sign[0], str(late.sign[1])) == ("late", "should have left")
        assert limits.figures(stay.organization_id).out == 1
    services.withdraw(case.pk, reason="文书系同名他人", by=an_officer(Post.LEADER))
    assert limits.clock_of(stay.pk).leaves_since is None
    assert str(limits.clock_of(stay.pk).sign[1]) == "runs"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_clock_names_the_warrant_that_still_holds_when_another_basis_ended(
    stay: Custody, language: str
) -> None:
    """看守所条例 第39条; whom a second warrant holds isn't told to leave, and reads on which they stay."""
    first = a_document(stay)
    a_document(stay, kind="arrest_warrant", number="邻捕2号", issuer=OTHER)
    worlds.arrested(stay, days_ago=9)
    officers = ways.two_officers(stay.organization)
    client = Client(headers={"accept-language": language})
    client.force_login(officers[1].user, backend="django.contrib.auth.backends.ModelBackend")
    pages = [reverse(name, args=[stay.pk]) for name in ("person_limits", "person_limits_print")]
    program = a_program(Post.CASE_OFFICER, at=stay.organization)
    warrant = {"en": "Arrest warrant 邻捕2号", "zh-hans": "逮捕证 邻捕2号"}[language]
    leaves = {"en": "The person leaves now", "zh-hans": "应当立即出所"}[language]

    def told() -> list[tuple[bool, bool]]:
        # On paper a sentence goes on in the next line, which is a paragraph of its own.
        shown = [re.sub(r"<[^>]+>\s*", "", client.get(page).content.decode()) for page in pages]
        return [(warrant in page, leaves in page) for page in shown]

    assert told() == [(True, False)] * 2
    entered(stay, RELEASED)
    assert told() == [(True, False)] * 2
    ways.document_ended(stay, first, *officers)()
    assert told() == [(True, False)] * 2
    held_on = program.get(f"/people/{stay.pk}/limit").json()["held_on"]
    assert [one.split()[-1] for one in held_on] == ["邻捕2号"]
