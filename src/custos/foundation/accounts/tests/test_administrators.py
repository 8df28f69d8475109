"""Three administrators who stand apart, and what each of them does."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from custos.config import logs
from custos.foundation import clock
from custos.foundation.accounts import access, locking, queries, services
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access, Posting, SignIn, Staff, Tries, User
from custos.foundation.database import scope
from custos.foundation.errors import Malformed, NotAllowed
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import ADMINISTRATORS, Post, StaffKind
from tests.factories import BY_SYSTEM, SYSTEM, a_cell, a_detainee, a_facility, somebody

PASSWORD = "seven-quiet-corridors"


@pytest.fixture
def _scope(db: None) -> Iterator[None]:
    cache.clear()  # allauth counts there
    with scope.entered(SYSTEM):
        yield


def again(acting: Acting, post: Post, **more: object) -> Posting:
    return services.post_staff(
        acting.user,
        name="",
        kind=StaffKind.OFFICER,
        organization=acting.organization,
        post=post,
        by=BY_SYSTEM,
        **more,  # type: ignore[arg-type]
    )


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


# ------------------------------------------------------------------ apart


@pytest.mark.usefixtures("_scope")
def test_no_account_combines_two_administrators_or_one_with_duty() -> None:
    pairs = [*combinations(sorted(ADMINISTRATORS), 2)]
    pairs += [(post, Post.LEADER) for post in ADMINISTRATORS]
    for one, other in pairs:
        for first, second in ((one, other), (other, one)):
            acting = somebody(first)
            with pytest.raises(NotAllowed) as refusal:
                again(acting, second)
            assert refusal.value.code == "posting.administrators_apart"
            assert Posting.objects.filter(user=acting.user).count() == 1


@pytest.mark.usefixtures("_scope")
def test_who_left_an_administrators_role_may_take_another_the_day_after() -> None:
    acting = somebody(Post.AUDIT_ADMIN)
    today = acting.posting.since
    Posting.objects.filter(pk=acting.posting.pk).update(until=today)
    with pytest.raises(NotAllowed):
        again(acting, Post.PATROL, since=today)
    again(acting, Post.PATROL, since=today + timedelta(days=1))


def test_of_two_roles_given_at_once_one_is_refused(live_database: str) -> None:
    for _ in range(4):
        with scope.entered(SYSTEM):
            user = services.make_account(f"account-{clock.now().timestamp()}", None)
            place = a_facility()
            staff = Staff.objects.create(
                user=user, organization=place, name="Zhao Min", kind=StaffKind.OTHER
            )
        together = threading.Barrier(2)

        def give(post: Post, user: User = user, together: threading.Barrier = together) -> str:
            try:
                with scope.entered(SYSTEM):
                    together.wait(10)
                    services.post_staff(
                        user,
                        name="",
                        kind=StaffKind.OTHER,
                        organization=place,  # noqa: B023
                        post=post,
                        by=BY_SYSTEM,
                    )
            except NotAllowed as refusal:
                return refusal.code
            finally:
                connection.close()
            return "given"

        with ThreadPoolExecutor(2) as pool:
            said = sorted(pool.map(give, [Post.SECURITY_ADMIN, Post.AUDIT_ADMIN]))
        assert said == ["given", "posting.administrators_apart"]
        with scope.entered(SYSTEM):
            assert Posting.objects.filter(staff=staff).count() == 1


def test_the_database_refuses_it_to_whoever_goes_past_the_program(
    live_database: str, owner_sql: psycopg.Connection
) -> None:
    with scope.entered(SYSTEM):
        acting, other = somebody(Post.SYSTEM_ADMIN), somebody(Post.PATROL)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        owner_sql.execute(
            "INSERT INTO accounts_posting (staff_id, user_id, organization_id, post, since)"
            " SELECT staff_id, user_id, organization_id, 'leader', since FROM accounts_posting"
            " WHERE id = %s",
            [acting.posting.pk],
        )
    with pytest.raises(psycopg.errors.CheckViolation):
        owner_sql.execute(
            "UPDATE accounts_posting SET user_id = %s WHERE id = %s",
            [acting.user.pk, other.posting.pk],
        )


@pytest.mark.usefixtures("_scope")
@pytest.mark.parametrize("post", sorted(ADMINISTRATORS))
def test_an_administrator_reads_nothing_of_the_record(post: Post) -> None:
    place = a_facility()
    a_detainee(in_cell=a_cell(facility=place))
    acting = somebody(post, at=place)
    assert acting.scope.audiences == frozenset()
    with scope.entered(acting.scope):
        assert not Entry.objects.exists()


# ------------------------------------------------------------------ security


@pytest.fixture
def security(_scope: None) -> Acting:
    return somebody(Post.SECURITY_ADMIN, password=PASSWORD)


WHY = {"reason": "On leave until summer"}
MINE = WHY | {"own_password": PASSWORD}


def a_member(of: Acting, **changed: str) -> dict[str, str]:
    return {
        "username": "li-min",
        "name": "Li Min",
        "number": "990001",
        "kind": "officer",
        "organization": str(of.organization.pk),
        "post": "patrol",
        "crew": "2",
        **MINE,
    } | changed


def test_an_account_is_made_with_a_post_and_its_password_shown_once(security: Acting) -> None:
    client = client_of(security)
    page = client.post(reverse("account_new"), a_member(security)).content.decode()
    made = User.objects.get(username="li-min")
    acting = queries.acting_of(made)
    assert acting is not None
    assert (acting.post, acting.posting.crew, acting.staff.number) == (Post.PATROL, 2, "990001")
    password = page.split("<code>")[2].split("</code>")[0]
    assert made.check_password(password)
    assert password not in client.get(reverse("account", args=[acting.staff.pk])).content.decode()
    kinds = Entry.objects.filter(by_ref=str(security.staff.pk)).values_list("kind", flat=True)
    assert sorted(kinds) == ["account.changed", "staff.posted"]


def test_what_cannot_be_made_is_said_and_nothing_is_left(security: Acting) -> None:
    client, elsewhere = client_of(security), a_facility()
    services.make_account("taken", None)
    for changed in (
        {"username": "taken"},
        {"organization": str(elsewhere.pk)},
        {"post": "emperor"},
        {"name": ""},
        {"post": ""},
        {"kind": ""},
    ):
        answer = client.post(reverse("account_new"), a_member(security, **changed))
        assert answer.status_code == 422
    assert not User.objects.filter(username="li-min").exists()


def test_an_empty_form_says_once_that_nothing_was_saved(security: Acting) -> None:
    page = client_of(security).post(reverse("account_new"), {}).content.decode()
    assert page.count("Nothing was saved yet") == 1


def test_postings_and_accounts_are_looked_after(security: Acting) -> None:
    client, member = client_of(security), somebody(at=security.organization, password=PASSWORD)
    page = reverse("account", args=[member.staff.pk])
    place = {"organization": str(security.organization.pk), "crew": ""}

    def does(what: str, **more: str) -> int:
        return client.post(page, {"do": what} | more).status_code

    assert does("post", post="interrogation", **place, **MINE) == 302
    assert does("post", post="audit_admin", **place, **MINE) == 422
    assert Posting.objects.filter(user=member.user).count() == 2
    assert does("end", posting=str(member.posting.pk), **WHY) == 302
    assert Posting.objects.get(pk=member.posting.pk).until is not None
    assert does("close", **WHY) == 302
    assert not User.objects.get(pk=member.user.pk).is_active
    assert does("open", **WHY) == 302
    assert User.objects.get(pk=member.user.pk).is_active
    shown = client.post(page, {"do": "new_password"} | MINE).content.decode()
    assert User.objects.get(pk=member.user.pk).must_change_password
    assert not User.objects.get(pk=member.user.pk).check_password(PASSWORD)
    assert User.objects.get(pk=member.user.pk).check_password(
        shown.split("<code>")[2].split("</code>")[0]
    )
    written = Entry.objects.filter(by_ref=str(security.staff.pk)).order_by("seq")
    assert [entry.kind for entry in written] == [
        "staff.posted",
        "staff.posting_ended",
        *["account.changed"] * 3,
    ]


def test_who_opens_an_account_to_somebody_proves_first_who_they_are(security: Acting) -> None:
    client, member = client_of(security), somebody(at=security.organization, password=PASSWORD)
    Authenticator.objects.create(user=member.user, type=Authenticator.Type.TOTP, data={})
    page = reverse("account", args=[member.staff.pk])
    for given in (WHY, WHY | {"own_password": "wrong-password-1"}, {"own_password": PASSWORD}):
        for do in ("reset_factors", "new_password"):
            assert client.post(page, {"do": do} | given).status_code == 422
    assert Authenticator.objects.filter(user=member.user).exists()
    assert User.objects.get(pk=member.user.pk).check_password(PASSWORD)
    assert client.post(page, {"do": "reset_factors"} | MINE).status_code == 302
    assert not Authenticator.objects.filter(user=member.user).exists()


def test_nothing_is_done_to_an_account_without_a_reason_which_the_record_keeps(
    security: Acting,
) -> None:
    client, member = client_of(security), somebody(at=security.organization, password=PASSWORD)
    page = reverse("account", args=[member.staff.pk])
    posting = {"posting": str(member.posting.pk)}
    for do in ("close", "new_password", "end"):
        answer = client.post(page, {"do": do} | posting)
        assert answer.status_code == 422
        dialog = answer.content.decode().split("data-shown", 1)[1]
        assert "Fill in: Reason." in dialog, "the decision stands open with what it lacks"
    assert User.objects.get(pk=member.user.pk).is_active
    assert Posting.objects.get(pk=member.posting.pk).until is None

    done = client.post(page, {"do": "close"} | WHY, follow=True).content.decode()
    assert "The account is closed." in done
    client.post(page, {"do": "end"} | posting | WHY)
    written = Entry.objects.filter(by_ref=str(security.staff.pk)).values_list("id", flat=True)
    lines = record.lines_of(written).values()
    assert {line.kind: getattr(line.payload, "reason", "") for line in lines} == {
        "account.changed": "On leave until summer",
        "staff.posting_ended": "On leave until summer",
    }


def test_who_is_locked_out_is_seen_and_only_they_can_be_unlocked(security: Acting) -> None:
    client, member = client_of(security), somebody(at=security.organization, password=PASSWORD)
    page = reverse("account", args=[member.staff.pk])
    for n in range(4):
        tries(member.user.username, f"wrong-password-{n}")
    assert 'value="unlock"' not in client.get(page).content.decode()
    tries(member.user.username, "wrong-password-4")
    at = Tries.objects.get(key=f"account {member.user.username}").last_at
    until = (at + timedelta(minutes=15)).astimezone(clock.LOCAL).strftime("locked until %H:%M")
    assert until in client.get(page).content.decode()
    assert 'value="unlock"' in client.get(page).content.decode()
    assert client.get(reverse("accounts")).content.decode().count(until) == 1
    client.post(page, {"do": "unlock"} | WHY)
    assert "locked until" not in client.get(page).content.decode()


def test_no_post_is_chosen_for_whoever_puts_somebody_on_one(security: Acting) -> None:
    page = client_of(security).get(reverse("account_new")).content.decode()
    for name in ("post", "kind"):
        select = page.split(f'name="{name}"')[1].split("</select>")[0]
        first, others = select.split("</option>", 1)
        assert 'value=""' in first
        assert "selected" not in others


def test_nobody_closes_their_own_account(security: Acting) -> None:
    page = reverse("account", args=[security.staff.pk])
    client_of(security).post(page, {"do": "close"} | WHY)
    assert User.objects.get(pk=security.user.pk).is_active


# ------------------------------------------------------------------ lock-out


def tries(username: str, password: str, address: str = "10.0.0.7") -> int:
    cache.clear()  # allauth's own bound, which this isn't about
    client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)
    given = {"login": username, "password": password}
    return client.post(reverse("account_login"), given).status_code


def test_an_account_is_locked_out_after_five_wrong_passwords_and_unlocked_by_hand(
    security: Acting,
) -> None:
    member = somebody(at=security.organization, password=PASSWORD)
    name = member.user.username
    said = [tries(name, f"wrong-password-{n}", f"10.0.0.{n}") for n in range(5)]
    assert said == [200] * 4 + [429]
    assert tries(name, PASSWORD, "10.0.1.1") == 429, "from anywhere, with the right one too"
    client_of(security).post(reverse("account", args=[member.staff.pk]), {"do": "unlock"} | WHY)
    assert tries(name, PASSWORD) == 302


def test_a_lock_out_ends_by_itself(security: Acting) -> None:
    member = somebody(password=PASSWORD)
    for n in range(5):
        tries(member.user.username, f"wrong-password-{n}")
    assert locking.is_locked_out(member.user.username)
    Tries.objects.update(last_at=clock.now() - locking.LASTS - timedelta(seconds=1))
    assert tries(member.user.username, PASSWORD) == 302


def test_an_address_is_locked_out_after_twenty(security: Acting) -> None:
    member = somebody(password=PASSWORD)
    for n in range(locking.BY_ADDRESS):
        tries(f"nobody-{n}", "wrong-password-1", "10.9.9.9")
    assert tries(member.user.username, PASSWORD, "10.9.9.9") == 429
    assert tries(member.user.username, PASSWORD, "10.9.9.8") == 302


def test_signing_in_oneself_gives_no_new_tries_at_others(security: Acting) -> None:
    mine, other = somebody(password=PASSWORD), somebody(password=PASSWORD)
    for n in range(4):
        tries(other.user.username, f"wrong-password-{n}")
    assert tries(mine.user.username, PASSWORD) == 302
    assert tries(other.user.username, "wrong-password-5") == 429


def test_what_was_typed_in_vain_is_kept_nowhere(
    security: Acting, caplog: pytest.LogCaptureFixture
) -> None:
    tries("my-secret-password-typed-as-name", "another-secret-1")
    tries(security.user.username, "another-secret-2")
    keys = list(Tries.objects.values_list("key", flat=True))
    kept = f"{keys} {list(SignIn.objects.values())} {caplog.text}"
    assert "secret" not in kept
    assert f"account {security.user.username}" in keys


# ------------------------------------------------------------------ audit


@pytest.mark.usefixtures("_scope")
def test_sign_ins_are_rows_that_the_audit_administrator_finds() -> None:
    place = a_facility()
    audit, member = somebody(Post.AUDIT_ADMIN, at=place), somebody(at=place, password=PASSWORD)
    stranger = somebody(password=PASSWORD)
    client = Client(REMOTE_ADDR="10.0.0.9")
    client.post(
        reverse("account_login"), {"login": member.user.username, "password": "wrong-password-1"}
    )
    client.post(reverse("account_login"), {"login": member.user.username, "password": PASSWORD})
    client.post(reverse("account_logout"))
    tries(stranger.user.username, PASSWORD)
    rows = SignIn.objects.filter(user=member.user).order_by("at")
    assert [(row.what, row.address) for row in rows] == [
        (what, "10.0.0.9") for what in ("failed", "in", "out")
    ]
    page = client_of(audit).get(reverse("sign_ins")).content.decode()
    assert page.count(f">{member.user.username}<") == 3
    assert stranger.user.username not in page, "of another facility"
    narrowed = client_of(audit).get(reverse("sign_ins"), {"what": "failed"}).content.decode()
    assert narrowed.count(f">{member.user.username}<") == 1
    with pytest.raises(Exception, match="permission denied"), scope.entered(SYSTEM):
        SignIn.objects.all().delete()


@pytest.mark.usefixtures("_scope")
def test_a_refused_page_is_a_line_of_the_log_with_the_post_and_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = a_facility()
    stay = a_detainee(in_cell=a_cell(facility=place), name="Wang Jianguo")
    officer = somebody(Post.PATROL, at=a_facility())
    client = client_of(officer)
    client.get(reverse("accounts"))
    client.get(reverse("person", args=[stay.pk]))
    client.get(reverse("people"))
    lines = [record.msg for record in caplog.records if "access.refused" in str(record.msg)]
    assert [(line["route"], line["status_code"], line["post"]) for line in lines] == [
        ("accounts", 403, "patrol"),
        ("person", 404, "patrol"),
    ]
    assert {line["organization_id"] for line in lines} == {officer.organization.pk}
    written = str([logs.without_personal_data(None, "", dict(line)) for line in lines])
    assert "'post': 'patrol'" in written
    for hidden in (str(stay.pk), "Wang", officer.user.username, str(officer.staff.pk)):
        assert hidden not in written


@pytest.mark.usefixtures("_scope")
def test_the_access_log_says_who_looked_and_names_nobody_in_custody() -> None:
    place = a_facility()
    stay = a_detainee(in_cell=a_cell(facility=place), name="Wang Jianguo")
    officer = somebody(Post.CASE_OFFICER, at=place)
    client_of(officer).get(reverse("person", args=[stay.pk]))
    assert Access.objects.filter(staff_id=officer.staff.pk).exists()
    client = client_of(somebody(Post.AUDIT_ADMIN, at=place))
    page = client.get(reverse("access_log")).content.decode()
    for words in ("reading a person&#x27;s file", "a person&#x27;s file", "Zhao Min"):
        assert words in page
    assert ">custody.file<" not in page, "in words"
    assert "Wang" not in page
    assert str(stay.detainee_id) not in page
    for query, found in (
        ({"what": "custody.file"}, True),
        ({"what": "duty"}, False),
        ({"what": "other"}, False),
        ({"who": "zhao"}, True),
        ({"who": "nobody"}, False),
        ({"since": "2020-01-01", "until": "2020-01-02"}, False),
        ({"since": "nonsense"}, True),
    ):
        shown = client.get(reverse("access_log"), query).content.decode()
        assert ('title="custody.file"' in shown) == found, query


@pytest.mark.usefixtures("_scope")
def test_the_access_log_answers_who_looked_at_this_person_when_and_for_what() -> None:
    place = a_facility()
    cell = a_cell(facility=place)
    stay, other = (a_detainee(in_cell=cell, name=name) for name in ("Wang Jianguo", "Li Si"))
    officer = somebody(Post.CASE_OFFICER, at=place)
    for one in (stay, other):
        client_of(officer).get(reverse("person", args=[one.pk]))
    client_of(officer).get(reverse("people"))
    client = client_of(somebody(Post.AUDIT_ADMIN, at=place))

    def rows(**query: str) -> list[str]:
        page = client.get(reverse("access_log"), query).content.decode()
        return page.split("<tr data-key")[1:]

    assert len(rows()) == 3
    found = rows(whom=stay.number)
    assert [stay.number in row for row in found] == [True, True]
    assert [other.number in row for row in found] == [False, False]
    assert [">a person&#x27;s file<" in row for row in found] == [False, True]
    assert "2 people in all" in found[0]
    assert len(rows(whom=stay.number, what="custody.file")) == 1
    for wrong in (stay.number[:-1], "Wang Jianguo"):
        assert rows(whom=wrong) == []
        page = client.get(reverse("access_log"), {"whom": wrong}).content.decode()
        assert "Nobody here has this custody number" in page
    elsewhere = client_of(somebody(Post.AUDIT_ADMIN))
    assert stay.number not in elsewhere.get(reverse("access_log")).content.decode()
    asked = elsewhere.get(reverse("access_log"), {"whom": stay.number}).content.decode()
    assert "Nobody here has this custody number" in asked


@pytest.mark.usefixtures("_scope")
def test_an_open_page_that_fetches_itself_is_one_look_and_whoever_is_new_to_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "STANDS", timedelta(minutes=1))  # a desk locks within the hour
    place = a_facility()
    cell = a_cell(facility=place)
    first = a_detainee(in_cell=cell)
    client = client_of(somebody(Post.CASE_OFFICER, at=place))
    by_itself: dict[str, Any] = {"headers": {"X-Live": "true"}}

    def seen() -> list[list[UUID]]:
        return list(Access.objects.order_by("at", "id").values_list("detainees", flat=True))

    client.get(reverse("people"))
    for _ in range(3):
        assert "Wang" in client.get(reverse("people"), **by_itself).content.decode()
    assert seen() == [[first.detainee_id]]
    second = a_detainee(in_cell=cell)
    client.get(reverse("people"), **by_itself)
    assert seen()[1:] == [[second.detainee_id]]
    client.get(reverse("people"))
    assert len(seen()) == 3, "opened again it is a look of its own"
    with clock.set_to(clock.now() + access.STANDS + timedelta(seconds=1)):
        client.get(reverse("people"), **by_itself)
    assert len(seen()) == 4, "what still stands on a screen is written anew"
    client_of(somebody(Post.CASE_OFFICER, at=place)).get(reverse("people"), **by_itself)
    assert len(seen()) == 5, "each reader has rows of their own"


# ------------------------------------------------------------------ the command line


@pytest.mark.usefixtures("_scope")
def test_the_command_line_puts_somebody_on_a_post_and_refuses_what_it_does_not_know() -> None:
    services.make_account("admin1", None)
    place = a_facility()
    given = {"name": "Li Min", "kind": "other", "organization": place.pk, "post": "security_admin"}
    services.post_by_codes("admin1", **given)  # type: ignore[arg-type]
    acting = queries.acting_of(User.objects.get(username="admin1"))
    assert acting is not None
    assert acting.post is Post.SECURITY_ADMIN
    for wrong in ({"post": "emperor"}, {"organization": 1}, {"kind": "robot"}):
        with pytest.raises(Malformed):
            services.post_by_codes("admin1", **(given | wrong))  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        services.post_by_codes("nobody", **given)  # type: ignore[arg-type]
