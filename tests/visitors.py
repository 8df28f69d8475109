"""Everybody who opens pages of the house, each with the pages that only they open.

Together they open every page that the program's addresses lead to: `test_house.py` compares, and
`EXCEPT` names what a browser is never shown as a page of its own, with the reason.
"""

import time
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import boards, confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import User
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.foundation.ui import wizard
from custos.management.reception.admission import services as reception
from custos.management.reception.admission.services import Sort
from custos.management.reception.tests import admissions
from tests import factories, merging
from tests.house import House, cookie_of

PASSWORD = "quiet-river-4417"
_BACKEND = "django.contrib.auth.backends.ModelBackend"

#: Routes that answer GET without being a page that somebody looks at, by why.
EXCEPT = {
    "sends on": (
        "home",
        "set_language",
        "release_of",
        "wizard",
        "lock_passkey",
        "mfa_reauthenticate_webauthn",
    ),
    "part of a page, fetched by it": (
        "calls",
        "duty_now",
        "duty_ahead",
        "duty_area",
        "duty_item",
        "duty_around",
        "roster_day_now",
        "roster_state",
    ),
    "stream or data for scripts": (
        "live",
        "lock_state",
        "metrics",
        "api:openapi",
        "handheld_data",
        "handheld_worker",
    ),
    "file to download or picture": (
        "people_export",
        "people_import_template",
        "person_photo",
        "limits_export",
        "registers_export",
        "registers_pdf",
        "roster_sheet",
        "assessment_export",
        "duty_ledger_export",
        "duty_ledger_pdf",
        "injury_photo",
        "mfa_download_recovery_codes",
    ),
    "leads a board to its page": ("board_open",),
    "the same as the first part of the gallery": ("gallery",),
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with the cookies of a browser, and what they open."""

    cookies: dict[str, str]
    pages: tuple[str, ...]


def visitors(house: House) -> list[Visitor]:
    """All of them; what only their pages need is made here."""
    leader, doctor = house.someone(Post.LEADER), house.someone(Post.MEDICAL, StaffKind.CLINICIAN)
    duty_leader, admission = house.someone(Post.DUTY_LEADER), house.someone(Post.ADMISSION)
    security, audit = house.someone(Post.SECURITY_ADMIN), house.someone(Post.AUDIT_ADMIN)
    with scope.entered(factories.SYSTEM):
        city = factories.somebody(Post.OVERSIGHT, at=house.facility.parent)
        entry = Entry.objects.get(custody_id=house.stay, kind="custody.admitted").pk
        erased, asked = _asked(house, leader, entry)
        stays = {one.detainee.name: one for one in Custody.objects.select_related("detainee")}
        back = reception.expect(
            admission, sort=Sort.COURT, name="", brought_by="法警队", custody_id=stays["孙明远"].pk
        )
        notice = _refused(admission, doctor)
        former = merging.a_former(stays["孙明远"])
        _board, code = boards.make("指挥室", by=leader)
        board = boards.enroll(code)
    return [
        Visitor(_session(duty_leader), (*house.pages, "/confirmations/", asked)),
        Visitor(
            _session(leader),
            (
                "/confirmations/",
                erased,
                f"/people/{house.stay}/copy/",
                f"/people/{former.pk}/same/{former.detainee_id}/part/",
                "/administration/emergencies/",
                "/administration/boards/",
                "/assessment/",
                f"/assessment/{house.facility.pk}/2026-03/",
                f"/assessment/{house.facility.pk}/2026-03/cases/?measure=first_action",
                "/tokens/",
                reverse("api:docs"),
            ),
        ),
        Visitor(_session(admission), (f"/reception/arrivals/{back.pk}/return/", notice)),
        Visitor(
            _session(doctor),
            (
                f"/people/{stays['孙明远'].pk}/apart/alone/",
                f"/people/{house.settling}/apart/transition/",
                f"/wizard/admission/{house.admission}/health/",
            ),
        ),
        Visitor(
            _session(security),
            (
                "/administration/accounts/",
                "/administration/accounts/new/",
                f"/administration/accounts/{duty_leader.staff.pk}/",
            ),
        ),
        Visitor(_session(audit), ("/administration/access/", "/administration/sign-ins/")),
        Visitor(
            _session(city),
            ("/facility/", f"/facility/{house.facility.pk}/", "/people/", "/limits/"),
        ),
        Visitor({"board": board}, ("/board/",)),
        Visitor(_session(house.roster.officer), _own_shifts(house)),
        Visitor(_locked(house.someone(Post.PATROL)), ("/lock/",)),
        Visitor({}, ("/account/login/", "/board/enroll/", "/account/password/reset/")),
        *_with_factors(house),
    ]


def seen_otherwise(house: House) -> list[Visitor]:
    """Pages that the first visitor opens too, by posts to whom they show something else."""
    file, clock_ = f"/people/{house.stay}/", f"/people/{house.stay}/limits/"
    apart, gate_ = f"/people/{house.stay}/apart/", f"/releases/{house.release}/"
    task = f"/duty/?task={house.task}"
    pages = {
        Post.PATROL: (task, f"/counts/{house.count}/"),
        Post.CASE_OFFICER: (file, apart, gate_),
        Post.MEDICAL: (file, apart, task),
        Post.ADMISSION: (gate_, "/reception/", clock_),
        Post.RESIDENT_PROSECUTOR: (file, "/people/", clock_),
        Post.LEADER: (f"/limits/warnings/{house.warning}/", gate_),
        Post.SYSTEM_ADMIN: ("/operations/",),
    }
    clinical = {Post.MEDICAL: StaffKind.CLINICIAN}
    return [
        Visitor(_session(house.someone(post, clinical.get(post, StaffKind.OFFICER))), theirs)
        for post, theirs in pages.items()
    ]


def _own_shifts(house: House) -> tuple[str, ...]:
    """My shifts, whom to ask about one of them, and what is asked of them."""
    gives, other = house.roster.gives, house.roster.other.actor.ref
    ask = reverse("my_duty_swap", args=[gives.day.isoformat(), gives.turn])
    return ("/my-duty/", ask, f"{ask}?with={other}")


def _refused(officer: Acting, doctor: Acting) -> str:
    """The page of the notice by which somebody who is ill was refused just now."""
    draft = reception.start_unexpected(officer)
    told = admissions.typed(str(officer.organization.kind), "", **admissions.ILL)
    draft = admissions.fill(draft, told | {"cell": {}}, officer, doctor)
    with scope.entered(officer.scope):
        return wizard.finish(reception.NAME, draft.pk, officer)


def _asked(house: House, leader: Acting, entry: UUID) -> tuple[str, str]:
    """The page on which a payload is erased, and the confirmation that a second person is asked for."""
    content = {
        "custody": str(house.stay),
        "entry": str(entry),
        "legal_ground": "刑事诉讼法 第286条",
        "reason": "未成年人犯罪记录封存",
    }
    asked = confirmations.ask(
        "record.erase_payload",
        content,
        organization_id=house.facility.pk,
        ground="未成年人犯罪记录封存",
        by=leader,
        proven_at=clock.now(),
    )
    return reverse("entry_erase", args=[house.stay, entry]), f"/confirmations/{asked.pk}/"


def _session(acting: Acting) -> dict[str, str]:
    return {"sessionid": cookie_of(acting)}


def _locked(acting: Acting) -> dict[str, str]:
    client = Client()
    client.force_login(acting.user, _BACKEND)
    client.post(reverse("lock_state"))
    return {"sessionid": client.cookies["sessionid"].value}


def _proven(user: User) -> dict[str, str]:
    """A session whose holder has just said their password, as what protects an account asks."""
    client = Client()
    client.force_login(user, _BACKEND)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return {"sessionid": client.cookies["sessionid"].value}


def _with_factors(house: House) -> list[Visitor]:
    """Somebody who sets up second factors, somebody who has them, and somebody asked for theirs."""
    with scope.entered(factories.SYSTEM):
        without, has, with_key = (
            factories.somebody(Post.PATROL, at=house.facility, password=PASSWORD) for _ in range(3)
        )
    user = has.user
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    key = Authenticator.objects.create(
        user=with_key.user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "值班台密钥", "credential": {}},  # never asked for here, only named
    )
    half = Client()
    half.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return [
        Visitor(
            _proven(without.user),
            (
                "/account/factors/",
                "/account/factors/totp/activate/",
                "/account/factors/webauthn/add/",
                "/account/password/change/",
                "/account/reauthenticate/",
                "/account/logout/",
                "/lock/pin/",
            ),
        ),
        Visitor(
            _proven(user),
            (
                "/account/factors/",
                "/account/factors/reauthenticate/",
                "/account/factors/totp/deactivate/",
                "/account/factors/recovery-codes/",
                "/account/factors/recovery-codes/generate/",
            ),
        ),
        Visitor(
            _proven(with_key.user),
            (
                "/account/factors/webauthn/",
                f"/account/factors/webauthn/keys/{key.pk}/edit/",
                f"/account/factors/webauthn/keys/{key.pk}/remove/",
            ),
        ),
        Visitor(
            {"sessionid": half.cookies["sessionid"].value}, ("/account/factors/authenticate/",)
        ),
    ]
