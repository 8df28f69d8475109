"""Pages and operations of leaving: what they show, what they ask, and how many queries that takes."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Confirmation
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.management.reception.models import Release
from custos.management.reception.release import queries
from tests import leaving
from tests.factories import a_detainee, somebody

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"
PAPER = {
    "way": "RELEASE", "number": "释字1号", "issuer": "某县公安局", "name": "王小川", "ends": "1\n",
    "received_at": "2026-03-02T10:00", "seal": "on", "matches_": "on",
}  # fmt: skip


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def read(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def count_of(ask: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        ask()
    return len(seen.captured_queries)


def test_the_list_and_the_gate_take_as_many_queries_for_one_as_for_many(
    facility: Organization, cell: Cell, stay: Custody
) -> None:
    case = leaving.checked(leaving.received(stay))
    first = count_of(lambda: queries.page(facility.pk, "1"))
    gate = count_of(lambda: queries.gate(case.pk, Post.ADMISSION))
    for name in ("李四", "赵一", "钱二"):
        leaving.received(a_detainee(in_cell=cell, name=name))
    assert count_of(lambda: queries.page(facility.pk, "1")) == first <= 4
    assert gate <= 12


def test_from_the_file_the_desk_comes_to_the_form_and_then_to_the_case(
    facility: Organization, stay: Custody
) -> None:
    desk = client_of(somebody(Post.ADMISSION, at=facility))
    where = f"/people/{stay.pk}/leaving/"
    assert where in read(desk, f"/people/{stay.pk}/")
    assert desk.get(where).headers["Location"] == f"/people/{stay.pk}/release/"
    case = leaving.received(stay)
    assert desk.get(where).headers["Location"] == f"/releases/{case.pk}/"
    other = client_of(somebody(Post.CASE_OFFICER, at=facility))
    assert "Release before a judgment" in read(other, f"/releases/{case.pk}/")


def test_what_was_typed_is_kept_where_it_is_refused(facility: Organization, stay: Custody) -> None:
    desk = client_of(somebody(Post.ADMISSION, at=facility))
    url = f"/people/{stay.pk}/release/"
    answer = desk.post(url, PAPER)
    assert answer.status_code == 422
    assert "before the admission" in answer.content.decode()
    assert 'value="释字1号"' in answer.content.decode()
    assert desk.post(url, PAPER | {"issuer": ""}).status_code == 422
    assert not Release.objects.exists()


def test_a_planned_day_is_a_case_without_a_document(facility: Organization, stay: Custody) -> None:
    desk = client_of(somebody(Post.ADMISSION, at=facility))
    said = {"plan-way": "TRANSFER", "plan-planned_on": "2199-01-01"}
    answer = desk.post(f"/people/{stay.pk}/release/", said)
    case = Release.objects.get(custody_id=stay.pk)
    assert answer.headers["Location"] == f"/releases/{case.pk}/"
    assert "The document on which the person leaves has not been received" in read(
        desk, f"/releases/{case.pk}/"
    )
    assert "王小川" in read(desk, "/releases/")
    assert "王小川" not in read(desk, "/releases/?show=late")


def test_nobody_is_asked_to_confirm_what_is_forbidden(
    facility: Organization, stay: Custody
) -> None:
    case = leaving.received(stay)
    leader = somebody(Post.LEADER, at=facility, password=MINE)
    second = somebody(Post.DUTY_LEADER, at=facility, password=THEIRS)
    both = {
        "reason": "随后寄送", "own_password": MINE, "second_name": second.user.username,
        "second_password": THEIRS,
    }  # fmt: skip
    answer = client_of(leader).post(f"/releases/{case.pk}/", both)
    assert answer.status_code == 422
    assert "Nobody has looked for other warrants" in answer.content.decode()
    stay.refresh_from_db()
    assert stay.ended_at is None
    leaving.checked(case)
    wrong = client_of(leader).post(f"/releases/{case.pk}/", both | {"second_password": "x"})
    assert wrong.status_code == 422
    stay.refresh_from_db()
    assert stay.ended_at is None
    assert client_of(leader).post(f"/releases/{case.pk}/", both).status_code == 302
    stay.refresh_from_db()
    assert stay.ended_at is not None
    entry = Entry.objects.get(custody_id=stay.pk, kind="custody.released")
    assert entry.second_ref == str(second.staff.pk)
    page = read(client_of(leader), f"/releases/{case.pk}/")
    assert "Certificate of release" in page
    signed = page[page.index('id="signed-title"') :].partition("</section>")[0]
    assert signed.count("Zhao Min") == 2
    assert "Property returned or handed on, signed" in signed
    assert "随后寄送" in signed


def test_a_warrant_that_was_ended_in_the_file_is_looked_for_again_and_told_to_who_confirms(
    facility: Organization, stay: Custody
) -> None:
    other = facts.Basis(kind="wanted_order", number="通缉令71号", issuer="邻市公安局")
    officer, deputy = leaving.two_officers(facility)
    warrant = people.record_fact(stay.pk, other, by=officer.actor)
    case = leaving.checked(leaving.received(stay))
    leader = somebody(Post.LEADER, at=facility, password=MINE)
    second = somebody(Post.DUTY_LEADER, at=facility, password=THEIRS)
    asked = {"reason": "随后寄送", "own_password": MINE}
    leaving.document_ended(stay, warrant, officer, deputy, reason="邻市来函撤销")()
    refused = client_of(leader).post(f"/releases/{case.pk}/", asked)
    assert refused.status_code == 422
    assert "Nobody has looked for other warrants" in refused.content.decode()
    leaving.checked(case)
    assert client_of(leader).post(f"/releases/{case.pk}/", asked).status_code == 302
    waiting = Confirmation.objects.get(act="custody.release")
    page = read(client_of(second), f"/confirmations/{waiting.pk}/")
    for said in (
        "Ended or corrected in the file",
        "通缉令71号",
        "撤字3号 邻县公安局 · 邻市来函撤销",
    ):
        assert said in page
    assert "Zhao Min、Zhao Min" in page


def test_steps_are_recorded_by_whose_they_are_and_refusals_are_said(
    facility: Organization, stay: Custody
) -> None:
    case = leaving.received(stay)
    doctor = client_of(somebody(Post.MEDICAL, StaffKind.CLINICIAN, at=facility))
    url = f"/releases/{case.pk}/do/"

    def told(step: str, **said: str) -> str:
        return doctor.post(f"{url}{step}/", said, follow=True).content.decode()

    assert "The entry is on the record." in told("ready", item="medicine", words="三日用药")
    assert "三日用药" in read(doctor, f"/releases/{case.pk}/")
    assert "for Admission and release" in read(doctor, f"/releases/{case.pk}/")
    assert "Only these posts may do this" in told("search", words="无")
    assert "nothing like that" in told("pardon")
    assert doctor.get(f"{url}ready/").headers["Location"] == f"/releases/{case.pk}/"


def test_a_late_release_without_a_reason_is_named_as_such_and_then_with_the_leader(
    facility: Organization, stay: Custody
) -> None:
    case = leaving.received(stay)
    Release.objects.filter(pk=case.pk).update(due_at=stay.admitted_at)
    leader = client_of(somebody(Post.LEADER, at=facility))
    assert "no leader has said why" in read(leader, "/releases/?show=late")
    leader.post(f"/releases/{case.pk}/do/delay/", {"reason": "等待更正姓名"})
    page = read(leader, "/releases/?show=late")
    assert "等待更正姓名 · Zhao Min" in page
    assert "no leader has said why" not in page
