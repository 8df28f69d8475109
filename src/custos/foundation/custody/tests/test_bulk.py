"""Stays of before, many at once."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from custos.foundation import clock
from custos.foundation.custody import bulk, queries, roll
from custos.foundation.custody.bulk import Counted, Ended, Known, Pair, Placed, Said
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.place_models import Classification, KeepApart
from custos.foundation.database import scope
from custos.foundation.errors import NotAllowed
from custos.foundation.media import services as media
from custos.foundation.media.tests.test_services import picture
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Attachment, Entry
from custos.foundation.record.parties import Post
from tests import factories

pytestmark = pytest.mark.django_db

RECEIVER = factories.an_officer(Post.ADMISSION)
OFFICER = factories.an_officer(Post.CASE_OFFICER)
LEADER = factories.an_officer(Post.LEADER)


@pytest.fixture(autouse=True)
def _seen():
    with scope.entered(factories.SYSTEM):
        yield


@pytest.fixture
def cells() -> list[Cell]:
    facility = factories.a_facility()
    return [factories.a_cell(facility=facility) for _ in range(2)]


def _days_ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def _known(number: int, *places: Placed, **more: object) -> Known:
    return Known(
        organization_id=places[0].cell.organization_id,
        name="单𠮷",
        sex="1",
        born=date(1990, 5, 1),
        number=f"{number:021}",
        basis="拘留证",
        basis_number="1",
        arrived_at=places[0].since - timedelta(hours=1),
        places=places,
        **more,  # type: ignore[arg-type]
    )


def test_a_stay_is_whole_with_its_places_facts_and_entries(cells: list[Cell]):
    one = _known(
        1,
        Placed(cells[0], _days_ago(40), RECEIVER),
        Placed(cells[1], _days_ago(30), OFFICER, "过渡期满"),
        said=[
            Said(facts.OtherName(kind="alias", text="阿东"), _days_ago(40), RECEIVER),
            Said(facts.Authority(kind="police", name="某公安局"), _days_ago(40), RECEIVER),
            Said(facts.Authority(kind="court", name="某法院"), _days_ago(5), OFFICER),
        ],
        counted=Counted("convicted", _days_ago(3), OFFICER, "判决生效"),
    )
    assert bulk.receive([one]) == 6
    stay = Custody.objects.get(pk=one.id)
    assert stay.cell == cells[1]
    assert [place.cell_id for place in queries.places_of(one.id)] == [cells[1].pk, cells[0].pk]
    assert Classification.objects.get().category == "convicted"
    held = people.file_of(one.id, [one.person])
    assert [known.fact.name for known in held.of("authority")] == ["某法院"]
    assert list(Entry.objects.order_by("seq").values_list("kind", flat=True))[-6:] == [
        "custody.admitted",
        "person.name_recorded",
        "custody.authority_recorded",
        "cell.moved",
        "custody.authority_recorded",
        "custody.classified",
    ]
    assert roll.at(one.organization_id, _days_ago(35)).by_area() == {cells[0].area_id: (1, 1)}


def test_whoever_came_so_is_found_like_others(cells: list[Cell]):
    paper = facts.IdentityPaper(kind="resident_id", number="999999200001011233")
    said = [
        Said(fact, _days_ago(4), RECEIVER)
        for fact in (facts.OtherName(kind="alias", text="阿东"), paper)
    ]
    one = _known(77, Placed(cells[0], _days_ago(4), RECEIVER), said=said)
    bulk.receive([one])
    for words in ("shan", "单𠮷", "阿东", "999999200001011233", f"{77:021}"):
        assert [found.custody_id for found in queries.search(words, 5)] == [one.id], words


def test_a_person_has_several_stays(cells: list[Cell]):
    ended = Ended(_days_ago(300), "released", "释放通知书1号", RECEIVER, LEADER)
    before = _known(1, Placed(cells[0], _days_ago(340), RECEIVER), ended=ended)
    now = _known(2, Placed(cells[0], _days_ago(4), RECEIVER), person=before.person)
    bulk.receive([before, now])
    assert Detainee.objects.count() == 1
    assert Custody.objects.get(pk=before.id).cell is None
    assert roll.at(now.organization_id, _days_ago(320)).held == 1
    assert roll.at(now.organization_id, _days_ago(100)).held == 0
    entry = Entry.objects.get(kind="custody.ended")
    assert (entry.by_ref, entry.second_ref) == (RECEIVER.ref, LEADER.ref)


def test_pairs_stand_in_order_and_in_both_files(cells: list[Cell]):
    one, other = (
        _known(number, Placed(cell, _days_ago(4), RECEIVER)) for number, cell in enumerate(cells)
    )
    pair = Pair(other, one, "codefendants", "cell", "主犯", "从犯", "同案犯", _days_ago(3), OFFICER)
    bulk.receive([one, other], [pair])
    row = KeepApart.objects.get()
    roles = {row.one_id: row.role_of_one, row.other_id: row.role_of_other}
    assert roles == {other.id: "主犯", one.id: "从犯"}
    assert Entry.objects.filter(kind="separation.pair").count() == 2


def test_nobody_is_in_two_places_or_without_a_document(cells: list[Cell]):
    first = _known(1, Placed(cells[0], _days_ago(4), RECEIVER))
    twice = _known(2, Placed(cells[1], _days_ago(3), RECEIVER), person=first.person)
    bare = _known(3, Placed(cells[0], _days_ago(4), RECEIVER))
    bare.basis = ""
    for stays in ([first, twice], [bare]):
        with pytest.raises(IntegrityError), transaction.atomic():
            bulk.receive(stays)
    assert not Custody.objects.exists()
    assert not Entry.objects.filter(kind="custody.admitted").exists()


def test_a_writer_whose_post_does_not_write_it_is_refused(cells: list[Cell]):
    patrol = factories.an_officer(Post.PATROL)
    with pytest.raises(NotAllowed):
        bulk.receive([_known(1, Placed(cells[0], _days_ago(4), patrol))])


def test_files_of_entries_come_with_them(cells: list[Cell], settings, tmp_path):
    settings.ATTACHMENTS = tmp_path
    file = media.store(picture(), "photo.png")
    photo = facts.Photo(sha256=file.sha256, media_type=file.media_type)
    one = _known(
        1,
        Placed(cells[0], _days_ago(4), RECEIVER),
        said=[Said(photo, _days_ago(4), RECEIVER, (file,))],
    )
    bulk.receive([one])
    entry = Entry.objects.get(kind="person.photo_taken")
    assert Attachment.objects.get(entry_id=entry.id).sha256 == file.sha256


def test_many_take_as_many_statements_as_one(cells: list[Cell]):
    def statements(numbers: range) -> int:
        stays = [_known(n, Placed(cells[n % 2], _days_ago(4), RECEIVER)) for n in numbers]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            bulk.receive(stays)
        return len(seen)

    statements(range(1))  # the temporary tables of the first
    assert statements(range(1, 2)) == statements(range(2, 30))
