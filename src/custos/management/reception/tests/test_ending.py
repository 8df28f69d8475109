"""A document that holds somebody ends by its paper and two officers; what was typed wrong is put right."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Confirmation
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import ending, facts, queries, services
from custos.foundation.custody.people.models import FactRow
from custos.foundation.errors import CustosError
from custos.foundation.organizations.models import Organization
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from tests import leaving
from tests.factories import a_cell, a_detainee, an_officer, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"
WANTED = facts.Basis(
    kind="wanted_order",
    number="通缉令71号",
    issuer="邻市公安局",
    issued_on=date(2026, 2, 20),
    seal=True,
    matches=True,
)


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with clock.set_to(datetime(2026, 3, 2, 4, tzinfo=UTC)):
        yield


def refused(deed: Callable[[], object]) -> list[str]:
    with pytest.raises(CustosError) as refusal:
        deed()
    return [one.code for one in refusal.value.findings]


@pytest.fixture
def warrant(stay: Custody) -> UUID:
    return services.record_fact(stay.pk, WANTED, by=an_officer(Post.INTERROGATION))


@pytest.fixture
def officers(stay: Custody) -> tuple[Acting, Acting]:
    return leaving.two_officers(stay.organization)


def holds(stay: Custody) -> list[str]:
    return [one.fact.number for one in queries.ever(stay.pk, "basis") if one.until is None]


def test_it_ends_by_the_paper_and_two_officers_who_stand_on_the_record(
    stay: Custody, warrant: UUID, officers: tuple[Acting, Acting]
) -> None:
    leaving.document_ended(stay, warrant, *officers)()
    assert holds(stay) == []
    entry = Entry.objects.get(kind="custody.document_ended", custody_id=stay.pk)
    assert (entry.by_ref, entry.second_ref) == tuple(str(one.staff.pk) for one in officers)
    again = lambda: leaving.document_ended(stay, warrant, *officers)  # noqa: E731
    assert refused(again) == ["fact.ended"]


@pytest.mark.parametrize(
    ("lacks", "code"),
    [
        ({"paper": " "}, "fact.no_paper"),
        ({"issuer": ""}, "fact.no_paper"),
        ({"on": None}, "fact.no_paper"),
        ({"reason": " "}, "fact.reason"),
        ({"how": "word of mouth"}, "fact.how"),
        ({"paper": "通缉令 71号"}, "fact.paper_itself"),
        ({"on": date(2026, 3, 3)}, "fact.paper_future"),
        ({"on": date(2026, 2, 19)}, "fact.paper_before"),
    ],
)
def test_nobody_is_asked_to_confirm_an_end_without_its_paper(
    stay: Custody,
    warrant: UUID,
    officers: tuple[Acting, Acting],
    lacks: dict[str, Any],
    code: str,
) -> None:
    ask = lambda: leaving.document_ended(stay, warrant, *officers, **lacks)  # noqa: E731
    assert code in refused(ask)
    assert not Confirmation.objects.exists()
    assert holds(stay) == ["通缉令71号"]


def test_one_that_was_never_theirs_needs_no_paper_and_still_two_officers(
    stay: Custody, warrant: UUID, officers: tuple[Acting, Acting]
) -> None:
    no_paper: dict[str, Any] = {"how": "mistaken", "paper": "", "issuer": "", "on": None}
    reason = "同名同姓，经与邻市公安局核对系他人"
    leaving.document_ended(stay, warrant, *officers, **no_paper, reason=reason)()
    assert holds(stay) == []


def test_a_second_officer_who_leads_confirms_and_nobody_alone(
    stay: Custody, warrant: UUID, officers: tuple[Acting, Acting]
) -> None:
    desk, leader = officers
    colleague = somebody(Post.ADMISSION, at=stay.organization)
    auxiliary = somebody(Post.ADMISSION, StaffKind.AUXILIARY, at=stay.organization)
    for first, second, code in (
        (desk, desk, "confirmation.same_person"),
        (desk, colleague, "confirmation.post"),
        (auxiliary, leader, "writer.police_only"),
    ):
        ask = lambda f=first, s=second: leaving.document_ended(stay, warrant, f, s)  # noqa: E731
        assert refused(ask) == [code]
    by = desk.actor
    assert refused(lambda: services.end_fact(stay.pk, warrant, reason="问过", by=by)) == [
        "fact.holds"
    ]
    assert holds(stay) == ["通缉令71号"]


def test_what_was_confirmed_is_what_is_done(
    stay: Custody, warrant: UUID, officers: tuple[Acting, Acting]
) -> None:
    leaving.document_ended(stay, warrant, *officers)
    asked = Confirmation.objects.get()
    other = asked.content | {"paper": "撤字4号"}
    do = lambda: ending.end_document(asked.pk, other, by=officers[0])  # noqa: E731
    assert refused(do) == ["confirmation.changed"]


def test_a_paper_that_holds_nobody_is_ended_by_one(
    stay: Custody, officers: tuple[Acting, Acting]
) -> None:
    request = WANTED.model_copy(update={"kind": "arrest_request", "number": "提捕1号"})
    by = an_officer(Post.INTERROGATION)
    paper = services.record_fact(stay.pk, request, by=by)
    assert refused(lambda: leaving.document_ended(stay, paper, *officers)) == ["fact.holds_nobody"]
    services.end_fact(stay.pk, paper, reason="录入有误", by=by)
    assert holds(stay) == []


def test_a_document_of_another_stay_is_not_there(
    stay: Custody, warrant: UUID, officers: tuple[Acting, Acting]
) -> None:
    other = a_detainee(in_cell=a_cell(facility=stay.organization), name="李另人")
    assert refused(lambda: leaving.document_ended(other, warrant, *officers)) == ["fact.no_such"]


# ---------------------------------------------------------------------- put right


def test_a_wrong_number_is_put_right_by_one_with_a_reason_and_holds_as_before(
    stay: Custody, warrant: UUID
) -> None:
    by = an_officer(Post.INTERROGATION)
    right = WANTED.model_copy(update={"number": "通缉令77号"})
    assert refused(lambda: ending.correct(stay.pk, warrant, right, reason=" ", by=by)) == [
        "fact.reason"
    ]
    ending.correct(stay.pk, warrant, right, reason="文号录错一字", by=by)
    assert holds(stay) == ["通缉令77号"]
    kinds = set(Entry.objects.filter(custody_id=stay.pk).values_list("kind", flat=True))
    assert {"custody.document_corrected", "custody.basis_recorded"} <= kinds
    assert FactRow.objects.filter(sort="basis").count() == 2
    assert refused(lambda: ending.correct(stay.pk, warrant, WANTED, reason="x", by=by)) == [
        "fact.ended"
    ]


@pytest.mark.parametrize(
    ("becomes", "code"),
    [
        ({}, "fact.known"),
        ({"kind": "judgment"}, "fact.other_kind"),
        ({"kind": "arrest_request"}, "fact.other_kind"),
        ({"valid_to": date(2026, 3, 30)}, "fact.earlier_day"),
    ],
)
def test_a_correction_never_lets_somebody_be_held_by_less(
    stay: Custody, becomes: dict[str, Any], code: str
) -> None:
    by = an_officer(Post.INTERROGATION)
    term = WANTED.model_copy(update={"valid_to": date(2026, 3, 31)})
    paper = services.record_fact(stay.pk, term, by=by)
    said = term.model_copy(update=becomes)
    assert refused(lambda: ending.correct(stay.pk, paper, said, reason="录错", by=by)) == [code]
    assert holds(stay) == ["通缉令71号"]


def test_a_last_day_may_be_put_later(stay: Custody) -> None:
    by = an_officer(Post.INTERROGATION)
    until = WANTED.model_copy(update={"valid_to": date(2026, 3, 10)})
    paper = services.record_fact(stay.pk, until, by=by)
    later = WANTED.model_copy(update={"valid_to": date(2026, 3, 11)})
    ending.correct(stay.pk, paper, later, reason="最后一日录早一天", by=by)
    (held,) = [one for one in queries.ever(stay.pk, "basis") if one.until is None]
    assert held.fact.valid_to == date(2026, 3, 11)
    (line,) = [one for one in record.timeline(detainee=stay.detainee_id) if "corrected" in one.kind]
    assert "2026-03-10" in line.text
    assert "2026-03-11" in line.text


def test_no_last_day_is_taken_away_and_set_anew_by_one(stay: Custody) -> None:
    by = an_officer(Post.INTERROGATION)
    until = WANTED.model_copy(update={"valid_to": date(2026, 3, 10)})
    paper = services.record_fact(stay.pk, until, by=by)
    open_ended = ending.correct(stay.pk, paper, WANTED, reason="最后一日录错", by=by)
    for day in (date(2026, 3, 1), date(2026, 3, 11)):
        anew = WANTED.model_copy(update={"valid_to": day})
        deed = partial(ending.correct, stay.pk, open_ended, anew, reason="补录最后一日", by=by)
        assert refused(deed) == ["fact.earlier_day"]


def test_no_document_takes_the_number_of_another_by_one(stay: Custody, warrant: UUID) -> None:
    by = an_officer(Post.INTERROGATION)
    other = WANTED.model_copy(update={"number": "通缉令72号"})
    services.record_fact(stay.pk, other, by=by)
    same = WANTED.model_copy(update={"number": "通缉令 72 号"})
    deed = partial(ending.correct, stay.pk, warrant, same, reason="文号录错", by=by)
    assert refused(deed) == ["fact.number_taken"]


# ---------------------------------------------------------------------- the pages


def signed_in(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_file_leads_to_the_decision_of_two_and_the_page_carries_it_out(
    stay: Custody, warrant: UUID
) -> None:
    facility: Organization = stay.organization
    desk = somebody(Post.ADMISSION, at=facility, password=MINE)
    leader = somebody(Post.DUTY_LEADER, at=facility, password=THEIRS)
    client, where = signed_in(desk), reverse("person_document_end", args=[stay.pk, warrant])
    assert where in client.get(reverse("person", args=[stay.pk])).content.decode()
    said = {
        "how": "revoked", "paper": "撤字3号", "issuer": "邻市公安局", "on": "2026-03-01",
        "reason": "邻市公安局撤销通缉", "own_password": MINE,
    }  # fmt: skip
    without = client.post(where, said | {"paper": ""})
    assert without.status_code == 422
    assert "ends by a paper" in without.content.decode()
    assert "邻市公安局撤销通缉" in without.content.decode(), "what was typed is kept"
    assert client.post(where, said).status_code == 302
    waiting = Confirmation.objects.get()
    page = signed_in(leader).get(f"/confirmations/{waiting.pk}/").content.decode()
    for words in ("通缉令71号", "撤字3号", "邻市公安局", "2026-03-01", "Revoked by a paper"):
        assert words in page
    both = said | {"second_name": leader.user.get_username(), "second_password": THEIRS}
    done = client.post(where, both, follow=True).content.decode()
    assert "Legal document ended" in done
    assert "撤字3号 邻市公安局 2026-03-01" in done
    assert client.get(where).status_code == 404


def test_the_page_of_a_correction_shows_what_is_held_and_takes_what_is_right(
    stay: Custody, warrant: UUID
) -> None:
    client = signed_in(somebody(Post.ADMISSION, at=stay.organization))
    where = reverse("person_document_correct", args=[stay.pk, warrant])
    shown = client.get(where).content.decode()
    assert 'value="通缉令71号"' in shown
    assert 'value="2026-02-20"' in shown
    said = {
        "kind": "wanted_order", "number": "通缉令77号", "issuer": "邻市公安局",
        "issued_on": "2026-02-20", "seal": "on", "matches_": "on", "reason": "文号录错一字",
    }  # fmt: skip
    assert client.post(where, said | {"reason": ""}).status_code == 422
    refusal = client.post(where, said | {"kind": "judgment"})
    assert "no correction of this one" in refusal.content.decode()
    done = client.post(where, said, follow=True).content.decode()
    assert "is now" in done
    assert "通缉令77号" in done
    assert client.get(where).status_code == 404


def test_an_instant_is_shown_by_the_local_clock_and_stands_as_it_was(stay: Custody) -> None:
    by = an_officer(Post.INTERROGATION)
    executed = clock.now() - timedelta(hours=2)
    paper = services.record_fact(
        stay.pk, WANTED.model_copy(update={"executed_at": executed}), by=by
    )
    client = signed_in(somebody(Post.ADMISSION, at=stay.organization))
    shown = client.get(reverse("person_document_correct", args=[stay.pk, paper])).content.decode()
    assert executed.astimezone(clock.LOCAL).strftime("%H:%M") in shown
