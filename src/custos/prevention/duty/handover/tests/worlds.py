"""A facility that hands its shifts over; call within a scope."""

from datetime import datetime, timedelta

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post
from custos.prevention.duty.handover import services
from custos.prevention.duty.handover.models import Handover, HandoverItem
from custos.prevention.duty.handover.services import Said
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from custos.prevention.duty.shifts import services as shifts

#: The change of shifts of that Tuesday, as shipped.
CHANGE = TUESDAY_AT_TEN.replace(hour=20)
KEPT = "strength: {duty_leader: 1}"
ALL_KEYS = Said(keys_expected=42, keys_counted=42, defects="2号岗灯不亮", words="夜间注意101室")


def at(minutes: float) -> clock.set_to:
    """The clock at so many minutes from the change."""
    return clock.set_to(CHANGE + timedelta(minutes=minutes))


class Changing(World):
    """Two duty leaders, of whom one led the day and the other begins the night."""

    def __init__(self, text: str = KEPT) -> None:
        with at(-600):
            super().__init__()
            self.day, self.night = self.on(Post.DUTY_LEADER), self.on(Post.DUTY_LEADER)
            self.leader = self.on(Post.LEADER)
            information.adopt(
                text,
                facility=self.facility.pk,
                valid_from=clock.today(),
                reason="x",
                by=self.leader.actor,
            )
            shifts.sign_on(self.facility.pk, by=self.day.actor)
        with at(-5):
            shifts.sign_on(self.facility.pk, by=self.night.actor)

    def prepared(self) -> Handover:
        """The handover of the change, prepared now."""
        found = services.prepare(self.facility.pk)
        assert found is not None
        return found

    def items(self) -> list[HandoverItem]:
        """What stands in it."""
        rows = HandoverItem.objects.filter(organization=self.facility)
        return list(rows.order_by("handover__at", "position"))

    def sign(self, by: Acting | None = None, said: Said = ALL_KEYS) -> Handover:
        """Have it signed by the outgoing leader, or another."""
        who = by or self.day
        return services.sign(self.prepared().pk, said, by=who.actor, proven_at=clock.now())

    def read(self, by: Acting | None = None, remark: str = "") -> int:
        """Have all of it read by the incoming leader, or another."""
        remarks = {item.pk: remark for item in self.items()}
        return services.read(self.prepared().pk, remarks, by=(by or self.night).actor)

    def take(self, by: Acting | None = None, proven_at: datetime | None = None) -> Handover:
        """Have it signed by the incoming leader, or another."""
        proven = proven_at or clock.now()
        who = by or self.night
        return services.take(self.prepared().pk, by=who.actor, proven_at=proven)


def waiting(facility: Organization, leader: Acting) -> Handover:
    """The handover of the last change of a facility that began to keep a roster before it."""
    with clock.set_to(clock.now() - timedelta(hours=13)):
        information.adopt(
            KEPT, facility=facility.pk, valid_from=clock.today(), reason="x", by=leader.actor
        )
    found = services.prepare(facility.pk)
    assert found is not None
    return found
