"""The person's file: what it shows, what is recorded and ended on it, and two records of one person."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from PIL import Image

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people import facts, queries, services
from custos.foundation.custody.people.models import FactRow, Merge
from custos.foundation.custody.tests import worlds
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

NUMBER, PHONE = "11010519491231002X", "13800138000"
MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"


@pytest.fixture
def cell() -> Cell:
    return factories.a_cell(capacity=50)


def signed_in(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sitting(cell: Cell, post: Post, kind: StaffKind = StaffKind.OFFICER) -> Client:
    return signed_in(factories.somebody(post, kind, at=cell.organization))


def page_of(client: Client, stay: Custody, query: str = "") -> str:
    answer = client.get(reverse("person", args=[stay.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def full(stay: Custody) -> None:
    by = factories.an_officer(Post.CASE_OFFICER)
    for fact in (
        facts.IdentityPaper(kind="resident_id", number=NUMBER),
        facts.IdentityPaper(kind="resident_id", number="110105194912310021"),
        facts.OtherName(kind="nickname", text="小𠮷"),
        facts.Language(language="Vietnamese", interpreter=True),
        facts.Need(kind="care", text="Insulin twice a day"),
        facts.Contact(kind="emergency", name="王秀英", relation="52", phone=PHONE),
        facts.Dependant(name="小宝", relation="20", born=date(2019, 6, 1)),
        facts.Basis(kind="arrest_warrant", number="9", issuer="County police"),
        facts.Charge(code="CL-264"),
    ):
        services.record_fact(stay.pk, fact, by=by)


def test_the_file_shows_what_is_known_to_whoever_compares_papers(stay: Custody, cell: Cell) -> None:
    full(stay)
    page = page_of(sitting(cell, Post.CASE_OFFICER), stay)
    for words in (
        NUMBER,
        PHONE,
        "小𠮷",
        "Insulin twice a day",
        "Mother",
        "Theft",
        "Arrest warrant",
    ):
        assert words in page, words
    assert "the last character doesn&#x27;t fit" in page
    assert '<span class="need">Needs an interpreter</span>' in page
    assert "Nobody cares for them yet" in page


def test_who_is_outside_is_said_so_on_every_page_of_them(stay: Custody, cell: Cell) -> None:
    with clock.set_to(datetime(2026, 3, 2, 6, tzinfo=UTC)):
        officer = sitting(cell, Post.CASE_OFFICER)
        pages = {
            name: reverse(name, args=[stay.pk])
            for name in ("person", "person_move", "person_print")
        } | {"people": reverse("people"), "beds": reverse("beds")}

        def said(words: str) -> set[str]:
            read = {name: officer.get(url).content.decode() for name, url in pages.items()}
            return {name for name, page in read.items() if words in page}

        assert said("outside: ") == set()
        gone = worlds.gone(stay)
        assert said("outside: Court hearing, back by 18:00") >= {
            "person",
            "person_move",
            "people",
            "beds",
        }
        assert said("某区人民法院") >= {"person", "person_move", "person_print"}
        assert "Court hearing 1" in officer.get(reverse("roll")).content.decode()
        found = custody.search("王小川", 5)[0]
        assert found.outside is not None
        assert found.outside.due_back == gone.planned_until
    with clock.set_to(datetime(2026, 3, 2, 11, tzinfo=UTC)):
        with translation.override("zh-hans"):
            assert custody.person(stay.pk).needs[0] == "外出：出庭，18:00应归，已逾期"
        worlds.back(gone)
        assert custody.person(stay.pk).outside is None


def test_others_see_the_last_four_and_no_telephone(stay: Custody, cell: Cell) -> None:
    full(stay)
    page = page_of(sitting(cell, Post.PATROL), stay)
    assert NUMBER not in page
    assert PHONE not in page
    assert "…002X" in page
    assert "Insulin twice a day" in page


def test_a_full_file_takes_twelve_queries(stay: Custody, cell: Cell) -> None:
    full(stay)
    intake.take([a_press(a_button(cell))])
    for post in (Post.PATROL, Post.MEDICAL, Post.RECEPTION):
        client = sitting(cell, post)
        page_of(client, stay)
        with CaptureQueriesContext(connection) as seen:
            page_of(client, stay)
        frame = ("SAVEPOINT", "RELEASE", "SELECT set_config", "INSERT INTO")
        of_sign_in = ('FROM "accounts_session"', 'FROM "accounts_user"', 'FROM "accounts_posting"')
        own = [
            query["sql"]
            for query in seen
            if not query["sql"].startswith(frame) and not any(t in query["sql"] for t in of_sign_in)
        ]
        assert len(own) <= 12, own


def test_each_look_at_a_file_is_in_the_access_log(stay: Custody, cell: Cell) -> None:
    twin = factories.a_detainee(in_cell=cell, name="王小川")
    page_of(sitting(cell, Post.PATROL), stay)
    row = Access.objects.get()
    assert set(row.detainees) == {stay.detainee_id, twin.detainee_id}


def test_the_timeline_is_narrowed(stay: Custody, cell: Cell) -> None:
    full(stay)
    client = sitting(cell, Post.PATROL)
    assert 'class="timeline-name">Admitted' in page_of(client, stay)
    narrowed = page_of(client, stay, "?about=person")
    assert 'class="timeline-name">Admitted' not in narrowed
    assert "Need recorded" in narrowed
    assert "Need recorded" in page_of(client, stay, "?about=nonsense")


def test_a_fact_is_recorded_from_the_file(stay: Custody, cell: Cell) -> None:
    client = sitting(cell, Post.MEDICAL, StaffKind.CLINICIAN)
    where = reverse("person_fact", args=[stay.pk, "need"])
    assert where in page_of(client, stay)
    assert reverse("person_fact", args=[stay.pk, "basis"]) not in page_of(client, stay)
    answer = client.post(where, {"kind": "care", "text": "Insulin"}, follow=True)
    assert "Recorded" in answer.content.decode()
    assert "Care instruction · Insulin" in answer.content.decode()


@pytest.mark.parametrize("sort", facts.TYPED)
def test_every_sort_has_a_form_that_says_what_is_missing(
    stay: Custody, cell: Cell, sort: str
) -> None:
    client = sitting(cell, Post.LEADER)
    where = reverse("person_fact", args=[stay.pk, sort])
    assert client.get(where).status_code == 200
    answer = client.post(where, {"note": "x"})
    assert answer.status_code == 422
    assert not FactRow.objects.exists()


def test_what_a_post_may_not_record_is_refused_and_kept(stay: Custody, cell: Cell) -> None:
    client = sitting(cell, Post.PATROL)
    where = reverse("person_fact", args=[stay.pk, "name"])
    answer = client.post(where, {"kind": "alias", "text": "小𠮷"})
    assert answer.status_code == 422
    assert "小𠮷" in answer.content.decode()
    assert "Only these posts may do this" in answer.content.decode()


@pytest.mark.parametrize("sort", ["photo", "religion"])
def test_there_is_no_form_for_another_sort(stay: Custody, cell: Cell, sort: str) -> None:
    client = sitting(cell, Post.LEADER)
    assert client.get(reverse("person_fact", args=[stay.pk, sort])).status_code == 404


def test_a_fact_is_ended_from_the_file_with_a_reason(stay: Custody, cell: Cell) -> None:
    by = factories.an_officer(Post.CASE_OFFICER)
    fact = services.record_fact(stay.pk, facts.Need(kind="diet", text="soft food"), by=by)
    client = sitting(cell, Post.CASE_OFFICER)
    where = reverse("person_fact_end", args=[stay.pk, fact])
    assert where in page_of(client, stay)
    assert client.post(where, {"reason": ""}).status_code == 422
    answer = client.post(where, {"reason": "Teeth mended"}, follow=True)
    assert "No longer holds" in answer.content.decode()
    assert where not in answer.content.decode()
    assert client.get(where).status_code == 404


def test_the_timeline_stands_in_the_order_of_events_or_of_recording(
    stay: Custody, cell: Cell
) -> None:
    """What is recorded late stands where it happened, with the time at which it was recorded."""
    by = factories.an_officer(Post.CASE_OFFICER)
    now = clock.now()
    for text, at in (("second", now), ("first", now - timedelta(hours=3))):
        services.record_fact(stay.pk, facts.Need(kind="diet", text=text), by=by, occurred_at=at)
    client = sitting(cell, Post.CASE_OFFICER)

    def order(query: str) -> bool:
        page = page_of(client, stay, query)
        timeline = page[page.index("timeline-row") :]
        return timeline.index("second") < timeline.index("first")

    assert order("")
    assert order("?about=person")
    assert not order("?order=recorded")
    assert "Recorded" in page_of(client, stay)
    lines = custody.timeline_of(stay.pk, as_happened=True)
    one_by_one = [custody.timeline_of(stay.pk, as_happened=True, limit=1)[0]]
    while following := custody.timeline_of(
        stay.pk, as_happened=True, limit=1, before=one_by_one[-1].id
    ):
        one_by_one += following
    assert [line.id for line in one_by_one] == [line.id for line in lines]
    assert [line.occurred_at for line in lines] == sorted(
        (line.occurred_at for line in lines), reverse=True
    )


def a_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 10), "grey").save(out, "PNG")
    return out.getvalue()


def test_a_photo_is_kept_and_shown_and_takes_the_formers_place(
    stay: Custody, cell: Cell, settings: Any, tmp_path: Any
) -> None:
    settings.ATTACHMENTS = tmp_path
    client, where = sitting(cell, Post.ADMISSION), reverse("person_photo", args=[stay.pk])
    assert client.get(where).status_code == 404
    for _turn in range(2):
        data = SimpleUploadedFile("face.png", a_picture())
        assert "on the record" in client.post(where, {"file": data}, follow=True).content.decode()
        FactRow.objects.update(
            says={"sort": "photo", "sha256": "0" * 64, "media_type": "image/png"}
        )
    assert FactRow.objects.filter(sort="photo", until=None).count() == 1
    services.take_photo(stay.pk, a_picture(), "x", by=factories.an_officer(Post.ADMISSION))
    answer = client.get(where)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert f'src="{where}"' in page_of(client, stay)


@pytest.mark.parametrize("data", [b"no picture", b"%PDF-1.4 x", b""])
def test_a_photo_that_is_none_is_refused_in_words(
    stay: Custody, cell: Cell, data: bytes, settings: Any, tmp_path: Any
) -> None:
    settings.ATTACHMENTS = tmp_path
    client, where = sitting(cell, Post.ADMISSION), reverse("person_photo", args=[stay.pk])
    client.post(where, {"file": SimpleUploadedFile("x.png", data)}, follow=True)
    assert not FactRow.objects.exists()
    patrol = sitting(cell, Post.PATROL)
    patrol.post(where, {"file": SimpleUploadedFile("face.png", a_picture())})
    assert not FactRow.objects.exists()


def test_the_file_is_printed(stay: Custody, cell: Cell) -> None:
    full(stay)
    answer = sitting(cell, Post.CASE_OFFICER).get(reverse("person_print", args=[stay.pk]))
    page = answer.content.decode()
    assert "Page 1 of" in page
    assert "王小川" in page
    assert "Printed by Zhao Min" in page


# ------------------------------------------------------------------ two records of one person


def two_of_one(cell: Cell) -> tuple[Custody, Custody]:
    by = factories.an_officer(Post.CASE_OFFICER)
    former = factories.a_detainee(in_cell=cell, name="王晓川")
    services.record_fact(former.pk, facts.IdentityPaper(kind="resident_id", number=NUMBER), by=by)
    services.record_fact(former.pk, facts.Need(kind="aid", text="Glasses"), by=by)
    Custody.objects.filter(pk=former.pk).update(ended_at=former.admitted_at, cell=None)
    now = factories.a_detainee(in_cell=cell, name="王小川")
    services.record_fact(now.pk, facts.IdentityPaper(kind="resident_id", number=NUMBER), by=by)
    return now, former


def decide(
    client: Client, route: str, now: Custody, former: Custody, second: Acting, word: str = THEIRS
) -> Any:
    return client.post(
        reverse(route, args=[now.pk, former.detainee_id]),
        {
            "reason": "Same number and same face",
            "own_password": MINE,
            "second_name": second.user.username,
            "second_password": word,
        },
    )


def test_two_officers_find_two_records_to_be_of_one_person_and_part_them_again(cell: Cell) -> None:
    now, former = two_of_one(cell)
    leader = factories.somebody(Post.LEADER, at=cell.organization, password=MINE)
    deputy = factories.somebody(Post.DUTY_LEADER, at=cell.organization, password=THEIRS)
    client = signed_in(leader)
    before = list(Entry.objects.order_by("id").values_list("id", "detainee_id"))
    page = page_of(client, now)
    assert "There may be another record of this person" in page
    assert reverse("person_merge", args=[now.pk, former.detainee_id]) in page
    assert client.get(reverse("person_merge", args=[now.pk, former.detainee_id])).status_code == 200

    assert decide(client, "person_merge", now, former, deputy).status_code == 302
    page = page_of(client, now)
    assert "There may be another record" not in page
    assert "Glasses" in page
    assert former.number in page
    assert custody.person(former.pk).name == "王小川"
    assert queries.find("王晓川", 5) == [now.pk]
    entry = Entry.objects.filter(kind="person.merged").first()
    assert entry is not None
    assert {entry.by_ref, entry.second_ref} == {str(leader.staff.pk), str(deputy.staff.pk)}
    assert (
        list(Entry.objects.order_by("id").values_list("id", "detainee_id"))[: len(before)] == before
    )

    assert decide(client, "person_part", now, former, deputy).status_code == 302
    page = page_of(client, now)
    assert "Glasses" not in page
    assert custody.person(former.pk).name == "王晓川"
    assert queries.find("王晓川", 5)[0] == former.pk
    assert Entry.objects.filter(kind="person.merge_undone").count() == 2


def test_one_officer_alone_merges_nothing(cell: Cell) -> None:
    now, former = two_of_one(cell)
    leader = factories.somebody(Post.LEADER, at=cell.organization, password=MINE)
    answer = decide(signed_in(leader), "person_merge", now, former, leader, MINE)
    assert "it takes a second person" in answer.content.decode()
    assert not Merge.objects.exists()


def test_two_who_are_both_in_custody_are_not_one_person(cell: Cell) -> None:
    now, other = (factories.a_detainee(in_cell=cell, name="王小川") for _ in range(2))
    leader = factories.somebody(Post.LEADER, at=cell.organization, password=MINE)
    deputy = factories.somebody(Post.DUTY_LEADER, at=cell.organization, password=THEIRS)
    answer = decide(signed_in(leader), "person_merge", now, other, deputy)
    assert "nobody is in two places" in answer.content.decode()
    assert not Detainee.objects.filter(merged_into__isnull=False).exists()


def test_records_that_were_never_merged_are_not_offered_to_be_parted(cell: Cell) -> None:
    now, former = two_of_one(cell)
    client = sitting(cell, Post.LEADER)
    assert client.get(reverse("person_part", args=[now.pk, former.detainee_id])).status_code == 404
    former.detainee.merged_into = now.detainee
    former.detainee.save()
    assert client.get(reverse("person_part", args=[now.pk, former.detainee_id])).status_code == 200
    assert client.get(reverse("person_merge", args=[now.pk, former.detainee_id])).status_code == 404


def test_a_request_that_was_filed_is_said_to_be_filed_and_names_who_may_confirm(
    cell: Cell,
) -> None:
    """A colleague without the post leaves the request standing; it isn't "nothing was saved"."""
    now, former = two_of_one(cell)
    leader = factories.somebody(Post.LEADER, at=cell.organization, password=MINE)
    patrol = factories.somebody(Post.PATROL, at=cell.organization, password=THEIRS)
    client = signed_in(leader)
    page = client.get(reverse("person_merge", args=[now.pk, former.detainee_id])).content.decode()
    said = page[page.index("May confirm: ") :].partition(", and nobody who asks themselves")[0]
    posts = {Post.LEADER.title, Post.DUTY_LEADER.title}
    assert set(said.removeprefix("May confirm: ").split(", ")) == {str(one) for one in posts}
    asked = page[page.index("Second person&#x27;s user name") :].partition("</label>")[0]
    assert "optional" not in asked
    answer = decide(client, "person_merge", now, former, patrol).content.decode()
    assert "no post that may confirm this" in answer
    assert "Your request is filed" in answer
    assert "Nothing was saved yet" not in answer
    # A reason that is missing files nothing more, and undoes nothing.
    wrong = {"reason": "", "own_password": MINE}
    again = client.post(reverse("person_merge", args=[now.pk, former.detainee_id]), wrong)
    assert "Your request is filed" in again.content.decode()


def test_where_nothing_was_filed_nothing_is_said_to_be(cell: Cell) -> None:
    now, former = two_of_one(cell)
    leader = factories.somebody(Post.LEADER, at=cell.organization, password=MINE)
    wrong = {"reason": "", "own_password": MINE}
    answer = signed_in(leader).post(
        reverse("person_merge", args=[now.pk, former.detainee_id]), wrong
    )
    assert "Nothing was saved yet" in answer.content.decode()


def test_a_record_elsewhere_is_not_merged(cell: Cell) -> None:
    now = factories.a_detainee(in_cell=cell)
    other = factories.a_detainee(in_cell=factories.a_cell())
    client = sitting(cell, Post.LEADER)
    assert client.get(reverse("person_merge", args=[now.pk, other.detainee_id])).status_code == 404
