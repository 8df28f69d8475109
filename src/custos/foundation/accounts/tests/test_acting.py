"""As what an account acts, and what it therefore sees and may write."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import queries, services
from custos.foundation.accounts.middleware import SESSION_KEY
from custos.foundation.accounts.models import Posting
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Audience, Post, StaffKind
from tests.factories import BY_SYSTEM, SYSTEM, a_city, a_facility, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def test_an_account_without_a_posting_acts_as_nothing() -> None:
    assert queries.acting_of(services.make_account("nobody", None)) is None


def test_an_account_acts_on_its_first_posting_or_the_one_it_chose() -> None:
    acting = somebody(Post.PATROL)
    second = services.post_staff(
        acting.user,
        name="",
        kind=StaffKind.OFFICER,
        organization=acting.organization,
        post=Post.DUTY_LEADER,
        by=BY_SYSTEM,
    )
    chosen = queries.acting_of(acting.user, second.pk)
    assert chosen is not None
    assert (chosen.post, len(chosen.postings)) == (Post.DUTY_LEADER, 2)
    default = queries.acting_of(acting.user)
    assert default is not None
    assert default.post is Post.PATROL
    assert default.staff == chosen.staff == acting.staff


def test_a_posting_counts_from_its_first_day_to_its_last() -> None:
    acting = somebody(Post.PATROL)
    Posting.objects.filter(pk=acting.posting.pk).update(
        since=date(2026, 3, 2), until=date(2026, 3, 5)
    )
    # The days are Beijing's: 16:00 UTC is midnight there.
    for moment, holds in (
        (datetime(2026, 3, 1, 15, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 5, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 5, 16, 0, tzinfo=UTC), False),
    ):
        with clock.set_to(moment):
            assert (queries.acting_of(acting.user) is not None) is holds, moment


def test_an_expired_posting_that_was_chosen_gives_nothing_even_to_who_holds_another() -> None:
    acting = somebody(Post.LEADER)
    services.post_staff(
        acting.user,
        name="",
        kind=StaffKind.OFFICER,
        organization=acting.organization,
        post=Post.PATROL,
        by=BY_SYSTEM,
    )
    Posting.objects.filter(pk=acting.posting.pk).update(
        since=date(2020, 1, 1), until=date(2020, 1, 2)
    )
    now = queries.acting_of(acting.user, acting.posting.pk)
    assert now is not None
    assert now.post is Post.PATROL
    assert Audience.LEADERS not in now.scope.audiences


def test_the_scope_is_the_subtree_of_the_organization_acted_for() -> None:
    facility = somebody(Post.PATROL).scope
    assert (facility.lowest, facility.highest) == (101_001_001, 101_001_001)
    city = somebody(Post.OVERSIGHT, at=a_city()).scope
    assert (city.lowest, city.highest) == (101_001_000, 101_001_999)


@pytest.mark.parametrize(
    ("post", "kind", "audiences"),
    [
        (Post.MEDICAL, StaffKind.CLINICIAN, {1, 2, 3}),
        (Post.MEDICAL, StaffKind.OFFICER, {1, 3}),
        (Post.PATROL, StaffKind.OFFICER, {1}),
        (Post.PATROL, StaffKind.AUXILIARY, {1}),
        (Post.LEADER, StaffKind.OFFICER, {1, 4}),
        (Post.RESIDENT_PROSECUTOR, StaffKind.OTHER, {1, 5, 6}),
    ],
)
def test_post_and_kind_together_say_what_is_read(
    post: Post, kind: StaffKind, audiences: set[int]
) -> None:
    assert somebody(post, kind).scope.audiences == audiences


def test_putting_somebody_on_a_post_is_an_entry() -> None:
    acting = somebody(Post.PATROL)
    entry = Entry.objects.get(kind="staff.posted")
    assert entry.organization_id == acting.posting.organization_id


def test_an_account_reads_its_own_staff_row_and_no_other_before_it_acts() -> None:
    acting, other = somebody(), somebody()
    with scope.entered(scope.Scope.of_nobody(acting.user.pk)):
        seen = set(Posting.objects.values_list("user_id", flat=True))
    assert seen == {acting.user.pk}
    assert other.user.pk not in seen


@pytest.mark.parametrize("weak", ["short", "password1234", "administrator", "zhao-min-zhao"])
def test_a_weak_password_is_refused(weak: str) -> None:
    services.make_account("zhao-min-zhao", None)
    with pytest.raises(Malformed) as refusal:
        services.set_password("zhao-min-zhao", weak)
    assert refusal.value.code == "account.weak_password"


def test_an_account_with_a_weak_password_is_not_made() -> None:
    with pytest.raises(Malformed):
        services.make_account("patrol-7", "12345")
    services.make_account("patrol-7", None)


def test_a_name_belongs_to_one_account() -> None:
    services.make_account("patrol-7", None)
    with pytest.raises(Conflict):
        services.make_account("patrol-7", None)


def test_switching_takes_a_posting_that_is_held_and_no_other() -> None:
    acting, stranger = somebody(Post.PATROL), somebody(Post.LEADER)
    second = services.post_staff(
        acting.user,
        name="",
        kind=StaffKind.OFFICER,
        organization=a_facility(),
        post=Post.CASE_OFFICER,
        by=BY_SYSTEM,
    )
    client = Client()
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    for wanted in (str(stranger.posting.pk), "", "x", "1e3"):
        client.post(reverse("acting_switch"), {"posting": wanted})
        assert SESSION_KEY not in client.session
    client.post(reverse("acting_switch"), {"posting": str(second.pk)})
    assert client.session[SESSION_KEY] == second.pk


def test_an_address_that_takes_forms_alone_says_so_on_a_page() -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(somebody().user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("acting_switch"))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "be opened like this" in answer.content.decode()
    assert 'class="bar"' in answer.content.decode()
    asked = client.get(reverse("acting_switch"), headers={"accept": "application/json"})
    assert asked.json()["status"] == 405


@pytest.mark.parametrize(
    "path",
    ["password/reset/", "password/reset/done/", "password/reset/key/3-set-password/", "email/"],
)
def test_a_password_is_reset_by_no_email_but_the_page_says_by_whom(path: str) -> None:
    answer = Client(headers={"accept-language": "en"}).get(f"/account/{path}")
    assert answer.status_code == 404
    assert "Ask your administrator for a new password." in answer.content.decode()
    assert 'type="email"' not in answer.content.decode()
