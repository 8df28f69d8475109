"""From messages to telemetry, entries and refusals: one transaction for a batch.

Whatever comes in has one outcome, and a message that comes twice changes nothing the second time.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.foundation.record.services import Deed
from custos.prevention.devices import onvif, queries, timing
from custos.prevention.devices.kinds import EmergencyButtonPressed
from custos.prevention.devices.models import DeviceKind
from custos.prevention.devices.onvif import DigitalInput, KnownEvent, PropertyGone, Unreadable
from custos.prevention.devices.queries import Addresses, Known
from custos.prevention.devices.timing import LifeSafety, Timing

_KEPT_OF_REFUSED = 2048
#: Where the count stands in a row of refused messages, from its end.
_TIMES = -3


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived. `repeated` marks what the broker says it is sending again."""

    topic: str
    payload: bytes
    received_at: datetime
    size: int
    sha256: str
    retained: bool = False
    repeated: bool = False

    @classmethod
    def of(
        cls,
        topic: str,
        payload: bytes,
        received_at: datetime,
        *,
        retained: bool = False,
        repeated: bool = False,
    ) -> "Received":
        """A message with its digest; of an oversized one no more is kept than shows that it is."""
        digest = hashlib.sha256(topic.encode(errors="replace") + b"\0" + payload).hexdigest()
        kept = payload[: onvif.LARGEST + 1]
        return cls(topic, kept, received_at, len(payload), digest, retained, repeated)

    @property
    def notice_id(self) -> str:
        """The same for the same message, also after a restart."""
        return str(UUID(self.sha256[:32]))


class Outcome(StrEnum):
    """What became of a message."""

    ENTERED = "entered"
    KEPT = "kept"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Taken:
    """An outcome, and the device whose message it was, where it is one in use."""

    outcome: Outcome
    device: UUID | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message of a device in use, read and with its time judged."""

    device: Known
    topic: str
    source: str
    data: str
    device_time: datetime
    reported_at: datetime
    timing: Timing
    life_safety: LifeSafety | None

    @property
    def happened_at(self) -> datetime:
        """The device's time where it is believed, else the time of arrival."""
        return self.device_time if self.timing.believed else self.reported_at


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is not acted on. `organization_id` is None while nobody is known to own it."""

    reason: str
    detail: str
    prefix: str
    organization_id: int | None = None


def judge(message: Received, known: Addresses) -> Accepted | Refused:
    """Read one message and decide what it is, given the devices that are known. Pure."""
    prefix = _prefix_of(message)
    try:
        read = onvif.read(message.topic, message.payload)
    except Unreadable as error:
        detail = str(message.size) if error.code == "oversized" else error.detail
        return Refused(error.code, detail, prefix, _owner_of(prefix, known))
    device = _device_of(read, known)
    if device is None:
        source = read.address.source[:120]
        return Refused("unknown_device", source, prefix, _owner_of(prefix, known))
    if not device.enabled:
        return Refused("disabled_device", device.name, prefix, device.organization_id)
    return _accepted(message, read, device, prefix)


def _prefix_of(message: Received) -> str:
    return message.topic.partition(f"/{onvif.EVENT_FORMAT}/")[0]


def _owner_of(prefix: str, known: Addresses) -> int | None:
    """To whom the other devices under a prefix belong."""
    return next((d.organization_id for (p, _), d in known.items() if p == prefix), None)


def _device_of(read: onvif.Message, known: Addresses) -> Known | None:
    token = read.token if isinstance(read, DigitalInput) else read.address.source
    return known.get((read.address.prefix, token)) or known.get((read.address.prefix, ""))


def _accepted(
    message: Received, read: onvif.Message, device: Known, prefix: str
) -> Accepted | Refused:
    rule = timing.rule()
    device_time = message.received_at if isinstance(read, PropertyGone) else read.device_time
    judged = timing.judge(rule, device_time, message.received_at, retained=message.retained)
    pressed = isinstance(read, DigitalInput) and read.active
    life_safety = rule.life_safety.get(device.kind) if pressed else None
    if isinstance(read, DigitalInput) and read.no_time is not None:
        # A retained one would be another cry for help at every new connection.
        if life_safety is None or message.retained:
            return Refused(read.no_time.code, read.no_time.detail, prefix, device.organization_id)
    elif judged is Timing.CLOCK_AHEAD and life_safety is None and device_time is not None:
        detail = device_time.isoformat()
        return Refused("future_dated", detail, prefix, device.organization_id)
    # A clock that stands still gives every press the same time. Only arrival tells them apart, so
    # that no second cry for help is taken for a repetition of the first.
    trusted = judged.believed or message.retained
    return Accepted(
        device,
        read.address.topic,
        read.token if isinstance(read, DigitalInput) else read.address.source,
        _data(read),
        device_time or message.received_at,
        device_time if trusted and device_time else message.received_at,
        judged,
        life_safety,
    )


def _data(read: onvif.Message) -> str:
    if isinstance(read, DigitalInput):
        # "true", true and 1 are one state, whichever way a device writes it.
        return json.dumps({"LogicalState": read.active})
    if isinstance(read, KnownEvent):
        return json.dumps({"Source": read.source, "Data": read.data}, sort_keys=True)
    return json.dumps({"PropertyOperation": "Deleted"})


def take(batch: Sequence[Received]) -> list[Taken]:
    """Record a batch in one transaction, and say what became of each message, in order.

    When this returns, everything is committed and the messages may be acknowledged. If it raises,
    nothing of the batch was written.
    """
    with scope.entered(scope.Scope.of_system("devices.intake")), record.deed() as deed:
        prefixes = {_prefix_of(message) for message in batch}
        known = queries.addresses(prefixes)
        judged = [judge(message, known) for message in batch]
        new = _insert(
            (one, message)
            for one, message in zip(judged, batch, strict=True)
            if isinstance(one, Accepted)
        )
        outcomes: list[Taken] = []
        refused: list[tuple[Refused, Received]] = []
        for one, message in zip(judged, batch, strict=True):
            if isinstance(one, Refused):
                refused.append((one, message))
                outcomes.append(Taken(Outcome.REFUSED))
            elif new[_key(one)] == 0:
                outcomes.append(Taken(Outcome.DUPLICATE, one.device.id))
                if not (message.retained or message.repeated):
                    again = Refused("duplicate", one.device.name, "", one.device.organization_id)
                    refused.append((again, message))
            else:
                new[_key(one)] -= 1
                outcomes.append(Taken(_act(one, message, deed), one.device.id))
        _keep_refused(refused)
    return outcomes


def _act(one: Accepted, message: Received, deed: Deed) -> Outcome:
    if one.life_safety is None or one.device.kind != DeviceKind.EMERGENCY_BUTTON:
        return Outcome.KEPT
    deed.append(
        EmergencyButtonPressed(
            device=one.device.id,
            device_name=one.device.name,
            device_time=one.device_time,
            received_at=message.received_at,
            timing=one.timing,
        ),
        about=Subject(one.device.organization_id, cell_id=one.device.cell_id),
        by=Actor.device(one.device.id),
        occurred_at=one.happened_at,
    )
    return Outcome.ENTERED


_Key = tuple[UUID, datetime, str, bytes]


def _key(one: Accepted) -> _Key:
    digest = hashlib.sha256(f"{one.source}\0{one.data}".encode()).digest()
    return (one.device.id, one.reported_at, one.topic, digest)


def _insert(accepted: Iterable[tuple[Accepted, Received]]) -> Counter[_Key]:
    """Insert telemetry; the keys of what was not there before, each counted once."""
    rows = [
        (*_key(one), one.device.organization_id, one.source, one.data, one.device_time,
         message.received_at, one.timing.value)
        for one, message in accepted
    ]  # fmt: skip
    if not rows:
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO devices_telemetry (device_id, reported_at, topic, digest, organization_id,
                                           source, data, device_time, received_at, timing)
            SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::bytea[],
                                 %s::bigint[], %s::text[], %s::jsonb[], %s::timestamptz[],
                                 %s::timestamptz[], %s::text[])
            ON CONFLICT DO NOTHING
            RETURNING device_id, reported_at, topic, digest
            """,
            [list(column) for column in zip(*rows, strict=True)],
        )
        return Counter((a, b, c, bytes(d)) for a, b, c, d in cursor.fetchall())


def _keep_refused(refused: Sequence[tuple[Refused, Received]]) -> None:
    if not refused:
        return
    homeless = {one.prefix for one, _ in refused if one.organization_id is None}
    owners = queries.organizations_of(homeless) if homeless else {}
    rows: dict[tuple[int, str, str], list[Any]] = {}
    for one, message in refused:
        owner = one.organization_id or owners[one.prefix]
        key = (owner, one.reason, message.sha256)
        if key in rows:
            rows[key][_TIMES] += 1
            continue
        rows[key] = [
            new_id(), owner, one.reason, _storable(one.detail)[:200], _storable(message.topic),
            message.sha256, message.size, message.payload[:_KEPT_OF_REFUSED], 1,
            message.received_at, message.received_at,
        ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO devices_refusedmessage (id, organization_id, reason, detail, topic, sha256,
                                                size, beginning, times, received_at,
                                                last_received_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (organization_id, reason, sha256) DO UPDATE
            SET times = devices_refusedmessage.times + excluded.times,
                last_received_at = greatest(devices_refusedmessage.last_received_at,
                                            excluded.last_received_at)
            """,
            list(rows.values()),
        )


def _storable(text: str) -> str:
    return text.replace("\x00", "�").encode(errors="replace").decode()


def refuse(message: Received, reason: str, detail: str) -> None:
    """Keep one message as refused, in a transaction of its own: for what failed within Custos."""
    prefix = _prefix_of(message)
    with scope.entered(scope.Scope.of_system("devices.intake")):
        _keep_refused([(Refused(reason, detail, prefix), message)])


def heard(device_times: dict[UUID, datetime]) -> None:
    """Set when devices were last heard, in one statement."""
    if not device_times:
        return
    with scope.entered(scope.Scope.of_system("devices.intake")), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE devices_device SET last_heard = heard.at
            FROM unnest(%s::uuid[], %s::timestamptz[]) AS heard (id, at)
            WHERE devices_device.id = heard.id
              AND (last_heard IS NULL OR last_heard < heard.at)
            """,
            [list(device_times), list(device_times.values())],
        )
