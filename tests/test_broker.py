"""The embedded broker, asked by real clients."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from custos.config import broker
from tests import brokers

PRESSES = "101001001/A1/onvif-ej/Device/Trigger/DigitalInput/&button"

pytestmark = pytest.mark.skipif(
    shutil.which("mosquitto_pub") is None, reason="needs mosquitto-clients: make system"
)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A broker on a folder of its own."""
    with brokers.running(tmp_path) as port:
        yield port


def client(program: str, user: str, data: Path, port: int, *arguments: str) -> str:
    secret = broker.password(user, data)
    done = subprocess.run(
        [program, "-p", str(port), "-u", user, "-P", secret, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.stdout


@pytest.mark.parametrize("user", [broker.DEVICES, broker.CUSTOS])
def test_what_was_published_is_handed_to_nobody_who_comes_later(
    port: int, tmp_path: Path, user: str
) -> None:
    """amqtt hands on what is retained before it looks whether the subscriber may read it."""
    client(
        "mosquitto_pub", broker.DEVICES, tmp_path, port, "-t", PRESSES, "-m", "pressed", "-r", "-q", "1"
    )  # fmt: skip
    assert client("mosquitto_sub", user, tmp_path, port, "-t", "#", "-W", "2") == ""
