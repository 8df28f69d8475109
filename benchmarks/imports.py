"""Bringing in people who are held already: twenty thousand rows, nearly every column filled in.

First the sheet is looked through, as whoever sends it waits for; then everybody comes, as whoever confirms
it waits for, which looks through it once more. Both as the application's role under row-level security,
by the functions that the page, the API and `custos people import` call.

A sheet of a detention centre, and one of a house of administrative detention: there each row says enough
to start a clock, and every fourth person leaves so soon that a case is opened for it.
"""

import csv
import io
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psutil

from benchmarks._place import database
from custos.config.benching import Figure

ROWS, TO_A_CELL = 20_000, 10
#: Seconds that looking through and bringing in take together, at most.
MOST = 60
#: So many seconds the site waits for a database that says nothing.
PATIENCE = 4


class _Waits:
    """How long the longest of the statements took, the end of the transaction among them."""

    longest = 0.0

    def __call__(self, execute: Any, *args: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.longest = max(self.longest, time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class _Held:
    """Who is held at a facility: its number and kind, on which document, for how many days."""

    title: str
    organization: int
    kind: str
    basis: str
    days: int | None


_EVERY = (
    _Held("detention centre", 101_001_001, "KSS", "逮捕证", None),
    _Held("administrative detention", 101_001_002, "JLS", "行政拘留决定书", 10),
)

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾单仇解查朴区盖翟"
_GIVEN = (
    "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建国志文海峰小川春生铁山远栋晓东"
)
_COLUMNS = (
    "人员编号", "姓名", "别名", "性别", "出生日期", "证件种类", "证件号码", "身份核实情况", "国籍", "语言",
    "需要翻译", "饮食需要", "辅助器具", "法律文书", "文书号", "签发机关", "签发日期", "文书有效期至",
    "办案机关种类", "办案机关", "案件编号", "罪名或事由", "入所时间", "监室", "隔离组", "隔离原因",
    "联系人姓名", "联系人关系", "联系人电话", "第二联系人姓名", "第二联系人关系", "第二联系人电话",
)  # fmt: skip


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full number of rows."""
    count = max(500, round(ROWS * scale))
    with database(), tempfile.TemporaryDirectory(prefix="custos-bench-") as files:
        from django.conf import settings

        settings.ATTACHMENTS = files
        figures = [Figure("rows of a sheet", count, "")]
        for held in _EVERY:
            figures += _measured(held, count)
        return figures


def _measured(held: _Held, count: int) -> Iterator[Figure]:
    from django.db import connection

    from custos.foundation.database import scope
    from custos.foundation.record.parties import Actor, ActorKind, Post, Readers, StaffKind
    from custos.management.reception.importing import services

    with scope.entered(scope.Scope.of_system("bench")):
        _cells(held, -(-count // TO_A_CELL))
    sheet = _sheet(held, count)
    leader = Actor(ActorKind.STAFF, "1", Post.DUTY_LEADER, StaffKind.OFFICER)
    place, audiences = held.organization, frozenset({int(Readers.STAFF), int(Readers.LEADERS)})
    served = _served_by()
    before, spent = sum(served.cpu_times()[:2]), time.process_time()
    began, waits = time.perf_counter(), _Waits()
    with scope.entered(scope.Scope(place, place, audiences, "bench")):
        upload = services.check(sheet, "people.csv", place, by=leader, sent_by="Zhao Min")
    looked = time.perf_counter()
    if upload.new != count:
        raise RuntimeError(f"of {count} rows {upload.wrong} are wrong")
    with scope.entered(scope.Scope(place, place, audiences, "bench")):
        with connection.execute_wrapper(waits):
            services.bring(upload.pk, reason="由原管理系统转入", by=leader)
        written = time.perf_counter()
    ended, spent = time.perf_counter(), time.process_time() - spent
    waits.longest = max(waits.longest, ended - written)
    in_database = sum(served.cpu_times()[:2]) - before
    bound = max(MOST * count / ROWS, 5)
    yield Figure(f"{held.title}, looked through", looked - began, "s")
    yield Figure(f"{held.title}, brought in", ended - looked, "s")
    yield Figure(f"{held.title}, both", ended - began, "s", bound, True)
    yield Figure(f"{held.title}, longest statement", waits.longest, "s", PATIENCE, True)
    yield Figure(f"{held.title}, of a processor here", spent, "s")
    yield Figure(f"{held.title}, in the database", in_database, "s")


def _served_by() -> psutil.Process:
    """The database's process that serves this one."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0])


def _cells(held: _Held, count: int) -> None:
    from custos.foundation.organizations.models import Area, Cell, Organization

    facility = Organization.objects.create(id=held.organization, name="Centre", kind=held.kind)
    area = Area.objects.create(organization=facility, name="1")
    Cell.objects.bulk_create(
        Cell(organization=facility, area=area, name=f"{at:04}", sex="1", capacity=TO_A_CELL)
        for at in range(count)
    )


def _sheet(held: _Held, count: int) -> bytes:
    """A sheet as CSV; one row in ten is of three who are kept apart."""
    chance, out, cells = Random(20260302), io.StringIO(newline=""), -(-count // TO_A_CELL)
    writer, today = csv.writer(out), datetime.now()
    writer.writerow(_COLUMNS)
    for at in range(count):
        writer.writerow(_row(chance, held, at, f"{at % cells:04}", today))
    return out.getvalue().encode()


def _row(chance: Random, held: _Held, at: int, cell: str, today: datetime) -> list[Any]:
    from custos.foundation.codes.identity import check_character

    def name() -> str:
        return chance.choice(_SURNAMES) + "".join(
            chance.choices(_GIVEN, k=chance.choice((1, 2, 2)))
        )

    born = datetime(chance.randrange(1955, 2006), chance.randrange(1, 13), chance.randrange(1, 29))
    first = f"110101{born:%Y%m%d}{chance.randrange(500) * 2 + 1:03}"
    came = today - timedelta(days=chance.randrange(2, held.days or 40))
    until = f"{came + timedelta(days=held.days):%Y-%m-%d}" if held.days else ""
    group = f"案{at // 30}" if at % 30 < 3 else ""
    return [
        f"{held.organization}{at:012}", name(), name() if at % 4 == 0 else "", "男", f"{born:%Y-%m-%d}",
        "居民身份证", first + check_character(first), "身份已核实", "中国", "汉语普通话",
        "否", "低糖饮食" if at % 10 == 0 else "", "眼镜" if at % 5 == 0 else "",
        held.basis, f"京公〔2026〕{at}号", "某县公安局", f"{came:%Y-%m-%d}", until,
        "公安机关", "某县公安局", f"A{at:022}", "盗窃罪；诈骗罪" if at % 3 else "盗窃罪",
        f"{came:%Y-%m-%d %H:%M}", cell, group, "同案犯" if group else "",
        name(), "母亲", f"138{at:08}", name(), "父亲", f"139{at:08}",
    ]  # fmt: skip
