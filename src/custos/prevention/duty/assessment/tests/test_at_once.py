"""Two leaders sign one month at once: it is signed once, and the other is told by whom."""

from datetime import timedelta

import pytest

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.duty.assessment import queries, services
from custos.prevention.duty.assessment.models import SignedMonth
from custos.prevention.duty.assessment.tests.worlds import MARCH, Assessed
from custos.prevention.duty.handover.tests.test_at_once import raced
from custos.prevention.duty.handover.tests.worlds import CHANGE
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
FEBRUARY = MARCH.before


def test_of_two_leaders_who_sign_at_once_one_is_told_of_the_other() -> None:
    with clock.set_to(CHANGE - timedelta(days=1)), scope.entered(SYSTEM):
        world = Assessed()
        world.task(opened=-5 * 24 * 60, by=world.one, accepted=-7_195, answered=-7_190)
        other = world.on(Post.LEADER)
        digest = queries.month_of(world.facility, FEBRUARY, clock.now()).digest

    def signs(by: Acting) -> SignedMonth:
        now = clock.now()
        return services.sign(world.facility, FEBRUARY, digest, by=by.actor, proven_at=now)

    _one, two = raced(lambda: signs(world.leader), lambda: signs(other))
    assert two == "assessment.signed"
    with scope.entered(SYSTEM):
        assert SignedMonth.objects.get().signed_by == world.leader.actor.ref
        assert Entry.objects.filter(kind="assessment.signed").count() == 1
