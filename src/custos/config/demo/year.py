"""A year of duty at the main facility: what was noticed, who took it on and when, and what came of it.

Most of it was done in time; some was late and climbed its ladder, some was asked for again. Written by
`duty.information.bulk`; the words are those of the played shift.
"""

from datetime import datetime, timedelta
from random import Random

from custos.config.demo.duty import YEAR
from custos.config.demo.places import World
from custos.config.shift import script
from custos.config.shift.script import Noticed
from custos.foundation.custody.models import CellStay
from custos.foundation.record.parties import Actor, Post, StaffKind, Subject
from custos.prevention.duty.information import bulk
from custos.prevention.duty.information.bulk import Done, Handled, Returned

#: How many a day; of so many one is grave, one is accepted late, one is answered late, one asked for again.
A_DAY, _GRAVE, _TAKEN_LATE, _DONE_LATE, _RETURNED = 10, 25, 16, 22, 30
#: Since when nothing of it was noticed: whatever came late or was asked for again is done by now.
_UNTIL = timedelta(days=3)
#: Who handles what is noticed, by its type.
_HANDLES = {
    "I14": Post.MEDICAL,
    "I29": Post.DUTY_LEADER,
    "I30": Post.CASE_OFFICER,
    "I31": Post.DUTY_LEADER,
    "I36": Post.RECEPTION,
    "I42b": Post.LOGISTICS,
    "I45": Post.LOGISTICS,
}
_GRAVE_ANSWERS = (
    "已到场处置，涉事人员分开谈话，物品登记封存，已通知管教跟进。",
    "已核实情况，调整监室，加强巡视。",
)
_AGAIN = ("到场查看，问题仍在，请重新处理。", "本人反映尚未解决，请再次办理。")


def write(world: World) -> int:
    """Write the year; returns how many tasks it came to."""
    telling = _Telling(world)
    days = round(YEAR.days * world.share)
    return bulk.receive(world.main.pk, (telling.one() for _ in range(days * A_DAY)))


class _Telling:
    """Draws one thing after another, each about somebody where they were just then."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chance = Random("year")  # noqa: S311  (a world, not a secret)
        self.begins, self.ends = world.now - YEAR + timedelta(hours=1), world.now - _UNTIL
        rows = CellStay.objects.filter(organization=world.main).select_related("custody", "cell")
        self.stays = [
            stay for stay in rows.order_by("custody__number", "during") if self._span(stay)
        ]
        self.weights = [self._span(stay).total_seconds() for stay in self.stays]

    def _span(self, stay: CellStay) -> timedelta:
        """For how long of the year somebody was there."""
        until: datetime = min(stay.during.upper or self.ends, self.ends)
        begins: datetime = max(stay.during.lower, self.begins)
        return max(until - begins, timedelta())

    def one(self) -> Handled:
        """Something that was noticed and handled."""
        chance, play = self.chance, script.script()
        grave = not chance.randrange(_GRAVE)
        noticed = chance.choice(play.grave if grave else play.ordinary)
        (stay,) = chance.choices(self.stays, self.weights)
        at = max(stay.during.lower, self.begins) + self._span(stay) * chance.random()
        severity = 2 if grave else 3
        again = not chance.randrange(_RETURNED)
        finder = self._on(Post(noticed.by))
        returned = Returned(
            timedelta(minutes=chance.uniform(20, 240)),
            chance.choice(_AGAIN),
            self._done(noticed, severity, grave),
        )
        return Handled(
            type=noticed.type,
            text=noticed.text,
            about=self._about(stay, noticed),
            place=stay.cell.name,
            at=at,
            by=finder,
            done=self._done(noticed, severity, grave),
            details=noticed.details,
            returned=returned if again else None,
        )

    def _about(self, stay: CellStay, noticed: Noticed) -> Subject:
        if noticed.about == "cell":
            return Subject(self.world.main.pk, cell_id=stay.cell_id)
        held = stay.custody
        return Subject(self.world.main.pk, held.detainee_id, held.pk, stay.cell_id)

    def _done(self, noticed: Noticed, severity: int, grave: bool) -> Done:
        chance = self.chance
        after, took = script.takes(severity, chance), script.does(severity, chance)
        if not chance.randrange(_TAKEN_LATE):
            after += timedelta(hours=chance.uniform(4, 9))
        if not chance.randrange(_DONE_LATE):
            took += timedelta(hours=chance.uniform(9, 14))
        rule = f"DUTY-INFO-{noticed.type[1:].upper()}"
        answer = chance.choice(_GRAVE_ANSWERS) if grave else script.script().answer(rule, chance)
        return Done(self._on(_HANDLES[noticed.type]), after, took, answer)

    def _on(self, post: Post) -> Actor:
        people = self.world.staff[self.world.main.pk, post]
        officers = [actor for actor, _user in people if actor.staff_kind is not StaffKind.AUXILIARY]
        return self.chance.choice(officers or [actor for actor, _user in people])
