"""With whom somebody may be: the page, what each post may do on it, and who is never alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import separating
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_models import Classification, KeepApart, PlacingOrder
from custos.foundation.custody.tests import worlds
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from tests import factories

pytestmark = pytest.mark.django_db


class Ward:
    """A facility with two people in two cells."""

    def __init__(self) -> None:
        self.facility = factories.a_facility()
        self.one, self.other = (
            factories.a_detainee(in_cell=factories.a_cell(facility=self.facility), name=name)
            for name in ("Wang Wei", "Li Wei")
        )

    def somebody(self, post: Post, kind: StaffKind = StaffKind.OFFICER) -> Acting:
        return factories.somebody(post, kind, at=self.facility)

    def client(self, post: Post, kind: StaffKind = StaffKind.OFFICER) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(
            self.somebody(post, kind).user,
            backend="django.contrib.auth.backends.ModelBackend",
        )
        return client

    def do(self, client: Client, deed: str, **said: Any) -> Any:
        return client.post(f"/people/{self.one.pk}/apart/{deed}/", said, follow=True)


@pytest.fixture
def ward() -> Iterator[Ward]:
    with scope.entered(factories.SYSTEM):
        yield Ward()


def tomorrow() -> str:
    return (clock.now() + timedelta(days=1)).astimezone(clock.LOCAL).strftime("%Y-%m-%dT%H:%M")


def test_two_are_kept_apart_by_number_and_a_leader_lifts_it(ward: Ward) -> None:
    officer = ward.client(Post.CASE_OFFICER)
    said = {
        "number": ward.other.number, "kind": "threat", "scope": "area", "role": "threatened",
        "role_of_other": "threatens", "reason": "Said so at night",
    }  # fmt: skip
    page = ward.do(officer, "pair", **said).content.decode()
    assert "Li Wei" in page
    assert "threatened / threatens" in page
    pair = KeepApart.objects.get()
    wrong = ward.do(officer, "pair", **said | {"number": "nobody"})
    assert wrong.status_code == 422
    assert "Nobody in custody here has this number." in wrong.content.decode()
    # A case officer keeps apart; lifting it is a leader's.
    assert ward.do(officer, "close", pair=pair.pk, reason="Reconciled").status_code == 422
    page = ward.do(ward.client(Post.LEADER), "close", pair=pair.pk, reason="Reconciled")
    assert "Nobody." in page.content.decode()
    assert KeepApart.objects.get().closed_at is not None
    assert Entry.objects.filter(kind="separation.pair_closed").count() == 2


def test_the_category_of_a_stay_is_recorded(ward: Ward) -> None:
    said = {"category": "convicted", "repeat": "yes", "violent": "", "reason": "Judgment in force"}
    page = ward.do(ward.client(Post.CASE_OFFICER), "classify", **said).content.decode()
    assert "<dd>Convicted</dd>" in page
    row = Classification.objects.get()
    assert (row.category, row.repeat, row.violent) == ("convicted", True, None)


def test_a_clinician_orders_isolation_and_ends_it_and_nobody_else(ward: Ward) -> None:
    said = {"instruction": "Mask, own dishes", "group": "", "review_by": tomorrow()}
    for officer in (ward.client(Post.CASE_OFFICER), ward.client(Post.MEDICAL)):
        assert ward.do(officer, "isolate", **said).status_code == 422
    doctor = ward.client(Post.MEDICAL, StaffKind.CLINICIAN)
    assert "with nobody" in ward.do(doctor, "isolate", **said).content.decode()
    assert PlacingOrder.objects.get().ended_at is None
    ward.do(doctor, "end-isolation", reason="Negative twice")
    assert PlacingOrder.objects.get().ended_at is not None


def test_anybody_begins_never_alone_and_two_posts_end_it_together(ward: Ward) -> None:
    patrol = ward.client(Post.PATROL)
    said = {"review_by": tomorrow(), "reason": "Says that life is over"}
    page = ward.do(patrol, "never-alone", **said).content.decode()
    assert "May be alone again" not in page
    order = PlacingOrder.objects.get()
    assert (order.kind, order.attended) == ("company", False)
    officer = ward.somebody(Post.CASE_OFFICER)
    doctor = ward.somebody(Post.MEDICAL, StaffKind.CLINICIAN)
    content = {"custody": str(ward.one.pk), "reason": "Talked twice, sleeps well"}
    with scope.entered(officer.scope):
        asked = confirmations.ask(
            separating.END_NEVER_ALONE,
            content,
            organization_id=ward.facility.pk,
            ground="Talked twice, sleeps well",
            by=officer,
            proven_at=clock.now(),
        )
    with scope.entered(doctor.scope):
        confirmations.confirm(asked.pk, by=doctor, proven_at=clock.now())
    with scope.entered(officer.scope):
        separating.confirmed_end_never_alone(asked.pk, content, by=officer)
    assert PlacingOrder.objects.get().ended_at is not None
    entry = Entry.objects.get(kind="separation.never_alone_ended")
    assert entry.second_ref == doctor.actor.ref
    page = ward.client(Post.CASE_OFFICER).get(f"/people/{ward.one.pk}/apart/alone/")
    assert page.status_code == 200


def test_the_page_takes_as_many_queries_for_many_pairs_as_for_one(ward: Ward) -> None:
    client = ward.client(Post.CASE_OFFICER)
    url = f"/people/{ward.one.pk}/apart/"
    worlds.apart(ward.one, ward.other)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _more in range(3):
        cell = factories.a_cell(facility=ward.facility)
        worlds.apart(ward.one, factories.a_detainee(in_cell=cell))
    with CaptureQueriesContext(connection) as many:
        page = client.get(url).content.decode()
    assert len(many) <= len(few)
    assert page.count("Co-defendants") > 3


def test_a_stay_elsewhere_is_not_there(ward: Ward) -> None:
    elsewhere = factories.somebody(Post.CASE_OFFICER, at=factories.a_facility())
    client = Client()
    client.force_login(elsewhere.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/people/{ward.one.pk}/apart/").status_code == 404
    answer = client.post(f"/people/{ward.one.pk}/apart/never-alone/", {"reason": "x"})
    assert answer.status_code == 404
    assert Custody.objects.count() == 2
