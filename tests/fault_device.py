"""An emergency button that is pressed for ever, and says when each press was acknowledged to it.

Run by the fault tests beside a demo whose broker and worker are being killed: `fault_device PORT`.
A press that is not acknowledged is sent again after a new connection, as a device would.
"""
# ruff: noqa: E402 (Django's models can be imported only after its setup)

import json
import sys
import time
from datetime import UTC, datetime

import django

django.setup()

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from custos.config import broker
from custos.foundation.database import scope
from custos.prevention.devices.tests.worlds import SYSTEM, a_button, a_cell, topic_of


def press(port: int, topic: str, at: datetime) -> bool:
    """Send one press on a connection of its own; whether the broker acknowledged it."""
    body = {
        "UtcTime": at.isoformat(),
        "Source": {"InputToken": "button"},
        "Data": {"LogicalState": "true"},
    }
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.username_pw_set(broker.DEVICES, broker.password(broker.DEVICES))
    try:
        client.connect("127.0.0.1", port, keepalive=5)
        client.loop_start()
        sent = client.publish(topic, json.dumps(body), qos=1)
        sent.wait_for_publish(2)
        return sent.is_published()
    except (OSError, RuntimeError, ValueError):
        return False
    finally:
        client.disconnect()
        client.loop_stop()


def main() -> None:
    with scope.entered(SYSTEM):
        topic = topic_of(a_button(a_cell("A1")))
    port = int(sys.argv[1])
    while True:
        at = datetime.now(UTC)
        while not press(port, topic, at):
            time.sleep(0.05)
        sys.stdout.write(f"{at.isoformat()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
