"""Ways out for tests, through the gate that everybody goes through; called within a scope."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Content
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import ending
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post
from custos.management.reception.models import Release
from custos.management.reception.release import opening, services
from tests import factories


def a_paper(stay: Custody, **other: Any) -> dict[str, Any]:
    """What is recorded of a document of release that fits."""
    said = {
        "way": "RELEASE",
        "number": "释字1号",
        "issuer": "某县公安局",
        "name": stay.detainee.name,
        "ends": [stay.basis_number],
        "seal": True,
        "matches": True,
        "by": factories.an_officer(Post.ADMISSION),
    }
    return said | other


def received(stay: Custody, **other: Any) -> Release:
    """A case whose document of release has been received."""
    return opening.receive(stay.pk, **a_paper(stay, **other))


def checked(case: Release) -> Release:
    """The same once others were looked for, and two officers have compared."""
    services.search(
        case.pk, words="全国在逃库、本地另案：无", by=factories.an_officer(Post.ADMISSION)
    )
    for _ in range(2):
        services.compare(case.pk, words="照片、左手疤痕", by=factories.an_officer(Post.ADMISSION))
    case.refresh_from_db()
    return case


def ready(
    case: Release, first: Acting, second: Acting, remark: str = "随后寄送"
) -> Callable[[], Release]:
    """Two officers at a desk whose confirmation is given, as the page asks for it; what they then do."""
    case.refresh_from_db()
    content = services.content_of(case, remark)
    asked = _asked(services.ACT, content, case.organization_id, first, second)
    return lambda: services.confirm(asked, content, by=first)


def _asked(act: str, content: Content, organization_id: int, first: Acting, second: Acting) -> UUID:
    """What one officer asked and another confirmed, each having just proved who they are."""
    asked = confirmations.ask(
        act,
        content,
        organization_id=organization_id,
        ground="两名民警确认",
        by=first,
        proven_at=clock.now(),
    )
    confirmations.confirm(asked.pk, by=second, proven_at=clock.now())
    return asked.pk


def confirmed(case: Release, first: Acting, second: Acting, remark: str = "随后寄送") -> Release:
    """Two officers let somebody leave."""
    return ready(case, first, second, remark)()


def two_officers(facility: Organization) -> tuple[Acting, Acting]:
    """Somebody at the desk, and whoever confirms."""
    return (
        factories.somebody(Post.ADMISSION, at=facility),
        factories.somebody(Post.DUTY_LEADER, at=facility),
    )


def document_ended(
    stay: Custody, fact: UUID, first: Acting, second: Acting, **other: Any
) -> Callable[[], None]:
    """Two officers who end a document of the file, confirmed as its page asks for it; what they then do."""
    said = {"how": "revoked", "paper": "撤字3号", "issuer": "邻县公安局", "on": clock.today()}
    content = ending.content_of(stay.pk, fact, **(said | {"reason": "邻县已撤销"} | other))
    asked = _asked(ending.END, content, stay.organization_id, first, second)
    return lambda: ending.end_document(asked, content, by=first)


def left(stay: Custody) -> Custody:
    """A stay that ends now, through the gate."""
    case = checked(received(stay))
    confirmed(case, *two_officers(stay.organization))
    stay.refresh_from_db()
    return stay


def handed_over(stay: Custody, way: str = "TRANSFER") -> Custody:
    """A stay that ends now by somebody else taking the person over, through the gate."""
    case = checked(received(stay, way=way))
    services.name_receiver(
        case.pk, receiver="乙市看守所 李警官", by=factories.an_officer(Post.ADMISSION)
    )
    confirmed(case, *two_officers(stay.organization))
    stay.refresh_from_db()
    return stay
