"""The embedded MQTT broker, for the demo and small sites; a facility runs Mosquitto or EMQX.

Two users: `custos` may do everything, `devices` may only publish, and only events. Nobody comes in
without a password. An event is acknowledged to its device when it is on disk, and handed to Custos
until Custos acknowledges it, whatever is killed meanwhile (see `journal`).
"""

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Any

import amqtt.broker
from amqtt.broker import Broker
from amqtt.mqtt.constants import QOS_0
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import IncomingApplicationMessage
from argon2 import PasswordHasher

from custos.config.environment import data_folder, secret
from custos.config.journal import Journal

CUSTOS, DEVICES = "custos", "devices"
#: What devices may publish: ONVIF events as JSON, under a prefix of one to three levels.
_EVENTS = [f"{'+/' * levels}onvif-ej/#" for levels in (1, 2, 3)]
#: amqtt waits 5 s for an acknowledgement, then gives up; what still waits is handed on again after this.
_HAND_ON_AGAIN = 7.0


def password(user: str, data: Path | None = None) -> str:
    """The password of a user of the broker, made on first use."""
    return secret(
        f"CUSTOS_MQTT_PASSWORD_{user.upper()}", (data or data_folder()) / "keys" / f"broker-{user}"
    )


def _password_file() -> Path:
    """The users with the digests of their passwords, as the broker reads them."""
    file, hasher = data_folder() / "keys" / "broker-users", PasswordHasher()
    lines = [f"{user}:{hasher.hash(password(user))}\n" for user in (CUSTOS, DEVICES)]
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.writelines(lines)
    return file


def _is_event(topic: str | None) -> bool:
    return "onvif-ej" in (topic or "").split("/")[1:4]


def _journaled(journal: Journal) -> type[BrokerProtocolHandler]:
    """amqtt's side of a connection, with the journal in its way."""

    class Journaled(BrokerProtocolHandler):
        async def handle_publish(self, publish_packet: Any) -> None:
            """A device publishes: on disk first, acknowledged after; nothing is kept for who comes later,
            since amqtt would hand it to whoever asks before it looks whether they may.
            """
            publish_packet.retain_flag = False
            if publish_packet.qos and _is_event(publish_packet.topic_name):
                try:
                    await journal.keep(publish_packet.topic_name, bytes(publish_packet.data or b""))
                except OSError as error:
                    logging.getLogger(__name__).error("an event could not be kept: %s", error)
                    # Handed on all the same, for the screens; the device sends again what nobody
                    # acknowledged.
                    await self._hand_on_unacknowledged(publish_packet)
                    return
            await super().handle_publish(publish_packet)

        async def _hand_on_unacknowledged(self, packet: Any) -> None:
            message = IncomingApplicationMessage(None, packet.topic_name, QOS_0, packet.data, False)
            message.publish_packet = packet
            await self.session.delivered_message_queue.put(message)

        async def mqtt_publish(self, topic: str, data: Any, *rest: Any, **named: Any) -> Any:
            """Hand a message on; returns when it was acknowledged, raises where it was not."""
            done = await super().mqtt_publish(topic, data, *rest, **named)
            if done.qos and _is_event(topic):
                await journal.taken(topic, bytes(data))
            return done

    return Journaled


async def _hand_on(broker: Broker, journal: Journal) -> None:
    """Offer Custos again what it hasn't acknowledged, while it is connected."""
    while True:
        await asyncio.sleep(1)
        listening = any(
            session.username == CUSTOS and session.transitions.state == "connected"
            for session, _ in broker.sessions.values()
        )
        for one in journal.overdue(_HAND_ON_AGAIN) if listening else ():
            for _ in range(one.count):
                await broker.internal_message_broadcast(one.topic, one.data)


async def _run(host: str, port: int) -> None:
    journal = Journal(data_folder() / "broker" / "events")
    # amqtt has no other place to put one's own side of a connection in.
    setattr(amqtt.broker, "BrokerProtocolHandler", _journaled(journal))  # noqa: B010
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.FileAuthPlugin": {
                    "password_file": str(_password_file())
                },
                "amqtt.plugins.topic_checking.TopicAccessControlListPlugin": {
                    "publish_acl": {CUSTOS: ["#"], DEVICES: _EVENTS},
                    "acl": {CUSTOS: ["#"]},
                },
            },
        }
    )
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, asked.set)
    await broker.start()
    handing_on = asyncio.create_task(_hand_on(broker, journal))
    await asked.wait()
    handing_on.cancel()
    await broker.shutdown()


def run(host: str = "127.0.0.1", port: int = 1883) -> None:
    """Serve until SIGTERM or SIGINT."""
    # Its messages quote topics and users.
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    asyncio.run(_run(host, port))
