"""Whoever shows a person's data says so, or shows nothing."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.contrib.sessions.backends.cache import SessionStore
from django.db import ProgrammingError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from custos.foundation import gate
from custos.foundation.accounts import access
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.middleware import ActingMiddleware, purpose
from custos.foundation.accounts.models import Access
from custos.foundation.custody import queries
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.record.parties import Post
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody

View = Callable[[HttpRequest], HttpResponse]


def shown(view: View, acting: Acting) -> HttpResponse | None:
    """The view's answer to somebody, as the middleware runs it."""
    request = RequestFactory().get("/people/")
    request.user = acting.user
    request.session = SessionStore()
    middleware = ActingMiddleware(lambda _request: HttpResponse())
    middleware(request)
    return middleware.process_view(request, view, (), {})


@purpose("custody")
@gate.posts(*Post)
def people(request: HttpRequest) -> HttpResponse:
    """A page that reads people twice."""
    found, _count = queries.in_custody()
    cell = found[0].cell_id if found else None
    again = queries.occupants_of(cell) if cell else []
    return HttpResponse(" ".join(person.name for person in (*found, *again)))


@pytest.mark.django_db
def test_a_page_writes_one_row_with_everybody_it_showed_and_the_purpose() -> None:
    with scope.entered(SYSTEM):
        acting = somebody(Post.CASE_OFFICER)
        cell = a_cell(facility=acting.organization)
        stays = [a_detainee(in_cell=cell), a_detainee(in_cell=cell)]
        a_detainee(in_cell=a_cell(), name="Somebody Elsewhere")
    answer = shown(people, acting)
    assert answer is not None
    assert b"Elsewhere" not in answer.content
    with scope.entered(SYSTEM):
        row = Access.objects.get()
    assert (row.purpose, row.route, row.post) == ("custody", "/people/", "case_officer")
    assert row.staff_id == acting.staff.pk
    assert row.organization_id == acting.posting.organization_id
    assert row.detainees == sorted(stay.detainee_id for stay in stays)


@pytest.mark.django_db
def test_a_page_that_shows_nobody_writes_no_row() -> None:
    with scope.entered(SYSTEM):
        acting = somebody()
    assert shown(people, acting) is not None
    with scope.entered(SYSTEM):
        assert not Access.objects.exists()


@pytest.mark.django_db
def test_reading_people_where_nothing_records_it_is_a_defect() -> None:
    with scope.entered(SYSTEM):
        acting = somebody()
        stay = a_detainee(in_cell=a_cell(facility=acting.organization))
        assert queries.person(stay.pk).name == "Wang Jianguo"  # the system shows it to nobody
    with scope.entered(acting.scope):
        for read in (
            lambda: queries.person(stay.pk),
            queries.in_custody,
            lambda: queries.timeline_of(stay.pk),
        ):
            with pytest.raises(access.Unrecorded):
                read()
        assert queries.head_counts() == {stay.cell_id: 1}  # names nobody


@pytest.mark.django_db
def test_what_another_facility_holds_is_missing_and_not_recorded() -> None:
    with scope.entered(SYSTEM):
        acting = somebody()
        elsewhere = a_detainee(in_cell=a_cell(facility=a_facility()))
    with (
        scope.entered(acting.scope),
        pytest.raises(Missing),
        access.recording(acting, purpose="custody", route="test"),
    ):
        queries.person(elsewhere.pk)
    with scope.entered(SYSTEM):
        assert not Access.objects.exists()


@pytest.mark.django_db
def test_a_row_of_the_access_log_is_neither_changed_nor_deleted() -> None:
    with scope.entered(SYSTEM):
        acting = somebody()
        a_detainee(in_cell=a_cell(facility=acting.organization))
    shown(people, acting)
    with scope.entered(SYSTEM):
        row = Access.objects.get()
        for change in (
            lambda: Access.objects.update(purpose="other"),
            lambda: Access.objects.update(at=row.at + timedelta(days=1)),
            lambda: Access.objects.all().delete(),
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                change()
        assert Access.objects.get().purpose == "custody"


def test_the_trigger_stops_even_a_superuser(
    live_database: str, superuser_sql: psycopg.Connection
) -> None:
    with scope.entered(SYSTEM):
        acting = somebody()
        a_detainee(in_cell=a_cell(facility=acting.organization))
    shown(people, acting)
    for statement in (
        "UPDATE accounts_access SET purpose = 'other'",
        "DELETE FROM accounts_access",
        "TRUNCATE accounts_access",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            superuser_sql.execute(statement)


def test_a_page_whose_row_cannot_be_written_is_not_shown(
    live_database: str, superuser_sql: psycopg.Connection
) -> None:
    with scope.entered(SYSTEM):
        acting = somebody()
        a_detainee(in_cell=a_cell(facility=acting.organization))
    superuser_sql.execute("REVOKE INSERT ON accounts_access FROM custos_app")
    answer = shown(people, acting)
    assert answer is not None
    assert answer.status_code == 503
    assert b"Wang Jianguo" not in answer.content
