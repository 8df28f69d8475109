"""A leader deploys a post: the order's rule, its task, its receipt, progress and result."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, NotAllowed
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty import orders, queries, services
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.kinds import OrderGiven, TaskNoted, TaskOpened
from custos.prevention.duty.models import Task
from tests.factories import SYSTEM

AT = datetime(2026, 3, 3, 10, tzinfo=clock.LOCAL)
WORDS = "检查全监区窗栅"


def an_order(severity: int = 3, hours: float = 4, post: Post = Post.PATROL) -> OrderGiven:
    return OrderGiven(
        post=post,
        officer="",
        officer_name="",
        severity=severity,
        text=WORDS,
        due_at=AT + timedelta(hours=hours),
    )


@pytest.mark.parametrize(
    ("severity", "hours", "minutes"),
    [(1, 4, 5), (2, 4, 15), (3, 4, 30), (4, 8, 120), (3, 0.5, 15), (1, 0.1, 3)],
)
def test_it_is_accepted_by_its_severity_or_within_half_of_its_time(
    severity: int, hours: float, minutes: int
) -> None:
    rule = orders.rule_of(an_order(severity, hours), Post.LEADER, AT)
    assert rule.accept_within.length == timedelta(minutes=minutes)
    assert rule.close_by == AT + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("giver", "post", "asked"),
    [
        (Post.DUTY_LEADER, Post.PATROL, ["patrol", "duty_leader", "leader"]),
        (Post.LEADER, Post.PATROL, ["patrol", "leader"]),
        (Post.LEADER, Post.DUTY_LEADER, ["duty_leader", "leader"]),
    ],
)
def test_what_nobody_accepts_climbs_to_who_gave_it_and_above(
    giver: Post, post: Post, asked: list[str]
) -> None:
    rule = orders.rule_of(an_order(post=post), giver, AT)
    assert [rung.post.value for rung in rule.ladder] == asked


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with scope.entered(SYSTEM):
        yield World()


def given(**changed: object) -> orders.Given:
    whole: dict[str, object] = {
        "text": WORDS,
        "post": Post.PATROL,
        "due_at": clock.now() + timedelta(hours=2),
    }
    return orders.Given(**(whole | changed))  # type: ignore[arg-type]


def gave(world: World, leader: Acting, order: orders.Given) -> Task:
    return orders.give(order, facility=world.facility.pk, by=leader.actor)


def test_receipt_progress_and_result_come_back_to_whoever_ordered(world: World) -> None:
    leader, patrol = world.on(Post.LEADER), world.on(Post.PATROL)
    task = gave(world, leader, given(cell=world.cell.pk))
    assert (task.post, task.state, task.cell_id) == ("patrol", "open", world.cell.pk)
    (line,) = record.following(task.source_entry_id)
    assert isinstance(line.payload, TaskOpened)
    assert [one.id for one in queries.now_list(patrol.actor)] == [task.pk]

    services.accept(task.pk, by=patrol.actor)
    services.note(task.pk, "第三窗待工具", by=patrol.actor)
    (shown,) = orders.listed(leader.actor)
    assert (shown.text, shown.task.holder) == (WORDS, patrol.staff.name)
    assert shown.task.note == "第三窗待工具"
    task.refresh_from_db()
    assert task.wanted_by == task.due_at  # what is said on the way moves no deadline
    services.answer(task.pk, "全部完好", by=patrol.actor)
    assert [one.result for one in queries.echoes(leader.actor)] == ["全部完好"]
    kinds = [one.kind for one in record.following(task.source_entry_id)]
    assert TaskNoted.name in kinds


def test_an_order_from_a_task_is_about_what_that_is_about(world: World) -> None:
    leader = world.on(Post.DUTY_LEADER)
    first = gave(world, leader, given(custody=world.stay.pk))
    second = gave(world, leader, given(after=first.pk, post=Post.MEDICAL))
    assert (second.custody_id, second.cell_id) == (world.stay.pk, world.cell.pk)
    assert Entry.objects.get(pk=second.source_entry_id).because_id == first.source_entry_id


def test_an_officer_is_named_first_and_a_colleague_may_take_it_on(world: World) -> None:
    leader, named, colleague = world.on(Post.LEADER), world.on(Post.PATROL), world.on(Post.PATROL)
    task = gave(world, leader, given(officer=named.staff.pk))
    assert queries.task(task.pk, colleague.actor).title.startswith(f"部署：{named.staff.name} ")
    services.accept(task.pk, by=colleague.actor)
    with pytest.raises(Malformed) as refused:
        gave(world, leader, given(officer=named.staff.pk, post=Post.MEDICAL))
    assert refused.value.field == "officer"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 1001}, "text"),
        ({"post": Post.RESIDENT_PROSECUTOR}, "post"),
        ({"severity": 5}, "severity"),
        ({"due_at": clock.now() - timedelta(minutes=1)}, "due_at"),
        ({"due_at": clock.now() + timedelta(days=32)}, "due_at"),
    ],
)
def test_a_wrong_order_says_what_is_wrong_and_leaves_nothing(
    world: World, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(CustosError) as refused:
        gave(world, world.on(Post.LEADER), given(**changed))
    assert [one.field for one in refused.value.findings] == [field]
    assert not Task.objects.exists()


def test_who_is_no_leader_of_police_orders_nothing(world: World) -> None:
    for by in (world.on(Post.CASE_OFFICER), world.on(Post.LEADER, StaffKind.AUXILIARY)):
        with pytest.raises(NotAllowed):
            gave(world, by, given())
    assert not Task.objects.exists()


def test_progress_is_said_by_whoever_accepted_and_only_then(world: World) -> None:
    patrol = world.on(Post.PATROL)
    task = gave(world, world.on(Post.LEADER), given())
    with pytest.raises(Conflict, match=r"task\.not_accepted"):
        services.note(task.pk, "half done", by=patrol.actor)
    services.accept(task.pk, by=patrol.actor)
    with pytest.raises(NotAllowed):
        services.note(task.pk, "half done", by=world.on(Post.PATROL).actor)
    with pytest.raises(Malformed):
        services.note(task.pk, " ", by=patrol.actor)


# ------------------------------------------------------------------ its pages


def client_of(acting: Acting) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def typed(**changed: str) -> dict[str, str]:
    due = (clock.now() + timedelta(hours=2)).astimezone(clock.LOCAL).strftime("%Y-%m-%dT%H:%M")
    return {"text": WORDS, "post": "patrol", "due_at": due, "severity": "3"} | changed


def test_a_leader_deploys_by_the_page_and_reads_how_far_it_is(world: World) -> None:
    leader, patrol = world.on(Post.DUTY_LEADER), world.on(Post.PATROL)
    client = client_of(leader)
    officer = f"patrol {patrol.staff.pk}"
    answer = client.post("/duty/orders/new/", typed(officer=officer, cell=str(world.cell.pk)))
    assert answer.headers["Location"] == "/duty/orders/"
    task = Task.objects.get()
    services.accept(task.pk, by=patrol.actor)
    hand = client_of(patrol)
    assert hand.post(f"/duty/{task.pk}/note/", {"reason": "half done"}).status_code == 302
    assert "half done" in hand.get(f"/duty/?task={task.pk}").content.decode()
    page = client.get("/duty/orders/").content.decode()
    for said in (WORDS, "half done", patrol.staff.name, world.cell.name):
        assert said in page


def test_a_wrong_form_says_where_and_keeps_what_was_typed(world: World) -> None:
    client = client_of(world.on(Post.LEADER))
    officer = f"medical {world.on(Post.MEDICAL).staff.pk}"
    answer = client.post("/duty/orders/new/", typed(officer=officer, due_at="2020-01-01T00:00"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "isn&#x27;t on the post that you chose" in page
    assert WORDS in page
    assert not Task.objects.exists()


def test_a_post_that_gives_no_orders_sees_no_door_to_them(world: World) -> None:
    client = client_of(world.on(Post.PATROL))
    assert "/duty/orders/" not in client.get("/duty/").content.decode()
    assert client.get("/duty/orders/").status_code == 403
