"""Every row of the information table, typed by hand from its page: right task, post and deadline.

Each line: number; who collects it; the tasks, each with the posts that may take it; by when something must
have been done first; severity; who is told of the result besides whoever collected it, by post or outside.
Expected instants are for an entry on Tuesday, 3 March 2026, at 10:00, in a shift that ends at 20:00; where
the table says "day", which is that day 09:00, for one at 00:01, since at 10:00 that would be at once.
"""

from datetime import date, datetime, timedelta

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record.parties import Actor, Audience, Post
from custos.prevention.duty.information import catalogue, services, types
from custos.prevention.duty.information.services import About
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.information.types import Calendar
from custos.prevention.duty.models import Task
from tests.factories import SYSTEM

AT = datetime(2026, 3, 3, 10, tzinfo=clock.LOCAL)
CALENDAR = Calendar(datetime(2026, 3, 3, 20, tzinfo=clock.LOCAL), date(2026, 3, 4))


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=clock.LOCAL)


NOW = at(3, 3, 10, 5)  # told at once, accepted within 5 minutes
ROUND = at(3, 3, 14)  # the medicine round, at most 4 hours
SHIFT = at(3, 3, 20)
TODAY = at(3, 4)  # 24:00
TOMORROW = at(3, 5)
MORNING = at(3, 3, 9)
JUST_AFTER_MIDNIGHT = at(3, 3, 0, 1)

ANYONE = (
    "reception admission interrogation patrol case_officer medical psychologist finance logistics"
    " duty_leader leader resident_prosecutor"
)

# fmt: off
TABLE = [
    # id, number, collected by, handled by, deadline, severity, feedback
    ("I01", 1, "admission", ["duty_leader"], NOW, 1, "escort"),
    ("I02", 2, "admission", ["leader"], SHIFT, 2, "procuratorate"),
    ("I03", 3, "medical admission", ["leader", "resident_prosecutor"], NOW, 1, "person"),
    ("I04", 4, ANYONE, ["resident_prosecutor"], at(3, 3, 11), 1, "person lawyer"),
    ("I05", 5, ANYONE, ["medical", "duty_leader"], NOW, 1, "patrol case_officer"),
    ("I06", 6, "medical", ["medical psychologist"], at(3, 3, 14), 2, "case_officer"),
    ("I07", 7, "patrol", ["medical", "duty_leader"], NOW, 1, "family_if_consent"),
    ("I08", 8, "medical patrol", ["medical"], NOW, 1, "duty_leader"),
    ("I09", 9, "medical", ["medical"], at(3, 3, 11), 2, "case_officer"),
    ("I10", 10, "medical", ["medical"], at(3, 3, 11), 2, ""),
    ("I11", 11, "medical", ["medical"], ROUND, 3, "person"),
    ("I12", 12, "medical", ["medical", "leader"], at(3, 3, 11), 2, "health_authority"),
    ("I13", 13, "medical", ["reception", "leader"], TODAY, 2, "handling_authority person lawyer"),
    ("I14", 14, "patrol case_officer", ["medical"], ROUND, 3, "case_officer"),
    ("I15", 15, "admission case_officer", ["reception"], at(3, 4, 10), 3, "legal_aid person"),
    ("I16", 16, "reception", ["interrogation"], at(3, 5, 10), 2, "lawyer"),
    ("I17", 17, "admission", ["reception", "leader"], at(3, 4, 10), 2, "handling_authority person"),
    ("I18", 18, "admission", ["reception"], at(3, 5, 10), 2, "handling_authority consulate person"),
    ("I19", 19, "admission", ["reception", "leader"], NOW, 1, "handling_authority civil_affairs person"),
    ("I20", 20, "system", ["reception"], TODAY, 2, "handling_authority procuratorate"),
    ("I21", 21, "system", ["leader", "reception", "resident_prosecutor"], NOW, 1,
     "handling_authority person lawyer"),
    ("I22", 22, "interrogation", ["reception"], at(3, 4, 10), 2, "handling_authority procuratorate"),
    ("I23", 23, "interrogation", ["interrogation"], NOW, 3, "handling_authority"),
    ("I24", 24, "interrogation", ["duty_leader"], NOW, 3, ""),
    ("I25", 25, "interrogation", ["interrogation", "leader", "resident_prosecutor"], NOW, 1, ""),
    ("I26", 26, "case_officer patrol", ["leader", "medical"], NOW, 2, "procuratorate"),
    ("I27a", 27, "system", ["leader"], MORNING, 2, ""),
    ("I27b", 27, "system", ["oversight"], MORNING, 1, ""),
    ("I28a", 28, "system", ["leader", "medical", "resident_prosecutor"], MORNING, 2, ""),
    ("I28b", 28, "system", ["leader", "medical", "resident_prosecutor"], MORNING, 1, ""),
    ("I29", 29, "patrol case_officer", ["duty_leader"], at(3, 3, 10, 15), 2, "both_parties"),
    ("I30", 30, ANYONE, ["case_officer"], SHIFT, 3, ""),
    ("I31", 31, "patrol", ["duty_leader"], NOW, 2, "handling_authority"),
    ("I32", 32, "patrol", ["duty_leader"], at(3, 3, 10, 5), 1, "leader"),
    ("I33", 33, "system", ["duty_leader"], at(3, 3, 10, 15), 3, "patrol"),
    ("I34", 34, "reception case_officer", ["case_officer", "psychologist"], NOW, 2, "person"),
    ("I35", 35, "interrogation", ["case_officer"], TODAY, 2, ""),
    ("I36", 36, ANYONE + " system", ["reception"], at(3, 4, 10), 2, "addressee person"),
    ("I37", 37, "case_officer system", ["resident_prosecutor"], at(3, 5), 2, "person"),
    ("I38", 38, "case_officer", ["reception"], at(3, 4, 10), 3, "competent_unit person"),
    ("I39", 39, "system", ["resident_prosecutor", "leader"], TODAY, 2, "complainant"),
    ("I40", 40, "reception", ["finance"], TODAY, 4, "person sender"),
    ("I41", 41, "finance", ["leader"], TODAY, 3, "person"),
    ("I42a", 42, "patrol", ["logistics"], NOW, 2, ""),
    ("I42b", 42, "patrol", ["logistics"], at(3, 3, 14), 3, ""),
    ("I43", 43, "system", ["leader"], at(3, 4, 10), 2, "superior"),
    ("I44", 44, "system", ["case_officer"], TOMORROW, 3, ""),
    ("I45", 45, "case_officer", ["logistics medical"], at(3, 4, 10), 3, "person"),
    ("I46", 46, "reception", ["leader"], at(3, 6, 10), 3, "family person"),
    ("I47", 47, "interrogation", ["duty_leader"], SHIFT, 3, "family_if_consent"),
    ("I48", 48, "admission", ["duty_leader"], at(3, 3, 10, 30), 1, "person family"),
    ("I49", 49, "system", ["admission", "case_officer"], MORNING, 3, "person"),
    ("I50", 50, ANYONE, ["leader"], NOW, 1, "procuratorate handling_authority family"),
    ("I51", 51, "system", ["case_officer"], TODAY, 3, "person"),
    ("I52", 52, "leader", ["leader"], at(3, 10, 10), 2, "procuratorate"),
    ("I53", 53, "case_officer", ["admission"], at(3, 6, 10), 3, "person"),
    ("I54", 54, "duty_leader", ["leader"], NOW, 2, ""),
]
#: The rows marked § in the table, and the short names of their sources.
LAWS = {
    1: "KR-9", 2: "CPL-85", 3: "SPP-656", 4: "KR-46 NMR-34", 15: "MPSC-49", 16: "CPL-39",
    17: "CPL-85 CPL-93", 18: "MPSC-367 MPSA-254", 20: "SPP-615 HX-27", 21: "KR-43 SPP-615",
    23: "KR-19 HX-28", 25: "SPP-186 SPP-658",
    26: "KR-17 NMR-47", 34: "KR-29", 36: "KR-46 DR-29 LAL-39", 50: "KR-27", 52: "KR-42 SPP-624",
}
#: Of these the higher tier and the resident prosecutor are told after half an hour.
SUPERIORS = {3, 4, 5, 7, 21, 25, 50}
#: Results that must stand by a time that the table names, beside that of the first action.
CLOSED = {
    "I04": at(3, 4, 10), "I06": TODAY, "I15": at(3, 4, 10), "I16": at(3, 5, 10), "I17": at(3, 4, 10),
    "I18": at(3, 5, 10), "I19": at(3, 3, 12), "I36": at(3, 4, 10), "I48": at(3, 3, 12),
    "I52": at(3, 10, 10),
}
# fmt: on


def entered_at(deadline: datetime) -> datetime:
    """When what has this deadline in the table is entered: at an hour at which no other word means it."""
    return JUST_AFTER_MIDNIGHT if deadline == MORNING else AT


def tasks(type_id: str, opened_at: datetime = AT, **details: str) -> tuple[types.Wanted, ...]:
    row = catalogue.shipped().type(type_id)
    assert row is not None
    return types.tasks_for(
        catalogue.shipped(),
        row,
        audience=Audience.STAFF,
        opened_at=opened_at,
        calendar=CALENDAR,
        details=details,
    )


def test_the_shipped_catalogue_has_exactly_the_rows_of_the_table() -> None:
    shipped = [(row.id, row.number) for row in catalogue.shipped().types]
    assert shipped == [(line[0], line[1]) for line in TABLE]
    assert {number for _id, number in shipped} == set(range(1, 55))


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line[0])
def test_a_type_makes_the_tasks_of_its_row(line: tuple) -> None:  # type: ignore[type-arg]
    type_id, number, collected, handled, deadline, severity, feedback = line
    row = catalogue.shipped().type(type_id)
    assert row is not None
    collectors = {str(one) for one in row.collectors} | {"system"} & set(row.collected_by)
    assert collectors == set(collected.split())
    made = tasks(type_id, entered_at(deadline))
    assert [" ".join(sorted((one.rule.handler, *one.rule.beside))) for one in made] == [
        " ".join(sorted(posts.split())) for posts in handled
    ]
    assert {one.wanted_by for one in made} == {deadline}
    assert {one.rule.severity for one in made} == {severity}
    assert {*row.tells, *row.outside} == set(feedback.split())
    assert row.confidence == "P"
    assert row.law == tuple(LAWS.get(number, "").split())


@pytest.mark.django_db
@pytest.mark.parametrize("line", TABLE, ids=lambda line: line[0])
def test_whoever_collects_it_has_its_tasks_stand_with_their_posts_at_once(line: tuple) -> None:  # type: ignore[type-arg]
    type_id, _number, collected, handled, deadline, severity, _feedback = line
    row = catalogue.shipped().type(type_id)
    assert row is not None
    for collector in {collected.split()[0], collected.split()[-1]}:
        with clock.set_to(entered_at(deadline)), scope.entered(SYSTEM):
            world = World()
            by = Actor.system("x") if collector == "system" else world.on(Post(collector)).actor
            whole = {
                "person": About(custody=world.stay.pk),
                "cell": About(cell=world.cell.pk),
                "facility": About(),
            }
            about = next(whole[place] for place in whole if place in row.places)
            taken = services.observe(type_id, "x", facility=world.facility.pk, about=about, by=by)
            made = list(Task.objects.filter(source_entry_id=taken.entry_id).order_by("id"))
        assert sorted(" ".join(sorted(task.asked)) for task in made) == sorted(
            " ".join(sorted(posts.split())) for posts in handled
        )
        assert {(task.state, task.severity) for task in made} == {("open", severity)}
        assert {task.wanted_by for task in made} == {deadline}


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line[0])
def test_what_nobody_accepts_climbs_by_the_ladder_of_the_table(line: tuple) -> None:  # type: ignore[type-arg]
    type_id, number, _collected, _handled, deadline, severity, _feedback = line
    opened_at = entered_at(deadline)
    for one in tasks(type_id, opened_at):
        later = [(rung.post, rung.after.length) for rung in one.rule.ladder[1:]]
        assert later, "somebody is always asked next"
        posts = [post for post, _after in later]
        assert len(set(posts)) == len(posts)
        assert not set(posts) & {one.rule.handler, *one.rule.beside}, "nobody is asked twice"
        above = {p for p, after in later if after == timedelta(minutes=30)}
        if number in SUPERIORS:
            told = above | {one.rule.handler}
            assert {Post.OVERSIGHT, Post.RESIDENT_PROSECUTOR} <= told
        if severity == 1 and number != 4:
            assert later[0][1] == timedelta(minutes=5)
            usual = {Post.DUTY_LEADER: Post.LEADER, Post.OVERSIGHT: Post.LEADER}
            assert later[0][0] == usual.get(one.rule.handler, Post.DUTY_LEADER)
            if one.rule.handler not in (Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT):
                assert later[1] == (Post.LEADER, timedelta(minutes=15))
        if severity > 1:
            assert opened_at + later[0][1] <= deadline


def test_an_allegation_of_ill_treatment_never_passes_those_whom_it_may_be_about() -> None:
    (one,) = tasks("I04")
    assert one.rule.posts == (Post.RESIDENT_PROSECUTOR, Post.OVERSIGHT)
    assert one.rule.ladder[1].after.length == timedelta(minutes=30)


@pytest.mark.parametrize(("type_id", "closed"), CLOSED.items())
def test_a_result_stands_by_the_time_that_the_table_names(type_id: str, closed: datetime) -> None:
    assert {one.rule.close_by for one in tasks(type_id)} == {closed}


@pytest.mark.parametrize(
    ("type_id", "hours"), [("I15", 24), ("I16", 48), ("I36", 24), ("I52", 168)]
)
def test_a_bound_of_law_is_climbed_at_half_of_it_and_not_only_when_it_is_broken(
    type_id: str, hours: int
) -> None:
    for one in tasks(type_id):
        assert one.rule.ladder[1].after.length == timedelta(hours=hours / 2)


def test_a_morning_that_is_over_is_at_once() -> None:
    (one,) = tasks("I27a", AT)
    assert one.wanted_by == NOW


def test_the_owner_that_a_record_names_handles_it() -> None:
    (one,) = tasks("I53", owner="medical")
    assert one.rule.handler is Post.MEDICAL
    (one,) = tasks("I51", owner="psychologist", due_on="2026-03-20")
    assert (one.rule.handler, one.wanted_by) == (Post.PSYCHOLOGIST, at(3, 21))


def test_a_request_to_see_the_prosecutor_waits_over_a_holiday_by_the_table_of_days() -> None:
    row = catalogue.shipped().type("I37")
    assert row is not None
    calendar = Calendar(CALENDAR.shift_ends, date(2026, 10, 8))
    asked = datetime(2026, 9, 30, 15, tzinfo=clock.LOCAL)
    assert types.due(row.deadline, asked, calendar) == at(10, 9)
    unknown = Calendar(CALENDAR.shift_ends, None)
    assert types.due(row.deadline, asked, unknown) == at(10, 2), "unknown: earlier, never later"


def test_clinical_and_sealed_rows_tell_others_nothing_by_their_names() -> None:
    row = catalogue.shipped().type("I10")
    assert row is not None
    assert row.plain is not None
    clinical = types.tasks_for(
        catalogue.shipped(),
        row,
        audience=row.audience(Post.MEDICAL),
        opened_at=AT,
        calendar=CALENDAR,
        details={},
    )
    assert clinical[0].rule.id == "DUTY-INFO-HEALTH"
    assert clinical[0].rule.plain == row.plain
    gravely = catalogue.shipped().type("I08")
    assert gravely is not None
    assert gravely.audience(Post.PATROL) is Audience.STAFF, "what patrol sees is no medical secret"
    assert gravely.audience(Post.MEDICAL) is Audience.CLINICAL
    sealed = catalogue.shipped().type("I04")
    assert sealed is not None
    assert {sealed.audience(post) for post in Post} == {Audience.SEALED_COMPLAINT}
