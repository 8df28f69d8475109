"""Who works there: staff on their posts, and the sign-ins of the demo."""

import itertools

from django.conf import settings
from django.contrib.auth.hashers import make_password

from custos.config import environment
from custos.config.demo.names import a_name
from custos.config.demo.places import HISTORY, STAFF, SYSTEM, World
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts import services as staffing
from custos.foundation.accounts.models import Posting, User
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import ADMINISTRATORS, Post, StaffKind

CREWS = 4
#: Of so many case officers one of each crew.
_TURNING = 16
#: How many staff of the main facility hold which post; the rest are on patrol.
_POSTS = (
    (Post.ADMISSION, StaffKind.OFFICER, 12),
    (Post.INTERROGATION, StaffKind.OFFICER, 14),
    (Post.CASE_OFFICER, StaffKind.OFFICER, 50),
    (Post.RECEPTION, StaffKind.AUXILIARY, 8),
    (Post.MEDICAL, StaffKind.CLINICIAN, 14),
    (Post.PSYCHOLOGIST, StaffKind.OTHER, 4),
    (Post.FINANCE, StaffKind.OTHER, 6),
    (Post.LOGISTICS, StaffKind.OTHER, 8),
    (Post.DUTY_LEADER, StaffKind.OFFICER, 6),
    (Post.LEADER, StaffKind.OFFICER, 4),
    (Post.RESIDENT_PROSECUTOR, StaffKind.OTHER, 1),
)
#: Who works in each other facility.
_ELSEWHERE = (
    (Post.PATROL, StaffKind.OFFICER, 4),
    (Post.ADMISSION, StaffKind.OFFICER, 2),
    (Post.CASE_OFFICER, StaffKind.OFFICER, 3),
    (Post.INTERROGATION, StaffKind.OFFICER, 1),
    (Post.MEDICAL, StaffKind.CLINICIAN, 1),
    (Post.DUTY_LEADER, StaffKind.OFFICER, 2),
    (Post.LEADER, StaffKind.OFFICER, 1),
)


def demo_password() -> str:
    """The password of the demo's sign-ins, made on first use."""
    return environment.secret("CUSTOS_DEMO_PASSWORD", settings.KEYS / "demo-password")


def build(world: World) -> None:
    """Put the staff of all facilities on their posts."""
    main, city = world.main, world.main.parent
    hashed = make_password(demo_password())  # one digest for all: hashing is slow on purpose
    wanted = [(post, kind) for post, kind, count in _POSTS for _ in range(count)]
    wanted += [(Post.PATROL, StaffKind.OFFICER)] * (STAFF - len(wanted) - 20)
    wanted += [(Post.PATROL, StaffKind.AUXILIARY)] * 20
    roles = accounts.demo_roles()
    first: dict[Post, str] = {}
    for role in roles:
        if not role.at:
            first.setdefault(Post(role.post), role.username)
    elsewhere = {(role.at, Post(role.post)): role.username for role in roles if role.at}
    with record.deed():
        for serial, (post, kind) in enumerate(wanted, 1):
            username = (
                first.pop(post, "")
                if kind is not StaffKind.AUXILIARY or post is (Post.RECEPTION)
                else ""
            )
            posting = _post(world, main, username or f"s{serial:03}", post, kind, serial, hashed)
            if username == "duty-leader":
                _post_again(posting, Post.PATROL)
            _remember(world, posting, post)
        for username, organization in (("city", city), ("province", city and city.parent)):
            if organization:
                _post(world, organization, username, Post.OVERSIGHT, StaffKind.OFFICER, 0, hashed)
        for administrator in sorted(ADMINISTRATORS):
            username = administrator.value.replace("_", "-")
            _post(world, main, username, administrator, StaffKind.OTHER, 0, hashed)
        for facility in world.facilities[1:]:
            serials = itertools.count(1)
            for post, kind, count in _ELSEWHERE:
                for serial in itertools.islice(serials, count):
                    own = elsewhere.pop((facility.kind, post), "")
                    name = own or f"f{facility.pk % 100_000_000:08}-{serial}"
                    posting = _post(world, facility, name, post, kind, serial, hashed)
                    _remember(world, posting, post)


def _remember(world: World, posting: Posting, post: Post) -> None:
    at = world.staff.setdefault((posting.organization_id, post), [])
    at.append((posting.staff.actor(post), posting.user))


def _post(
    world: World,
    organization: Organization,
    username: str,
    post: Post,
    kind: StaffKind,
    serial: int,
    hashed: str,
) -> Posting:
    user = User.objects.create(username=username, password=hashed)
    posting = staffing.post_staff(
        user,
        name=a_name(world.chance, world.chance.choice("1112")),
        kind=kind,
        organization=organization,
        post=post,
        number=f"99{next(world.staff_numbers):04}",
        since=(world.now - HISTORY).date(),
        by=SYSTEM,
    )
    turns = post in (Post.PATROL, Post.DUTY_LEADER, Post.MEDICAL)
    # So many case officers turn too, that some are there by night; the others work by day.
    if serial and (turns or (post is Post.CASE_OFFICER and serial % _TURNING < CREWS)):
        posting.crew = serial % CREWS + 1
        posting.save(update_fields=["crew"])
    return posting


def _post_again(posting: Posting, post: Post) -> None:
    staffing.post_staff(
        posting.user,
        name=posting.staff.name,
        kind=StaffKind(posting.staff.kind),
        organization=posting.organization,
        post=post,
        since=posting.since,
        by=SYSTEM,
    )
