"""What opens an account to somebody: nobody does it alone where that account confirms grave acts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from custos.foundation.accounts import administration, confirmations, services
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.administration import Place, Proof
from custos.foundation.accounts.models import Access, Confirmation, Posting, Staff, User
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Organization
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from tests.factories import (
    BY_SYSTEM,
    SYSTEM,
    a_cell,
    a_city,
    a_detainee,
    a_facility,
    somebody,
)

pytestmark = pytest.mark.django_db

MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"
PROOF = {"own_password": MINE}
WHY = {"reason": "Lost the phone"}


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    cache.clear()
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def security(facility: Organization) -> Acting:
    return somebody(Post.SECURITY_ADMIN, StaffKind.OTHER, at=facility, password=MINE)


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def wanted(at: Organization, name: str = "twin0", **changed: str) -> dict[str, str]:
    return {
        "username": name,
        "name": "Li Min",
        "number": f"A-{name}",
        "kind": "officer",
        "organization": str(at.pk),
        "post": "leader",
        "crew": "",
        "reason": "Takes over from her predecessor",
    } | changed


def with_second(second: Acting) -> dict[str, str]:
    return PROOF | {"second_name": second.user.username, "second_password": THEIRS}


def test_one_human_makes_no_two_who_confirm_each_other(
    security: Acting, facility: Organization
) -> None:
    client = client_of(security)
    for name, post in (("twin0", "leader"), ("twin1", "duty_leader"), ("twin2", "system_admin")):
        given = wanted(facility, name, post=post)
        for proof in (
            PROOF,
            PROOF | {"second_name": security.user.username, "second_password": MINE},
        ):
            page = client.post(reverse("account_new"), given | proof).content.decode()
            assert "<code>" not in page
    assert not User.objects.filter(username__startswith="twin").exists()
    assert Confirmation.objects.filter(confirmed_at=None).count() >= 3


@pytest.mark.parametrize("post", [Post.LEADER, Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN])
def test_a_second_person_at_the_same_desk_confirms_a_new_leader(
    security: Acting, facility: Organization, post: Post
) -> None:
    second = somebody(post, StaffKind.OTHER, at=facility, password=THEIRS)
    given = wanted(facility) | with_second(second)
    page = client_of(security).post(reverse("account_new"), given).content.decode()
    assert page.count("<code>") == 2
    made = Staff.objects.get(user__username="twin0")
    assert Posting.objects.get(staff=made).post == "leader"
    entries = Entry.objects.filter(by_ref=str(security.staff.pk))
    assert {entry.second_ref for entry in entries} == {str(second.staff.pk)}


@pytest.mark.parametrize("post", [Post.PATROL, Post.AUDIT_ADMIN, Post.DUTY_LEADER])
def test_other_posts_do_not_confirm_it(
    security: Acting, facility: Organization, post: Post
) -> None:
    second = somebody(post, at=facility, password=THEIRS)
    given = wanted(facility) | with_second(second)
    assert client_of(security).post(reverse("account_new"), given).status_code == 422
    assert not User.objects.filter(username="twin0").exists()


@pytest.mark.parametrize("post", [Post.LEADER, Post.SYSTEM_ADMIN])
def test_somebody_confirms_from_their_own_desk_and_exactly_that_is_made(
    security: Acting, facility: Organization, post: Post
) -> None:
    second = somebody(post, at=facility, password=THEIRS)
    admin = client_of(security)
    asked = admin.post(reverse("account_new"), wanted(facility) | PROOF)
    assert asked.status_code == 302
    assert 'value="twin0"' in admin.get(asked.headers["Location"]).content.decode()
    page = reverse("confirmation", args=[Confirmation.objects.get().pk])
    assert page in client_of(second).get(reverse("confirmations")).content.decode()
    shown = client_of(second).get(page).content.decode()
    for words in ("Li Min", "A-twin0", "twin0", "Facility leader", facility.name):
        assert words in shown
    assert client_of(second).post(page, {"own_password": THEIRS}).status_code == 302
    for changed in ({"number": "A-other"}, {"post": "duty_leader"}, {"name": "Li Ming"}):
        other = admin.post(reverse("account_new"), wanted(facility, **changed) | PROOF)
        assert other.status_code == 302, "asked for anew"
    assert not User.objects.filter(username="twin0").exists()
    made = admin.post(reverse("account_new"), wanted(facility) | PROOF)
    assert made.content.decode().count("<code>") == 2
    again = admin.post(reverse("account_new"), wanted(facility, "twin1") | PROOF)
    assert again.status_code == 302, "it counts once, and for nobody else"


def test_where_a_facility_has_nobody_else_the_citys_security_administrator_confirms(
    security: Acting, facility: Organization
) -> None:
    above = somebody(Post.SECURITY_ADMIN, StaffKind.OTHER, at=a_city(), password=THEIRS)
    given = wanted(facility) | with_second(above)
    client_of(security).post(reverse("account_new"), given)
    assert User.objects.filter(username="twin0").exists()
    elsewhere = somebody(Post.SECURITY_ADMIN, StaffKind.OTHER, at=a_facility(), password=THEIRS)
    given = wanted(facility, "twin1") | with_second(elsewhere)
    assert client_of(security).post(reverse("account_new"), given).status_code == 422
    assert not User.objects.filter(username="twin1").exists()


def test_posting_a_new_password_and_factors_of_who_confirms_take_a_second_person(
    security: Acting, facility: Organization
) -> None:
    leader = somebody(Post.LEADER, at=facility, password=MINE)
    patrol = somebody(Post.PATROL, at=facility, password=MINE)
    Authenticator.objects.create(user=leader.user, type=Authenticator.Type.TOTP, data={})
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility, password=THEIRS)
    admin = client_of(security)
    place = {
        "organization": str(facility.pk),
        "crew": "",
        "post": "duty_leader",
        "number": "P-1",
        "reason": "Leads the night",
    }

    def done() -> tuple[bool, bool, bool]:
        leader.user.refresh_from_db()
        return (
            Posting.objects.filter(user=patrol.user, post="duty_leader").exists(),
            not leader.user.check_password(MINE),
            not Authenticator.objects.filter(user=leader.user).exists(),
        )

    deeds = (
        (patrol, {"do": "post"} | place),
        (leader, {"do": "reset_factors"} | WHY),
        (leader, {"do": "new_password"} | WHY),
    )
    for who, what in deeds:
        page = reverse("account", args=[who.staff.pk])
        assert admin.post(page, what).status_code == 422, "without a proof"
        assert admin.post(page, what | PROOF).status_code == 302, "asked for"
    assert done() == (False, False, False)
    for who, what in deeds:
        admin.post(reverse("account", args=[who.staff.pk]), what | with_second(second))
    assert done() == (True, True, True)
    written = Entry.objects.filter(kind="account.changed", by_ref=str(security.staff.pk))
    assert [entry.second_ref for entry in written] == [str(second.staff.pk)] * 2
    lines = record.lines_of([entry.pk for entry in written]).values()
    assert {line.payload.reason for line in lines} == {"Lost the phone"}  # type: ignore[union-attr]


def test_the_second_person_reads_the_reason_and_who_comes_back_finds_it_again(
    security: Acting, facility: Organization
) -> None:
    leader = somebody(Post.LEADER, at=facility, password=MINE)
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility, password=THEIRS)
    admin, page = client_of(security), reverse("account", args=[leader.staff.pk])
    admin.post(page, {"do": "new_password"} | WHY | PROOF)
    other = client_of(second)
    assert "Lost the phone" in other.get(reverse("confirmations")).content.decode()
    asked = reverse("confirmation", args=[Confirmation.objects.get().pk])
    assert "Lost the phone" in other.get(asked).content.decode()
    dialog = admin.get(page).content.decode().split('id="new_password-reason"', 1)[1]
    assert dialog.split("</textarea>")[0].endswith("Lost the phone")


def test_of_an_account_that_does_not_confirm_no_second_person_is_asked_for(
    security: Acting, facility: Organization
) -> None:
    patrol = somebody(Post.PATROL, at=facility, password=MINE)
    leader = somebody(Post.LEADER, at=facility, password=MINE)
    admin = client_of(security)
    for who, named in ((patrol, 0), (leader, 1)):
        shown = admin.get(reverse("account", args=[who.staff.pk])).content.decode()
        assert shown.count('id="new_password-second_name"') == named


def test_a_post_that_does_not_confirm_takes_a_proof_and_no_second_person(
    security: Acting, facility: Organization
) -> None:
    admin, given = client_of(security), wanted(facility, post="patrol")
    assert admin.post(reverse("account_new"), given).status_code == 422
    assert not User.objects.filter(username="twin0").exists()
    admin.post(reverse("account_new"), given | PROOF)
    assert User.objects.filter(username="twin0").exists()


def test_nobody_confirms_by_a_password_that_was_handed_over(
    security: Acting, facility: Organization
) -> None:
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility)
    services.set_password(second.user.username, THEIRS, handed_over=True)
    given = wanted(facility) | with_second(second)
    answer = client_of(security).post(reverse("account_new"), given)
    assert answer.status_code == 422
    assert "handed over" in answer.content.decode()
    assert not User.objects.filter(username="twin0").exists()
    assert not Confirmation.objects.exclude(confirmed_at=None).exists()


def test_the_service_refuses_what_no_page_asked_for(
    security: Acting, facility: Organization
) -> None:
    leader = somebody(Post.LEADER, at=facility)
    just_now = Proof(confirmations.clock.now())
    with scope.entered(security.scope):
        for proof, code in (
            (Proof(None), "confirmation.not_proven"),
            (just_now, "account.second_person"),
        ):
            for act in (administration.new_password, administration.reset_factors):
                with pytest.raises(NotAllowed) as refusal:
                    act(leader.staff.pk, reason="Lost", by=security, proof=proof)
                assert refusal.value.code == code
            with pytest.raises(NotAllowed) as refusal:
                administration.put_on_post(
                    security.staff.pk, Place(facility, Post.LEADER), by=security, proof=proof
                )
            assert refusal.value.code == code


@pytest.mark.parametrize("same", ["a-1047", "Ａ１０４７", "A 1047"])
def test_one_number_is_one_person_wherever_they_serve(same: str) -> None:
    def put(name: str, number: str) -> None:
        services.post_staff(
            services.make_account(name, None),
            name="Li Min",
            kind=StaffKind.OFFICER,
            organization=a_facility(),
            post=Post.PATROL,
            number=number,
            by=BY_SYSTEM,
        )

    put("first", "A1047")
    put("other", "A1048")
    with pytest.raises(Conflict) as refusal:
        put("twin", same)
    assert refusal.value.code == "staff.number_taken"
    assert refusal.value.field == "number"
    for name in ("none", "neither"):
        put(name, "")


def test_a_number_that_is_taken_is_said_at_its_field(
    security: Acting, facility: Organization
) -> None:
    client = client_of(security)
    client.post(reverse("account_new"), wanted(facility, post="patrol") | PROOF)
    given = wanted(facility, "twin1", post="patrol", number="a twin0") | PROOF
    answer = client.post(reverse("account_new"), given)
    assert answer.status_code == 422
    assert "belongs to another account" in answer.content.decode()
    assert not User.objects.filter(username="twin1").exists()


def test_nobody_without_a_number_is_put_on_a_post_that_confirms_later(
    security: Acting, facility: Organization
) -> None:
    patrol = somebody(Post.PATROL, at=facility)
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility, password=THEIRS)
    place = Place(facility, Post.DUTY_LEADER)
    content = administration.content_of_post(patrol.staff.pk, place)
    with scope.entered(security.scope), pytest.raises(Malformed) as refusal:
        confirmations.ask(
            "account.post",
            content,
            organization_id=facility.pk,
            ground="Leads the night",
            by=security,
            proven_at=confirmations.clock.now(),
        )
    assert (refusal.value.code, refusal.value.field) == ("staff.number_needed", "number")
    page = reverse("account", args=[patrol.staff.pk])
    given = {
        "do": "post",
        "organization": str(facility.pk),
        "post": "duty_leader",
        "crew": "",
        "reason": "Leads the night",
    } | with_second(second)
    for number in ("", "---"):
        answer = client_of(security).post(page, given | {"number": number})
        assert answer.status_code == 422
        assert "has a service number" in answer.content.decode()
    assert not Confirmation.objects.exists(), "nobody was asked"
    assert client_of(security).post(page, given | {"number": "P-77"}).status_code == 302
    assert Posting.objects.filter(user=patrol.user, post="duty_leader").exists()
    assert Staff.objects.get(pk=patrol.staff.pk).number == "P-77"


def test_a_confirmation_that_was_given_without_a_number_puts_nobody_on_the_post(
    security: Acting, facility: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that stood open while the rule was not yet asked."""
    patrol = somebody(Post.PATROL, at=facility)
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility)
    place, now = Place(facility, Post.DUTY_LEADER), confirmations.clock.now()
    content = administration.content_of_post(patrol.staff.pk, place)
    act = confirmations.act_of("account.post")
    with monkeypatch.context() as patched:
        patched.setitem(confirmations._acts, act.name, replace(act, check=lambda content, by: None))
        with scope.entered(security.scope):
            asked = confirmations.ask(
                act.name,
                content,
                organization_id=facility.pk,
                ground="Leads the night",
                by=security,
                proven_at=now,
            )
        with scope.entered(second.scope):
            confirmations.confirm(asked.pk, by=second, proven_at=now)
    with scope.entered(security.scope), pytest.raises(Malformed) as refusal:
        administration.put_on_post(patrol.staff.pk, place, by=security, proof=Proof(now, asked.pk))
    assert refusal.value.code == "staff.number_needed"
    assert not Posting.objects.filter(user=patrol.user, post="duty_leader").exists()


def test_everything_that_would_refuse_an_account_is_said_before_anybody_is_asked(
    security: Acting, facility: Organization
) -> None:
    services.post_staff(
        services.make_account("twin0", None),
        name="Li Min",
        kind=StaffKind.OFFICER,
        organization=a_facility(),
        post=Post.PATROL,
        number="A1047",
        by=BY_SYSTEM,
    )
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility, password=THEIRS)
    given = wanted(facility, number="a-1047", reason="") | with_second(second)
    page = client_of(security).post(reverse("account_new"), given)
    assert page.status_code == 422
    assert "Say on what ground" in page.content.decode()
    page = client_of(security).post(reverse("account_new"), given | {"reason": "New leader"})
    for said in ("An account named twin0 exists", "belongs to another account"):
        assert said in page.content.decode()
    assert not Confirmation.objects.exists()


def test_what_was_taken_since_it_was_confirmed_is_refused_and_leaves_the_confirmation_unused(
    security: Acting, facility: Organization
) -> None:
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility, password=THEIRS)
    admin = client_of(security)
    admin.post(reverse("account_new"), wanted(facility) | PROOF)
    asked = Confirmation.objects.get()
    with scope.entered(second.scope):
        confirmations.confirm(asked.pk, by=second, proven_at=confirmations.clock.now())
    services.make_account("twin0", None)
    page = admin.post(reverse("account_new"), wanted(facility) | PROOF)
    assert page.status_code == 422
    assert "An account named twin0 exists" in page.content.decode()
    asked.refresh_from_db()
    assert asked.used_at is None


def test_a_post_that_is_held_already_is_said_in_words(
    security: Acting, facility: Organization
) -> None:
    patrol = somebody(Post.PATROL, at=facility)
    given = {"do": "post", "organization": str(facility.pk), "post": "patrol", "crew": ""} | PROOF
    page = client_of(security).post(reverse("account", args=[patrol.staff.pk]), given)
    assert page.status_code == 422
    assert "held already" in page.content.decode()


def test_requests_are_told_apart_by_whom_they_are_about_by_whom_since_when_and_why(
    security: Acting, facility: Organization
) -> None:
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility, password=THEIRS)
    admin = client_of(security)
    for name, reason in (("twin0", "Leads the night"), ("twin1", "Leads the day")):
        given = wanted(facility, name, reason=reason) | {"name": f"Li {name}"}
        admin.post(reverse("account_new"), given | PROOF)
    other = client_of(second)
    page = other.get(reverse("confirmations")).content.decode()
    rows = page.split('class="row-item"')[1:]
    assert len(rows) == 2
    asked = Confirmation.objects.order_by("asked_at")
    for row, request, words in zip(
        rows,
        asked,
        (
            ("Li twin0（A-twin0） · Facility leader", "Leads the night"),
            ("Li twin1（A-twin1） · Facility leader", "Leads the day"),
        ),
        strict=True,
    ):
        for said in (*words, "Zhao Min", request.asked_at.isoformat()[:16]):
            assert said in row
    bell = other.get(reverse("bell")).content.decode()
    assert "Li twin0" in bell
    assert "Leads the day" in bell


def test_a_request_about_somebody_in_custody_shows_them_and_the_look_is_logged(
    facility: Organization,
) -> None:
    stay = a_detainee(in_cell=a_cell(facility=facility), name="Wang Jianguo")
    leader, deputy = (somebody(post, at=facility) for post in (Post.LEADER, Post.DUTY_LEADER))
    entry = Entry.objects.get(custody_id=stay.pk, kind="custody.admitted")
    content = {
        "custody": str(stay.pk),
        "entry": str(entry.pk),
        "legal_ground": "CPL 286",
        "reason": "A minor's record",
    }
    with scope.entered(leader.scope):
        confirmations.ask(
            "record.erase_payload",
            content,
            organization_id=facility.pk,
            ground="CPL 286",
            by=leader,
            proven_at=confirmations.clock.now(),
        )
    for route in ("confirmations", "bell"):
        page = client_of(deputy).get(reverse(route)).content.decode()
        assert "Wang Jianguo" in page
        seen = Access.objects.filter(route=route, detainees__contains=[stay.detainee_id])
        assert seen.exists(), route


def test_an_entry_that_is_erased_already_is_not_asked_about_again(facility: Organization) -> None:
    stay = a_detainee(in_cell=a_cell(facility=facility))
    leader = somebody(Post.LEADER, at=facility)
    content = {
        "custody": str(stay.pk),
        "entry": str(stay.pk),  # no entry of this stay
        "legal_ground": "CPL 286",
        "reason": "A minor's record",
    }
    with scope.entered(leader.scope), pytest.raises(Missing):
        confirmations.ask(
            "record.erase_payload",
            content,
            organization_id=facility.pk,
            ground="CPL 286",
            by=leader,
            proven_at=confirmations.clock.now(),
        )


def test_nobody_signs_at_the_desk_what_has_become_impossible_since_it_was_asked(
    security: Acting, facility: Organization
) -> None:
    second = somebody(Post.SYSTEM_ADMIN, StaffKind.OTHER, at=facility, password=THEIRS)
    admin = client_of(security)
    admin.post(reverse("account_new"), wanted(facility) | PROOF)
    services.make_account("twin0", None)
    page = admin.post(reverse("account_new"), wanted(facility) | with_second(second))
    assert page.status_code == 422
    assert "An account named twin0 exists" in page.content.decode()
    assert Confirmation.objects.get().confirmed_at is None
