"""The tree, cells and base records."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import translation

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations import queries, services
from custos.foundation.organizations.models import BaseRecord, Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.organizations.services import Installed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from tests.at_once import both
from tests.factories import BY_SYSTEM, SYSTEM, a_cell, a_city, a_facility, an_officer


@pytest.fixture
def within(db: None) -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def renewed(facility: Organization, day: date, capacity: int = 600) -> BaseRecord:
    return services.record_base(
        facility,
        valid_from=day,
        grade="2",
        capacity=capacity,
        square_metres=Decimal("3000.00"),
        staff={"officer": 90, "auxiliary": 60},
        installations=[Installed("camera", 40, 38, date(2026, 1, 5))],
        by=BY_SYSTEM,
    )


@pytest.mark.usefixtures("within")
class TestTree:
    def test_facilities_of_a_city_are_numbered_within_it(self) -> None:
        assert [a_facility().pk, a_facility().pk] == [101_001_001, 101_001_002]
        assert [child.pk for child in queries.children(a_city())] == [101_001_001, 101_001_002]

    def test_opening_is_an_entry_of_the_new_organization(self) -> None:
        facility = a_facility()
        entry = Entry.objects.get(organization_id=facility.pk)
        assert entry.kind == "organization.opened"

    @pytest.mark.parametrize(
        "kind",
        ["劳动教养", "收容教育", "收容教养", "收容遣送", "收容审查", "LZC", "BAQ", "AKY", "JY", ""],
    )
    def test_no_facility_of_a_kind_that_is_abolished_or_anothers_is_opened(self, kind: str) -> None:
        city = a_city()
        with pytest.raises(Malformed):
            a_facility(kind, parent=city)
        assert queries.children(city) == []

    def test_only_facilities_have_a_kind(self) -> None:
        with pytest.raises(Malformed, match="kind_of_tier"):
            services.open_organization(
                "x", tier=Tier.CITY, parent=a_city().parent, kind="KSS", by=BY_SYSTEM
            )

    def test_nothing_stands_below_a_facility(self) -> None:
        with pytest.raises(Malformed) as refusal:
            a_facility(parent=a_facility())
        assert refusal.value.code == "organization.place"
        with translation.override("zh-hans"):
            assert str(refusal.value.message).startswith("监所不能直接设在")

    def test_a_node_has_one_ministry(self) -> None:
        a_city()
        with pytest.raises(Conflict) as refusal:
            services.open_organization("x", tier=Tier.MINISTRY, parent=None, by=BY_SYSTEM)
        assert refusal.value.code == "organization.ministry_stands"

    def test_below_a_city_stand_at_most_999_facilities(self) -> None:
        city = a_city()
        Organization.objects.bulk_create(
            Organization(id=city.pk + place, parent=city, name=str(place), kind="KSS")
            for place in range(1, 1000)
        )
        with pytest.raises(Conflict) as refusal:
            a_facility(parent=city)
        assert refusal.value.code == "organization.full"

    def test_a_code_belongs_to_one_organization(self) -> None:
        a_facility(codes={"GA": "0001"})
        city = a_city()
        with pytest.raises(Conflict) as refusal:
            a_facility(codes={"GA": "0001"})
        assert refusal.value.code == "organization.code_taken"
        assert len(queries.children(city)) == 1
        a_facility(codes={"local": "0001"})

    def test_a_case_officer_opens_nothing(self) -> None:
        with pytest.raises(NotAllowed):
            services.open_organization(
                "x",
                tier=Tier.FACILITY,
                parent=a_city(),
                kind="KSS",
                by=an_officer(Post.CASE_OFFICER),
            )


def test_two_openings_at_once_get_different_numbers(live_database: str) -> None:
    with scope.entered(SYSTEM):
        city = a_city()
    ready = threading.Barrier(2)

    def opened() -> int:
        try:
            ready.wait(10)
            with scope.entered(SYSTEM):
                return int(a_facility(parent=city).pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as people:
        made = [task.result(20) for task in [people.submit(opened), people.submit(opened)]]
    assert sorted(made) == [101_001_001, 101_001_002]


@pytest.mark.django_db(transaction=True)
def test_of_two_first_base_records_at_once_the_second_is_told(
    superuser_sql: psycopg.Connection,
) -> None:
    with scope.entered(SYSTEM):
        facility = a_facility()
    told = both(
        superuser_sql,
        lambda: renewed(facility, date(2026, 3, 1)),
        lambda: renewed(facility, date(2026, 3, 1)),
    )
    assert told == ["done", "base.later"]


@pytest.mark.usefixtures("within")
class TestCells:
    def test_where_people_live_of_their_own_will_there_are_no_cells(self) -> None:
        with pytest.raises(Malformed) as refusal:
            a_cell(facility=a_facility("KFC"))
        assert refusal.value.code == "cell.voluntary"

    @pytest.mark.parametrize(("sex", "capacity"), [("0", 12), ("9", 12), ("1", 0), ("1", 201)])
    def test_a_cell_is_for_one_sex_and_a_sound_number(self, sex: str, capacity: int) -> None:
        with pytest.raises(Malformed, match=r"cell\.value"):
            a_cell(sex, capacity)

    def test_a_name_belongs_to_one_cell_of_a_facility(self) -> None:
        cell = a_cell()
        assert cell.area is not None
        with pytest.raises(Conflict):
            services.add_cell(cell.area, cell.name, sex="1", capacity=4, by=BY_SYSTEM)

    def test_out_of_use_says_why_and_until_when(self) -> None:
        cell = a_cell()
        with clock.set_to(datetime(2026, 3, 5, 4, tzinfo=UTC)):
            for reason, day in ((" ", None), ("Flooded", date(2026, 3, 4))):
                with pytest.raises(Malformed):
                    services.take_cell_out_of_use(
                        cell.pk, reason=reason, expected_return=day, by=BY_SYSTEM
                    )
            services.take_cell_out_of_use(
                cell.pk, reason="Flooded", expected_return=date(2026, 3, 9), by=BY_SYSTEM
            )
            with pytest.raises(Conflict):
                services.take_cell_out_of_use(
                    cell.pk, reason="Flooded", expected_return=None, by=BY_SYSTEM
                )
        now = Cell.objects.get(pk=cell.pk)
        assert (now.out_of_use_reason, now.expected_return) == ("Flooded", date(2026, 3, 9))

    def test_the_database_too_wants_a_reason(self) -> None:
        a_cell()
        with pytest.raises(IntegrityError, match="says_why"), transaction.atomic():
            Cell.objects.update(out_of_use=True)

    def test_a_cell_comes_back_once(self) -> None:
        cell = a_cell()
        services.take_cell_out_of_use(cell.pk, reason="Paint", expected_return=None, by=BY_SYSTEM)
        assert not services.return_cell_to_use(cell.pk, by=BY_SYSTEM).out_of_use
        with pytest.raises(Conflict):
            services.return_cell_to_use(cell.pk, by=BY_SYSTEM)
        assert list(
            Entry.objects.filter(cell_id=cell.pk).order_by("seq").values_list("kind", flat=True)
        ) == ["cell.added", "cell.out_of_use", "cell.returned_to_use"]

    def test_a_cell_out_of_scope_does_not_exist(self) -> None:
        cell = a_cell()
        with (
            scope.entered(scope.Scope(102_000_000, 102_999_999, frozenset({1}))),
            pytest.raises(Missing),
        ):
            services.return_cell_to_use(cell.pk, by=BY_SYSTEM)


@pytest.mark.usefixtures("within")
class TestBaseRecord:
    def test_a_newer_record_ends_the_older_one_the_day_before(self) -> None:
        facility = a_facility()
        first = renewed(facility, date(2026, 1, 1), 500)
        second = renewed(facility, date(2026, 3, 1), 600)
        for day, base in (
            (date(2025, 12, 31), None),
            (date(2026, 1, 1), first),
            (date(2026, 2, 28), first),
            (date(2026, 3, 1), second),
        ):
            assert queries.base_record_at(facility, day) == base

    @pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 2, 1)])
    def test_the_past_is_not_rewritten(self, day: date) -> None:
        facility = a_facility()
        renewed(facility, date(2026, 3, 1))
        with pytest.raises(Conflict, match=r"base\.later"):
            renewed(facility, day)
        assert BaseRecord.objects.count() == 1

    def test_the_database_refuses_two_records_on_one_day(self) -> None:
        facility = a_facility()
        renewed(facility, date(2026, 3, 1))
        with pytest.raises(IntegrityError, match="one_base_record_a_day"), transaction.atomic():
            BaseRecord.objects.create(
                organization=facility,
                during=DateRange(date(2026, 5, 1), date(2026, 5, 2)),
                capacity=1,
                square_metres=1,
            )

    def test_figures_come_from_the_record_of_the_day(self) -> None:
        facility = a_facility()
        renewed(facility, date(2026, 3, 1))
        figures = queries.figures_at(facility, date(2026, 3, 5), 540)
        assert figures is not None
        assert figures.occupancy_percent == 90  # 540 of 600
        assert figures.square_metres_each == Decimal("5.6")  # 3000 / 540 = 5.56
        assert figures.people_per_officer == Decimal("6.0")  # 540 / 90; auxiliaries are no officers
        assert queries.figures_at(facility, date(2026, 2, 28), 540) is None

    def test_an_empty_facility_has_no_square_metres_each(self) -> None:
        facility = a_facility()
        renewed(facility, date(2026, 3, 1))
        figures = queries.figures_at(facility, date(2026, 3, 1), 0)
        assert figures is not None
        assert (figures.occupancy_percent, figures.square_metres_each) == (0, None)

    @pytest.mark.parametrize(
        ("field", "changed"),
        [
            ("capacity", {"capacity": 0}),
            ("square_metres", {"square_metres": Decimal("-1")}),
            ("staff", {"staff": {"officer": -1}}),
            ("installations", {"installations": [Installed("camera", 4, 5)]}),
            ("installations", {"installations": [Installed("camera", 4, -1)]}),
        ],
    )
    def test_impossible_numbers_are_refused_in_words(
        self, field: str, changed: dict[str, Any]
    ) -> None:
        facts: dict[str, Any] = {
            "capacity": 600,
            "square_metres": Decimal("3000.00"),
            "staff": {"officer": 90},
            "installations": [],
        }
        with pytest.raises(Malformed) as refusal:
            services.record_base(
                a_facility(),
                valid_from=date(2026, 3, 1),
                grade="2",
                by=BY_SYSTEM,
                **(facts | changed),
            )
        assert (refusal.value.code, refusal.value.field) == ("base.value", field)
        assert not BaseRecord.objects.exists()
