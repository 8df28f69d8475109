"""Reading in an emergency what one's post doesn't read: with a reason, told, short, one person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import breakglass
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access, BreakGlass
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.errors import NotAllowed
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.foundation.record.tests.worlds import Diagnosed
from custos.prevention.duty import queries as duty_queries
from custos.prevention.duty import services as duty_services
from custos.prevention.duty.models import Task
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope(settings: LazySettings) -> Iterator[None]:
    settings.IDLE_MINUTES = 0  # these tests let half an hour pass
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def place() -> Organization:
    return a_facility()


def diagnosed(place: Organization, text: str) -> Custody:
    stay = a_detainee(in_cell=a_cell(facility=place))
    doctor = an_officer(Post.MEDICAL, StaffKind.CLINICIAN)
    with record.deed() as deed:
        deed.append(Diagnosed(text=text), about=stay, by=doctor)
    return stay


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sees(client: Client, stay: Custody) -> bool:
    page = client.get(reverse("person", args=[stay.pk]))
    assert page.status_code == 200
    return "Diagnosed" in page.content.decode()


def opens(client: Client, stay: Custody, reason: str = "Unconscious, no doctor here") -> int:
    return client.post(reverse("break_glass", args=[stay.pk]), {"reason": reason}).status_code


def test_it_opens_one_person_for_half_an_hour_to_whoever_said_why(place: Organization) -> None:
    stay, other = diagnosed(place, "one"), diagnosed(place, "two")
    duty, colleague = somebody(Post.DUTY_LEADER, at=place), somebody(Post.DUTY_LEADER, at=place)
    client = client_of(duty)
    assert not sees(client, stay)
    assert opens(client, stay, "  ") == 302
    assert not sees(client, stay), "without a reason nothing opens"
    assert opens(client, stay) == 302
    assert sees(client, stay)
    assert not sees(client, other)
    assert not sees(client_of(colleague), stay)
    with clock.set_to(clock.now() + breakglass.LASTS + timedelta(seconds=1)):
        assert not sees(client, stay)


def test_what_is_opened_is_written_each_time_also_where_the_page_fetches_it_by_itself(
    place: Organization,
) -> None:
    stay, client = diagnosed(place, "one"), client_of(somebody(Post.DUTY_LEADER, at=place))
    file, live = reverse("person", args=[stay.pk]), {"X-Live": "true"}

    def looks() -> int:
        client.get(file, headers=live)
        return Access.objects.filter(detainees__contains=[stay.detainee_id]).count()

    assert [looks(), looks()] == [1, 1]
    opens(client, stay)
    before = looks()
    assert [looks(), looks()] == [before + 1, before + 2]


def test_it_is_on_the_record_told_to_the_leader_and_listed(place: Organization) -> None:
    stay, duty = diagnosed(place, "one"), somebody(Post.DUTY_LEADER, at=place)
    opens(client_of(duty), stay)
    entry = Entry.objects.get(kind="access.glass_broken")
    assert (entry.by_ref, entry.custody_id) == (str(duty.staff.pk), stay.pk)
    task = Task.objects.get(source_entry_id=entry.pk)
    assert (task.post, task.severity) == ("leader", 2)
    assert task.wanted_by - entry.recorded_at <= timedelta(minutes=30)
    file = f'href="{reverse("person", args=[stay.pk])}"'
    for post, at in (
        (Post.AUDIT_ADMIN, place),
        (Post.LEADER, place),
        (Post.RESIDENT_PROSECUTOR, place),
        (Post.OVERSIGHT, place.parent),
    ):
        page = client_of(somebody(post, at=at)).get(reverse("glass")).content.decode()
        assert "Unconscious, no doctor here" in page
        assert duty.staff.name in page
        assert "Wang Jianguo" in page
        # Whoever looks into it opens the file; an administrator opens nobody's.
        assert (file in page) is (post is not Post.AUDIT_ADMIN)
        assert (str(stay.pk) in page) is (post is not Post.AUDIT_ADMIN)
    bell = client_of(somebody(Post.LEADER, at=place)).get(reverse("bell")).content.decode()
    assert "Opened in an emergency" in bell
    elsewhere = client_of(somebody(Post.AUDIT_ADMIN)).get(reverse("glass")).content.decode()
    assert "Unconscious" not in elsewhere


def test_the_leaders_task_shows_who_opened_whom_and_why_and_nobody_else(
    place: Organization,
) -> None:
    stay, duty = diagnosed(place, "one"), somebody(Post.DUTY_LEADER, at=place)
    assert stay.cell
    a_detainee(in_cell=stay.cell, name="Li Si")
    opens(client_of(duty), stay)
    task, leader = Task.objects.get(), client_of(somebody(Post.LEADER, at=place))
    for url in (f"{reverse('duty')}?task={task.pk}", reverse("duty_around", args=[task.pk])):
        page = leader.get(url).content.decode()
        assert f'href="{reverse("person", args=[stay.pk])}"' in page
        assert "Unconscious, no doctor here" in page
        assert duty.staff.name in page
        assert "In the cell now" not in page
        assert "Li Si" not in page.split("What else happened in this cell")[0]
    history = leader.get(reverse("duty_task", args=[task.pk])).content.decode()
    assert f'href="{reverse("person", args=[stay.pk])}"' in history
    assert "Li Si" not in history


def test_opening_twice_is_refused_and_nothing_else_is_written(place: Organization) -> None:
    stay, client = diagnosed(place, "one"), client_of(somebody(Post.DUTY_LEADER, at=place))
    opens(client, stay)
    opens(client, stay)
    assert BreakGlass.objects.count() == 1


def test_what_is_opened_is_care_only_and_for_reading_only(place: Organization) -> None:
    stay, duty = diagnosed(place, "one"), somebody(Post.DUTY_LEADER, at=place)
    with scope.entered(duty.scope):
        breakglass.open_for(stay.record_subject(), "Unconscious, no doctor", by=duty)
        with breakglass.reading(stay.pk, by=duty) as opened:
            assert opened is not None
            assert opened.own == duty.scope.audiences
            assert scope.current().audiences - duty.scope.audiences == {2, 3}
        assert scope.current().audiences == duty.scope.audiences
        assert not Entry.objects.filter(kind="tests.diagnosed").exists()


def test_another_post_of_the_same_person_has_opened_nothing(place: Organization) -> None:
    stay, duty = diagnosed(place, "one"), somebody(Post.DUTY_LEADER, at=place)
    with scope.entered(duty.scope):
        breakglass.open_for(stay.record_subject(), "Unconscious, no doctor", by=duty)
    posting = duty.posting
    posting.post = Post.FINANCE.value
    as_finance = replace(duty, posting=posting)
    with scope.entered(as_finance.scope):
        assert breakglass.open_until(stay.pk, by=as_finance) is None


def test_a_person_elsewhere_is_not_opened(place: Organization) -> None:
    stay = diagnosed(a_facility(), "one")
    assert opens(client_of(somebody(Post.DUTY_LEADER, at=place)), stay) == 404
    assert not BreakGlass.objects.exists()


def test_a_reason_that_is_too_long_is_refused_and_not_cut(place: Organization) -> None:
    stay, client = diagnosed(place, "one"), client_of(somebody(Post.DUTY_LEADER, at=place))
    opens(client, stay, "night" * 80 + "x")
    assert not BreakGlass.objects.exists()
    assert "At most 400 characters" in client.get(reverse("people")).content.decode()
    opens(client, stay, "night" * 80)
    assert BreakGlass.objects.get().reason == "night" * 80


def test_whoever_opened_it_never_looks_at_it_themselves_and_oversight_is_asked(
    place: Organization,
) -> None:
    stay, opener = diagnosed(place, "one"), somebody(Post.LEADER, at=place)
    other = somebody(Post.LEADER, at=place)
    above = somebody(Post.OVERSIGHT, at=place.parent)
    opens(client_of(opener), stay)
    task = Task.objects.get(source_kind="access.glass_broken")
    own = duty_queries.task(task.pk, opener.actor)
    assert (own.may_accept, own.may_answer, own.may_withdraw) == (False, False, False)
    for post in (Post.LEADER, Post.OVERSIGHT):
        with pytest.raises(NotAllowed) as refusal:
            duty_services.accept(task.pk, by=replace(opener.actor, post=post))
        assert refusal.value.code == "task.own"
        with pytest.raises(NotAllowed):
            duty_services.withdraw(task.pk, "Nothing", by=replace(opener.actor, post=post))
    assert duty_queries.task(task.pk, other.actor).may_accept
    duty_services.accept(task.pk, by=other.actor)
    with pytest.raises(NotAllowed):
        duty_services.answer(task.pk, "All is well", by=opener.actor)
    with clock.set_to(clock.now() + timedelta(hours=25)):
        duty_services.sweep()
    task.refresh_from_db()
    assert task.asked == ["leader", "oversight"]
    assert task.pk in {shown.id for shown in duty_queries.now_list(above.actor)}


def test_what_nobody_looks_at_goes_to_oversight_after_half_an_hour(place: Organization) -> None:
    opens(client_of(somebody(Post.LEADER, at=place)), diagnosed(place, "one"))
    with clock.set_to(clock.now() + timedelta(minutes=31)):
        duty_services.sweep()
    assert Task.objects.get(source_kind="access.glass_broken").asked == ["leader", "oversight"]


@pytest.mark.parametrize(
    "reason", ["x", "急", "救人", "xxxxxxxxxxxxxxxx", "急急急急急急急急急急急", "- - - - - - - -"]
)
def test_a_letter_or_one_repeated_is_no_reason(place: Organization, reason: str) -> None:
    stay, client = diagnosed(place, "one"), client_of(somebody(Post.DUTY_LEADER, at=place))
    opens(client, stay, reason)
    assert not BreakGlass.objects.exists()
    assert not sees(client, stay)


@pytest.mark.parametrize("post", [Post.PATROL, Post.CASE_OFFICER, Post.ADMISSION, Post.OVERSIGHT])
def test_other_posts_do_not_open_it(place: Organization, post: Post) -> None:
    stay, other = diagnosed(place, "one"), somebody(post, at=place)
    assert opens(client_of(other), stay) == 403
    with scope.entered(other.scope), pytest.raises(NotAllowed):
        breakglass.open_for(stay.record_subject(), "Unconscious, no doctor", by=other)
    assert not BreakGlass.objects.exists()


def test_it_opens_the_stay_and_no_other_of_the_same_person_nor_their_cellmates(
    place: Organization,
) -> None:
    stay, duty = diagnosed(place, "one"), somebody(Post.DUTY_LEADER, at=place)
    doctor = an_officer(Post.MEDICAL, StaffKind.CLINICIAN)
    client, file = client_of(duty), reverse("person", args=[stay.pk])
    opens(client, stay)
    told = client.get(file).content.decode().count("Diagnosed")
    assert told
    about = stay.record_subject()
    before = replace(about, custody_id=new_id())  # an earlier stay of the same person
    in_the_cell = replace(about, detainee_id=None, custody_id=None)
    with record.deed() as deed:
        deed.append(Diagnosed(text="of before"), about=before, by=doctor)
        deed.append(Diagnosed(text="of the cell"), about=in_the_cell, by=doctor)
    assert client.get(file).content.decode().count("Diagnosed") == told
