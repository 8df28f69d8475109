"""SL2025 136: a past stay that law seals is in no answer; on a lawful request two officers see it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from custos.config.api import operations
from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.place_models import Absence
from custos.foundation.documents import services as documents
from custos.foundation.documents.models import Issued
from custos.foundation.documents.tests import samples
from custos.foundation.errors import Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception import registers, unsealing
from custos.management.reception.release import queries as release
from tests import leaving
from tests.factories import a_cell, a_detainee, a_facility, an_officer, somebody
from tests.programs import a_program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

BASIS, DECISION = "行政拘留决定书", "行罚决〔2026〕7号"
REQUEST = {"authority": "某县公安局", "document": "协查函〔2026〕3号", "purpose": "case"}
MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"


@pytest.fixture
def facility() -> Organization:
    return a_facility("JLS")


@pytest.fixture
def first(cell: Cell) -> Custody:
    """The person's first stay, which isn't of the sort that law seals."""
    stay = a_detainee(in_cell=cell, name="王小川")
    over(stay, "拘留证", days=9)
    return stay


@pytest.fixture
def sealed(cell: Cell, first: Custody) -> Custody:
    """A later one, of administrative detention, that ended two days ago; with a paper issued in it."""
    stay = a_detainee(in_cell=cell, name="王小川")
    documents.issue(
        "D14-1", samples.ADMISSION, about=stay.record_subject(), facility=cell.organization,
        by=an_officer(Post.ADMISSION), printed_by="x",
    )  # fmt: skip
    over(stay, BASIS, days=2)
    return stay


@pytest.fixture
def now(cell: Cell, sealed: Custody, first: Custody) -> Custody:
    """The person is in custody again; officers found the three records to be of one person."""
    stay = a_detainee(in_cell=cell, name="王小川")
    Detainee.objects.filter(pk__in=[sealed.detainee_id, first.detainee_id]).update(
        merged_into=stay.detainee_id
    )
    return stay


def over(stay: Custody, basis: str, *, days: int) -> None:
    ended = clock.now() - timedelta(days=days)
    Custody.objects.filter(pk=stay.pk).update(
        admitted_at=ended - timedelta(days=5),
        ended_at=ended,
        cell=None,
        basis=basis,
        basis_number=DECISION if basis == BASIS else "1",
    )
    stay.refresh_from_db()


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def entries_of(stay: Custody) -> set[Any]:
    return set(Entry.objects.filter(custody_id=stay.pk).values_list("id", flat=True))


# ---------------------------------------------------------------------- nobody sees it


def test_the_file_of_somebody_who_is_here_again_says_nothing_of_it(
    facility: Organization, now: Custody, sealed: Custody, first: Custody
) -> None:
    leader = client_of(somebody(Post.LEADER, at=facility))
    for url in (reverse("person", args=[now.pk]), reverse("person_print", args=[now.pk])):
        page = leader.get(url).content.decode()
        assert "王小川" in page
        assert DECISION not in page
        assert sealed.number not in page
        assert str(sealed.pk) not in page
    assert str(first.pk) in leader.get(reverse("person", args=[now.pk])).content.decode()


def test_the_timeline_of_another_stay_leaves_its_entries_out(
    now: Custody, sealed: Custody, first: Custody
) -> None:
    for stay in (first, now):
        lines = {line.id for line in custody.timeline_of(stay.pk)}
        assert lines >= entries_of(stay)
        assert not lines & entries_of(sealed)


def test_no_operation_and_no_page_that_names_the_stay_answers(
    facility: Organization, sealed: Custody
) -> None:
    """Whatever takes a stay's identifier, asked for it by whoever reads everything else."""
    absence = Absence.objects.create(
        organization_id=facility.pk, custody=sealed, kind="court", destination="x", document="x",
        planned_from=sealed.admitted_at, planned_until=clock.now(),
        cancelled_at=sealed.admitted_at,
    )  # fmt: skip
    program = a_program(Post.LEADER, at=facility)
    found = {
        one.name: program.get(one.path.format(custody=sealed.pk)).status_code
        for one in operations()
        if one.method == "GET" and one.path.count("{") == 1 and "{custody}" in one.path
    }
    assert len(found) > 5
    assert {name: status for name, status in found.items() if status != 404} == {}
    leader = client_of(somebody(Post.LEADER, at=facility))
    assert leader.get(reverse("absence", args=[absence.pk])).status_code == 404


@pytest.mark.parametrize("route", ["person", "person_print", "release_of"])
def test_its_own_pages_are_not_there(facility: Organization, sealed: Custody, route: str) -> None:
    leader = client_of(somebody(Post.LEADER, at=facility))
    assert leader.get(reverse(route, args=[sealed.pk])).status_code == 404


def test_the_list_its_export_and_the_search_box_dont_find_it(
    facility: Organization, sealed: Custody
) -> None:
    leader = client_of(somebody(Post.LEADER, at=facility))
    for words in ("王小川", sealed.number, str(sealed.pk)):
        page = leader.get(f"/people/?words={words}").content.decode()
        assert reverse("person", args=[sealed.pk]) not in page
        exported = leader.get(f"/people/export/?words={words}").content
        rows = CalamineWorkbook.from_filelike(io.BytesIO(exported)).get_sheet_by_index(0)
        assert not any(sealed.number in map(str, row) for row in rows.to_python())
        assert sealed.pk not in {one.custody_id for one in custody.search(words, 9)}


def test_registers_keep_the_row_and_say_nothing_of_whom(sealed: Custody, first: Custody) -> None:
    found = {row.id: row for row in registers.listed("admissions", None, None)}
    (entry,) = Entry.objects.filter(custody_id=sealed.pk, kind="custody.admitted")
    (other,) = Entry.objects.filter(custody_id=first.pk, kind="custody.admitted")
    row = found[entry.pk]
    assert (row.name, row.custody_number, row.text, row.place, row.files) == ("", "", "", "", 0)
    assert found[other.pk].name == "王小川"
    assert list(custody.about("王小川")) == [first.pk]


def test_the_api_gives_the_frame_of_its_entries_and_none_of_its_papers(
    facility: Organization, sealed: Custody, first: Custody
) -> None:
    program = a_program(Post.LEADER, at=facility)
    assert program.get(f"/people/{sealed.pk}").status_code == 404
    assert program.get(f"/people/{sealed.pk}/timeline").status_code == 404
    found = program.get("/people?words=王小川").json()["items"]
    assert [one["custody_id"] for one in found] == [str(first.pk)]
    listed = program.get("/entries?limit=200").json()["items"]
    ids = {str(pk) for pk in entries_of(sealed)}
    frames = [one for one in listed if one["id"] in ids]
    assert len(frames) == len(ids)
    for one in frames:
        assert one["sealed"] is True
        said = [one[name] for name in ("detainee_id", "custody_id", "cell_id", "payload")]
        assert said == [None] * 4
        assert (one["text"], one["ground"], one["attachments"]) == ("", "", [])
    paper = Entry.objects.get(custody_id=sealed.pk, kind="document.issued")
    file = record.Attachment.objects.get(entry_id=paper.pk)
    assert program.get(f"/entries/{paper.pk}/attachments/{file.sha256}").status_code == 404
    assert program.get(f"/papers?custody={sealed.pk}").json()["items"] == []
    assert [one["id"] for one in program.get("/papers").json()["items"]] == []


def test_the_release_is_finished_within_a_day_and_then_it_is_shut(facility: Organization) -> None:
    stay = a_detainee(in_cell=a_cell(facility=facility), name="王小川")
    Custody.objects.filter(pk=stay.pk).update(basis=BASIS)
    stay.refresh_from_db()
    case = leaving.checked(leaving.received(stay, way="DETENTION-STOPPED", number="停字1号"))
    leaving.confirmed(case, *leaving.two_officers(facility))
    desk = client_of(somebody(Post.ADMISSION, at=facility))
    page = desk.get(f"/releases/{case.pk}/")
    assert page.status_code == 200
    (paper,) = Issued.objects.filter(custody_id=stay.pk)
    assert str(paper.entry_id) in page.content.decode(), "the certificate can be printed"
    with clock.set_to(clock.now() + timedelta(hours=25)), pytest.raises(Missing):
        release.gate(case.pk, Post.ADMISSION)


# ---------------------------------------------------------------------- but on a lawful request


def asked(by: Acting, second: Acting, number: str, **request: str) -> tuple[Any, dict[str, str]]:
    content = unsealing.content_of(number, **(REQUEST | request))
    row = confirmations.ask(
        unsealing.ACT, content, organization_id=by.organization.pk, ground="x", by=by,
        proven_at=clock.now(),
    )  # fmt: skip
    confirmations.confirm(row.pk, by=second, proven_at=clock.now())
    return row.pk, content


def test_two_officers_see_it_on_a_lawful_request_and_the_record_says_so(
    facility: Organization, sealed: Custody, first: Custody
) -> None:
    one, other = somebody(Post.LEADER, at=facility), somebody(Post.DUTY_LEADER, at=facility)
    confirmed, content = asked(one, other, sealed.number)
    assert "王小川" not in str(content)
    assert sealed.number not in str(content)
    found = unsealing.unseal(confirmed, content, sealed.number, by=one)
    assert [stay.pk for stay in found] == [sealed.pk], "and not what isn't sealed"
    entry = Entry.objects.get(kind="custody.unsealed")
    assert (entry.by_ref, entry.second_ref) == (one.actor.ref, other.actor.ref)
    assert (entry.detainee_id, entry.custody_id) == (None, None)
    said: Any = record.line(entry.pk).payload
    assert (said.authority, said.document, said.purpose) == (
        "某县公安局",
        "协查函〔2026〕3号",
        "case",
    )
    assert said.stays == [sealed.pk]
    with pytest.raises(Exception, match=r"used|confirm"):
        unsealing.unseal(confirmed, content, sealed.number, by=one)


def test_of_somebody_without_a_sealed_stay_nothing_is_shown_and_that_is_recorded(
    facility: Organization, first: Custody
) -> None:
    one, other = somebody(Post.LEADER, at=facility), somebody(Post.DUTY_LEADER, at=facility)
    confirmed, content = asked(one, other, first.number)
    assert unsealing.unseal(confirmed, content, first.number, by=one) == []
    said: Any = record.line(Entry.objects.get(kind="custody.unsealed").pk).payload
    assert said.stays == []


def test_another_number_than_the_confirmed_one_is_refused(
    facility: Organization, sealed: Custody
) -> None:
    one, other = somebody(Post.LEADER, at=facility), somebody(Post.DUTY_LEADER, at=facility)
    confirmed, content = asked(one, other, "0")
    with pytest.raises(Malformed):
        unsealing.unseal(confirmed, content, sealed.number, by=one)
    assert not Entry.objects.filter(kind="custody.unsealed").exists()


def test_nobody_confirms_their_own_request_and_no_other_post_asks(
    facility: Organization, sealed: Custody
) -> None:
    one = somebody(Post.LEADER, at=facility)
    with pytest.raises(NotAllowed):
        asked(one, one, sealed.number)
    with pytest.raises(NotAllowed):
        asked(somebody(Post.CASE_OFFICER, at=facility), one, sealed.number)


def test_the_page_shows_it_once_and_the_access_log_names_the_person(
    facility: Organization, sealed: Custody
) -> None:
    one = somebody(Post.LEADER, at=facility, password=MINE)
    other = somebody(Post.DUTY_LEADER, at=facility, password=THEIRS)
    leader = client_of(one)
    alone = REQUEST | {"number": sealed.number, "own_password": MINE}
    assert leader.post("/people/sealed/", alone).status_code == 302
    assert "王小川" not in leader.get("/people/sealed/").content.decode()
    both = alone | {"second_name": other.user.username, "second_password": THEIRS}
    page = leader.post("/people/sealed/", both)
    assert page.status_code == 200
    assert DECISION in page.content.decode()
    row = Access.objects.filter(route="unsealing").latest("at")
    assert row.detainees == [sealed.detainee_id]
    assert DECISION not in leader.get("/people/sealed/").content.decode()
    nobody = client_of(somebody(Post.CASE_OFFICER, at=facility))
    assert nobody.get("/people/sealed/").status_code == 403
