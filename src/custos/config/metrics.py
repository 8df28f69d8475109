"""Prometheus figures at `/metrics`: how the program is, never whom it is about.

Open to this machine, and to whoever brings the token CUSTOS_METRICS_TOKEN. Counts that live in the
database are asked when the page is; labels are names of routes, kinds and outcomes, never values.
"""

import hmac
import os
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from custos.foundation import gate
from custos.foundation.backups import status

_served = Histogram(
    "custos_http_seconds",
    "Time to answer a request",
    ["route", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)


class Timing:
    """Middleware that times every request by the name of its route."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        # Never the path: it may hold a person's identifier.
        route = match.view_name or match.route if match else "none"
        _served.labels(route, _method(request), response.status_code).observe(
            time.perf_counter() - began
        )
        return response


def _method(request: HttpRequest) -> str:
    """The method; what a client made up is "other", or it could fill our memory with labels."""
    return request.method if request.method in ("GET", "HEAD", "POST") else "other"


class _FromDatabase(Collector):
    """Figures that the database knows, over the whole node."""

    def collect(self) -> Iterator[Metric]:
        from custos.foundation.database import pulse, scope
        from custos.foundation.record.models import Head, ReactionDue
        from custos.prevention.duty import engine
        from custos.prevention.duty.models import Task

        up = GaugeMetricFamily("custos_database_up", "Whether the database answers")
        try:
            with scope.entered(scope.Scope.of_system("metrics")):
                entries = sum(Head.objects.values_list("seq", flat=True))
                failing = ReactionDue.objects.filter(done_at__isnull=True, attempts__gt=0).count()
                open_tasks = Task.objects.filter(state__in=engine.UNFINISHED).count()
            swept = pulse.last_beat(pulse.SWEEPS)
            failing_sweeps = len(pulse.failing())
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield CounterMetricFamily("custos_entries", "Entries in the record", value=entries)
        yield GaugeMetricFamily(
            "custos_reactions_failing", "Reactions that failed and wait to be retried", failing
        )
        yield GaugeMetricFamily("custos_tasks_open", "Tasks that nobody has answered", open_tasks)
        yield GaugeMetricFamily(
            "custos_sweeps_failing", "Sweeps of deadlines that fail just now", failing_sweeps
        )
        if swept is not None:
            yield GaugeMetricFamily(
                "custos_sweeps_last_seconds",
                "When the sweeps last ran, Unix time",
                swept.timestamp(),
            )


class _Backups(Collector):
    """How fresh the backups are."""

    def collect(self) -> Iterator[Metric]:
        found = status.of(settings.DATA, settings.BACKUPS)
        for name, said, at in (
            ("copied", "When the last base copy ended, Unix time", found.copied_at),
            ("verified", "When a backup was last tested, Unix time", found.verified_at),
            ("kept", "Up to when the log is kept, Unix time", found.kept_at),
        ):
            if at is not None:
                yield GaugeMetricFamily(f"custos_backup_{name}_seconds", said, at.timestamp())
        yield GaugeMetricFamily(
            "custos_backup_broken",
            "Whether the backups can't be read, or log is missing after the last copy",
            int(bool(found.trouble or found.missing)),
        )


_database, _backups = _FromDatabase(), _Backups()


@require_GET
@gate.own_check
def page(request: HttpRequest) -> HttpResponse:
    """All figures of this process and of the database, in the text format of Prometheus."""
    if not _may_read(request):
        return HttpResponseForbidden("metrics are for this machine, or by token\n")
    lines = b"".join(
        generate_latest(figures) for figures in (REGISTRY, _Only(_database), _Only(_backups))
    )
    return HttpResponse(lines, content_type=CONTENT_TYPE_LATEST)


class _Only:
    """A registry of one collector."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def collect(self) -> Iterator[Metric]:
        """What the collector collects."""
        yield from self._collector.collect()


def _may_read(request: HttpRequest) -> bool:
    token = os.environ.get("CUSTOS_METRICS_TOKEN", "")
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(said.encode(), token.encode())
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
