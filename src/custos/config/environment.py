"""What an installation says through its environment, in one place.

| variable | meaning | default |
| --- | --- | --- |
| `CUSTOS_DATA` | folder of keys, witness, attachments, embedded database | `data/` where we are |
| `DATABASE_URL` | connection of the application's role | the embedded server |
| `CUSTOS_OWNER_URL` | connection of the owner's role, for migrations | the embedded server |
| `CUSTOS_AS` | `owner` makes this process connect as the owner | the application's role |
| `CUSTOS_HOSTS` | names under which the site is served, by comma | this machine only |
| `CUSTOS_TLS_CERT`, `CUSTOS_TLS_KEY` | certificate and key files of the site | plain HTTP |
| `CUSTOS_MQTT_HOST`, `_PORT`, `_USER`, `_PASSWORD` | the broker of the devices | the embedded one |
| `CUSTOS_METRICS_TOKEN` | bearer token that opens `/metrics` from elsewhere | this machine only |
| `CUSTOS_WITNESS` | the witness file; best on another disk | `witness/` in the data folder |
| `CUSTOS_DIGEST` | digest of new chains, `sha256` or `sm3` | `sha256` |
| `CUSTOS_DEMO` | `1` offers sign-ins to everybody; never for a real installation | off |
| `CUSTOS_PG_BIN` | binaries of the embedded database | those of the Python package |
"""

import os
import secrets
from pathlib import Path
from typing import NamedTuple


def data_folder() -> Path:
    """The installation's own folder."""
    return Path(os.environ.get("CUSTOS_DATA", Path.cwd() / "data")).absolute()


def acts_as_owner() -> bool:
    """Whether this process migrates (owner) rather than serves (application)."""
    return os.environ.get("CUSTOS_AS") == "owner"


def database_url() -> str:
    """The connection string of this process's role; empty where no database was named yet."""
    if acts_as_owner():
        return os.environ.get("CUSTOS_OWNER_URL", "")
    return os.environ.get("DATABASE_URL", "")


def secret(variable: str, file: Path) -> str:
    """A secret from the environment, or else from its file, which is made on first use (0600)."""
    if value := os.environ.get(variable):
        return value
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_urlsafe(48))
    return file.read_text().strip()


class Broker(NamedTuple):
    """Where devices' messages come from, and how Custos signs in there."""

    host: str
    port: int
    user: str
    password: str


def broker() -> Broker:
    """The MQTT broker of this installation."""
    return Broker(
        os.environ.get("CUSTOS_MQTT_HOST", "127.0.0.1"),
        int(os.environ.get("CUSTOS_MQTT_PORT", "1883")),
        os.environ.get("CUSTOS_MQTT_USER", "custos"),
        os.environ.get("CUSTOS_MQTT_PASSWORD") or _embedded_broker_password(),
    )


def _embedded_broker_password() -> str:
    file = data_folder() / "keys" / "broker-custos"
    return file.read_text().strip() if file.exists() else ""
