"""A file that comes again brings nobody twice, whatever is in it; and many rows come in minutes."""

import time
from pathlib import Path

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people.models import FactRow, Token
from custos.foundation.custody.place_models import KeepApart
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception.importing import services
from custos.management.reception.importing.tests.sheets_of import a_csv, an_xlsx, rows_of
from custos.management.reception.models import PeopleImport
from tests.factories import SYSTEM, a_cell, a_facility, somebody

#: What a row may say: right and wrong, so that files are mended on the way.
_CELLS = st.fixed_dictionaries(
    {
        "人员编号": st.sampled_from(["N1", "N2", "N3", "N4", "N5"]),
        "姓名": st.sampled_from(["王小川", "赵铁山", "𠮷田㐂", ""]),
        "性别": st.sampled_from(["男", "男", "男", "女"]),
        "出生日期": st.sampled_from(["1990-05-01", "", "2010-01-01", "1990-13-01"]),
        "别名": st.sampled_from(["", "阿大", "阿大；阿二"]),
        "隔离组": st.sampled_from(["", "", "案1"]),
        "监室": st.sampled_from(["first", "second", "third"]),
    }
)


@pytest.mark.usefixtures("_attachments")
class Again(TestCase):
    """Every example has a facility of its own."""

    @given(st.lists(st.lists(_CELLS, min_size=1, max_size=5), min_size=1, max_size=3))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def test_twice_is_once_and_of_a_mended_file_come_those_who_are_missing(
        self, files: list[list[dict[str, str]]]
    ) -> None:
        with scope.entered(SYSTEM):
            facility = a_facility()
            cells = {name: a_cell(facility=facility).name for name in ("first", "second", "third")}
            leader = somebody(Post.DUTY_LEADER, at=facility)
        with scope.entered(leader.scope):
            for rows in files:
                named = [row | {"监室": cells[row["监室"]]} for row in rows]
                data = a_csv(rows_of("", *named))

                def check(data: bytes = data) -> PeopleImport:
                    return services.check(data, "x.csv", facility.pk, by=leader.actor, sent_by="x")

                before = _held()
                first = check()
                assert _held() == before  # looking brings nobody in
                assert first.new + first.known + first.changed + first.wrong == len(rows)
                if first.wrong or not first.new:
                    continue
                services.bring(first.pk, reason="x", by=leader.actor)
                after = _held()
                assert after[0] == before[0] + first.new
                assert _numbers() >= {row["人员编号"] for row in rows}
                again = check()
                assert (again.new, again.wrong) == (0, 0)
                assert again.known >= first.new + first.known
                assert _held() == after


def _held() -> tuple[int, ...]:
    models = (Custody, Detainee, FactRow, Token, KeepApart, Entry)
    return tuple(model.objects.count() for model in models)


def _numbers() -> set[str]:
    return set(Custody.objects.values_list("number", flat=True))


@pytest.fixture
def _attachments(settings: LazySettings, tmp_path: Path) -> None:
    settings.ATTACHMENTS = tmp_path


@pytest.mark.proof
@pytest.mark.django_db
@pytest.mark.usefixtures("_attachments")
def test_twenty_thousand_rows_come_in_minutes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A large facility's year, at once: full rows, in cells of twelve."""
    count = 20_000
    with scope.entered(SYSTEM):
        facility = a_facility()
        model = a_cell(facility=facility)
        cells = Cell.objects.bulk_create(
            Cell(
                organization=facility, area=model.area, name=f"C{n:04}", sex="1", capacity=12,
                square_metres=42,
            )
            for n in range(count // 12 + 1)
        )  # fmt: skip
        leader = somebody(Post.DUTY_LEADER, at=facility)
    rows = rows_of(
        "",
        *(
            {
                "姓名": f"王{chr(0x4E00 + n % 5000)}{chr(0x4E00 + n // 5000)}",
                "监室": cells[n // 12].name,
                "别名": "阿大；阿二",
                "证件号码": f"{n:018}",
                "国籍": "中国",
                "语言": "汉语普通话",
                "照护要点": "按时叫医生" if n % 5 == 0 else "",
                "签发机关": "某县公安局",
                "办案机关种类": "公安机关",
                "办案机关": "某县公安局",
                "罪名或事由": "盗窃罪；诈骗罪",
                "联系人姓名": "王秀英",
                "联系人电话": "13800000000",
            }
            for n in range(count)
        ),
    )
    data = an_xlsx(rows)
    said = [f"{len(data) / 2**20:.1f} MB"]
    with scope.entered(leader.scope):
        began = time.perf_counter()
        upload = services.check(data, "x.xlsx", facility.pk, by=leader.actor, sent_by="x")
        said.append(f"looked through in {time.perf_counter() - began:.1f} s")
        assert (upload.new, upload.wrong) == (count, 0)
        began = time.perf_counter()
        services.bring(upload.pk, reason="x", by=leader.actor)
        took = time.perf_counter() - began
        said.append(f"brought in in {took:.1f} s, {Entry.objects.count()} entries")
        began = time.perf_counter()
        again = services.check(data, "x.xlsx", facility.pk, by=leader.actor, sent_by="x")
        said.append(f"known again in {time.perf_counter() - began:.1f} s")
        assert (again.new, again.known) == (0, count)
    with capsys.disabled():
        print("\n20,000 rows:", "; ".join(said))
    assert took < 1_800  # on a machine that does other things too
