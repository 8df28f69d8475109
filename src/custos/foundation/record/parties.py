"""Who writes the record and who may read it: posts, kinds of staff, audiences, actors.

Pure values. An `Actor` is whoever an entry is "by"; `Writers` and `Readers` are what a kind of entry
declares about them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Post(StrEnum):
    """What a member of staff is on duty as (岗位). Source: 关于推进智慧监管建设的指导意见 (2018), posts."""

    RECEPTION = "reception"
    ADMISSION = "admission"
    INTERROGATION = "interrogation"
    PATROL = "patrol"
    CASE_OFFICER = "case_officer"
    MEDICAL = "medical"
    PSYCHOLOGIST = "psychologist"
    FINANCE = "finance"
    LOGISTICS = "logistics"
    DUTY_LEADER = "duty_leader"
    LEADER = "leader"
    RESIDENT_PROSECUTOR = "resident_prosecutor"
    OVERSIGHT = "oversight"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"

    @property
    def title(self) -> object:  # type: ignore[override]  # a word for people, not str.title
        """The post's name, translated lazily."""
        return _POST_TITLES[self]

    @property
    def brief(self) -> object:
        """The same in a word or two, for a wall board."""
        return _POST_BRIEFS.get(self, self.title)


_POST_TITLES = {
    Post.RECEPTION: _("Reception"),
    Post.ADMISSION: _("Admission and release"),
    Post.INTERROGATION: _("Interrogation and escort"),
    Post.PATROL: _("Patrol and control room"),
    Post.CASE_OFFICER: _("Case officer"),
    Post.MEDICAL: _("Medical"),
    Post.PSYCHOLOGIST: _("Counselling"),
    Post.FINANCE: _("Property and finance"),
    Post.LOGISTICS: _("Logistics"),
    Post.DUTY_LEADER: _("Duty leader"),
    Post.LEADER: _("Facility leader"),
    Post.RESIDENT_PROSECUTOR: _("Resident prosecutor"),
    Post.OVERSIGHT: _("Higher-tier oversight"),
    Post.SYSTEM_ADMIN: _("System administrator"),
    Post.SECURITY_ADMIN: _("Security administrator"),
    Post.AUDIT_ADMIN: _("Audit administrator"),
}
_POST_BRIEFS = {
    Post.RECEPTION: pgettext_lazy("a post in brief", "Reception"),
    Post.ADMISSION: pgettext_lazy("a post in brief", "Admission"),
    Post.INTERROGATION: pgettext_lazy("a post in brief", "Escort"),
    Post.PATROL: pgettext_lazy("a post in brief", "Patrol"),
    Post.CASE_OFFICER: pgettext_lazy("a post in brief", "Case officer"),
    Post.MEDICAL: pgettext_lazy("a post in brief", "Medical"),
    Post.PSYCHOLOGIST: pgettext_lazy("a post in brief", "Counselling"),
    Post.FINANCE: pgettext_lazy("a post in brief", "Finance"),
    Post.LOGISTICS: pgettext_lazy("a post in brief", "Logistics"),
    Post.RESIDENT_PROSECUTOR: pgettext_lazy("a post in brief", "Prosecutor"),
}


#: Three roles that no account combines, with one another or with a duty post (三员分立). They run the
#: system and read nothing of the record.
ADMINISTRATORS = frozenset({Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.AUDIT_ADMIN})

#: Posts that guard, care for or oversee people in custody.
DUTY_POSTS = frozenset(Post) - ADMINISTRATORS


class StaffKind(StrEnum):
    """What a member of staff is by law, whatever the post."""

    OFFICER = "officer"
    AUXILIARY = "auxiliary"
    CLINICIAN = "clinician"
    OTHER = "other"

    @property
    def title(self) -> object:  # type: ignore[override]  # a word for people, not str.title
        """The kind's name, translated lazily."""
        return _STAFF_KIND_TITLES[self]


_STAFF_KIND_TITLES = {
    StaffKind.OFFICER: _("Police officer"),
    StaffKind.AUXILIARY: _("Auxiliary officer"),
    StaffKind.CLINICIAN: _("Clinician"),
    StaffKind.OTHER: _("Other staff"),
}


class Audience(IntEnum):
    """Who may read an entry. The number is stored with each entry and compared by the database."""

    STAFF = 1
    CLINICAL = 2
    COUNSELLING = 3
    LEADERS = 4
    SEALED_COMPLAINT = 5
    PROSECUTOR = 6


_EVERYBODY = frozenset({Audience.STAFF})
_AUDIENCES_OF_POST = {
    Post.MEDICAL: _EVERYBODY | {Audience.CLINICAL, Audience.COUNSELLING},
    Post.PSYCHOLOGIST: _EVERYBODY | {Audience.COUNSELLING},
    Post.DUTY_LEADER: _EVERYBODY | {Audience.LEADERS},
    Post.LEADER: _EVERYBODY | {Audience.LEADERS},
    Post.OVERSIGHT: _EVERYBODY | {Audience.LEADERS},
    Post.RESIDENT_PROSECUTOR: _EVERYBODY | {Audience.SEALED_COMPLAINT, Audience.PROSECUTOR},
} | dict.fromkeys(ADMINISTRATORS, frozenset())


def audiences_of(post: Post, staff_kind: StaffKind) -> frozenset[Audience]:
    """The audiences to which somebody on this post belongs.

    Clinical entries need a clinician on the medical post: an officer who stands in for one there
    reads care instructions like everybody else (medical confidentiality, Nelson Mandela Rule 32).
    """
    audiences = _AUDIENCES_OF_POST.get(post, _EVERYBODY)
    if staff_kind is not StaffKind.CLINICIAN:
        audiences -= {Audience.CLINICAL}
    return audiences


class ActorKind(StrEnum):
    """What sort of thing wrote an entry."""

    STAFF = "staff"
    DEVICE = "device"
    SYSTEM = "system"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever an entry is by. `ref` is an identifier, never a name, so that headers stay impersonal."""

    kind: ActorKind
    ref: str
    post: Post | None = None
    staff_kind: StaffKind | None = None

    @classmethod
    def system(cls, part: str) -> "Actor":
        """A piece of the system that acts by itself, such as `duty.sweep`."""
        return cls(ActorKind.SYSTEM, part)

    @classmethod
    def device(cls, device_id: UUID | str) -> "Actor":
        """A device that reported something."""
        return cls(ActorKind.DEVICE, str(device_id))

    @property
    def is_officer(self) -> bool:
        """Whether this is sworn police staff, to whom the law reserves some acts."""
        return self.staff_kind is StaffKind.OFFICER


@dataclass(frozen=True, slots=True)
class Writers:
    """Who may write entries of a kind.

    `posts` (empty: every post), sorts of actor, whether the law reserves the act to police, and
    whether it takes two persons, one of them at least an officer.
    """

    allowed_posts: frozenset[Post] = frozenset()
    actors: frozenset[ActorKind] = frozenset({ActorKind.STAFF})
    police_only: bool = False
    two_persons: bool = False

    @classmethod
    def posts(
        cls,
        *posts: Post,
        police_only: bool = False,
        two_persons: bool = False,
        system: bool = False,
    ) -> "Writers":
        """Staff on one of these posts (none named: on any); `system` lets the software write too."""
        actors = {ActorKind.STAFF} | ({ActorKind.SYSTEM} if system else set())
        return cls(frozenset(posts), frozenset(actors), police_only, two_persons)

    @classmethod
    def devices(cls) -> "Writers":
        """Devices only."""
        return cls(actors=frozenset({ActorKind.DEVICE}))

    @classmethod
    def the_system(cls) -> "Writers":
        """The software itself only."""
        return cls(actors=frozenset({ActorKind.SYSTEM}))

    @classmethod
    def anyone(cls, *kinds: ActorKind) -> "Writers":
        """Any of these sorts of actor, whatever their post."""
        return cls(actors=frozenset(kinds or ActorKind))


class Readers:
    """Names for `Audience`, as kinds declare them."""

    STAFF = Audience.STAFF
    CLINICAL = Audience.CLINICAL
    COUNSELLING = Audience.COUNSELLING
    LEADERS = Audience.LEADERS
    SEALED_COMPLAINT = Audience.SEALED_COMPLAINT
    PROSECUTOR = Audience.PROSECUTOR


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about: an organization, and within it a person's stay and a cell, as known."""

    organization_id: int
    detainee_id: UUID | None = None
    custody_id: UUID | None = None
    cell_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an actor may not write a kind."""

    code: str
    posts: Iterable[Post] = field(default=())


def refusal_of(writers: Writers, by: Actor, second: Actor | None) -> Refusal | None:
    """Why `by` (with `second`) may not write, or None where they may.

    Law reserves some acts to police (人民警察法; 看守所条例), and an act of two persons needs two
    different people of whom one at least is an officer.
    """
    if by.kind not in writers.actors:
        return Refusal("writer.kind")
    if by.kind is not ActorKind.STAFF:
        return None
    if writers.allowed_posts and by.post not in writers.allowed_posts:
        return Refusal("writer.post", sorted(writers.allowed_posts))
    if writers.police_only and not by.is_officer:
        return Refusal("writer.police_only")
    if writers.two_persons:
        if second is None or second.kind is not ActorKind.STAFF or second.ref == by.ref:
            return Refusal("writer.two_persons")
        if not (by.is_officer or second.is_officer):
            return Refusal("writer.needs_officer")
    return None
