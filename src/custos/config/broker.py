"""The embedded MQTT broker, for the demo and small sites; a facility runs Mosquitto or EMQX.

Two users: `custos` may do everything, `devices` may only publish, and only events. Nobody comes in
without a password. What a device has been told is received but Custos hasn't is kept in memory: a
broker that is killed loses it (Mosquitto's persistence doesn't).
"""

import asyncio
import logging
import os
import signal
from pathlib import Path

from amqtt.broker import Broker
from argon2 import PasswordHasher

from custos.config.environment import data_folder, secret

CUSTOS, DEVICES = "custos", "devices"
#: What devices may publish: ONVIF events as JSON, under a prefix of one to three levels.
_EVENTS = [f"{'+/' * levels}onvif-ej/#" for levels in (1, 2, 3)]


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


async def _run(host: str, port: int) -> None:
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
    await asked.wait()
    await broker.shutdown()


def run(host: str = "127.0.0.1", port: int = 1883) -> None:
    """Serve until SIGTERM or SIGINT."""
    # Its messages quote topics and users.
    logging.getLogger("amqtt").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
    asyncio.run(_run(host, port))
