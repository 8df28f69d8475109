"""Who may write and who may read."""

import pytest

from custos.foundation.record.parties import (
    ADMINISTRATORS,
    DUTY_POSTS,
    Actor,
    ActorKind,
    Audience,
    Post,
    StaffKind,
    Writers,
    audiences_of,
    refusal_of,
)


def staff(post: Post = Post.PATROL, kind: StaffKind = StaffKind.OFFICER, ref: str = "a") -> Actor:
    return Actor(ActorKind.STAFF, ref, post, kind)


def code(writers: Writers, by: Actor, second: Actor | None = None) -> str:
    refusal = refusal_of(writers, by, second)
    return refusal.code if refusal else ""


AUXILIARY = staff(kind=StaffKind.AUXILIARY, ref="b")


@pytest.mark.parametrize(
    ("writers", "by", "second", "expected"),
    [
        (Writers.posts(), staff(), None, ""),
        (Writers.posts(Post.PATROL), staff(), None, ""),
        (Writers.posts(Post.LEADER), staff(), None, "writer.post"),
        (Writers.posts(), Actor.system("x"), None, "writer.kind"),
        (Writers.posts(system=True), Actor.system("x"), None, ""),
        (Writers.the_system(), staff(), None, "writer.kind"),
        (Writers.devices(), Actor.device("d"), None, ""),
        (Writers.devices(), Actor.system("x"), None, "writer.kind"),
        (Writers.anyone(), Actor(ActorKind.PUBLIC, "p"), None, ""),
        (Writers.posts(police_only=True), AUXILIARY, None, "writer.police_only"),
        (Writers.posts(police_only=True), staff(), None, ""),
        (Writers.posts(two_persons=True), staff(), None, "writer.two_persons"),
        (Writers.posts(two_persons=True), staff(), staff(), "writer.two_persons"),
        (Writers.posts(two_persons=True), staff(), Actor.system("x"), "writer.two_persons"),
        (Writers.posts(two_persons=True), staff(), AUXILIARY, ""),
        (Writers.posts(two_persons=True), AUXILIARY, staff(), ""),
        (
            Writers.posts(two_persons=True),
            AUXILIARY,
            staff(kind=StaffKind.OTHER, ref="c"),
            "writer.needs_officer",
        ),
    ],
)
def test_who_may_write(writers: Writers, by: Actor, second: Actor | None, expected: str) -> None:
    assert code(writers, by, second) == expected


def test_only_a_clinician_on_the_medical_post_reads_what_is_clinical() -> None:
    readers = {
        (post, kind)
        for post in Post
        for kind in StaffKind
        if Audience.CLINICAL in audiences_of(post, kind)
    }
    assert readers == {(Post.MEDICAL, StaffKind.CLINICIAN)}


def test_only_the_resident_prosecutor_reads_a_sealed_complaint() -> None:
    readers = {
        post
        for post in Post
        for kind in StaffKind
        if Audience.SEALED_COMPLAINT in audiences_of(post, kind)
    }
    assert readers == {Post.RESIDENT_PROSECUTOR}


def test_everybody_on_duty_reads_what_is_for_staff_and_administrators_nothing() -> None:
    for kind in StaffKind:
        assert all(Audience.STAFF in audiences_of(post, kind) for post in DUTY_POSTS)
        assert not any(audiences_of(post, kind) for post in ADMINISTRATORS)
