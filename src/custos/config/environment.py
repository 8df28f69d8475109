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
| `CUSTOS_BACKUPS` | the backups; best on another disk or machine | `backups/` in the data folder |
| `CUSTOS_BACKUP_URL` | connection of the replication's role, for backups | the embedded server |
| `CUSTOS_DIGEST` | digest of new chains, `sha256` or `sm3` | `sha256` |
| `CUSTOS_IDLE_MINUTES` | a desk without a key or touch for so long is locked; `0` never | 10, in a demo 0 |
| `CUSTOS_SECOND_FACTOR` | posts that need a second factor, by comma | leaders, oversight, administrators |
| `CUSTOS_DEMO` | `1` offers sign-ins to everybody; never for a real installation | off |
| `CUSTOS_DEMO_LEFT` | the area left to people where the other posts of a demo are played | none |
| `LC_ALL`, `LC_MESSAGES`, `LANG` | language of the command line: `zh…` is Chinese | English |
| `CUSTOS_PG_BIN` | binaries of the embedded database | those of the Python package |
"""

import os
import secrets
from pathlib import Path
from typing import NamedTuple


def data_folder() -> Path:
    """The installation's own folder."""
    return Path(os.environ.get("CUSTOS_DATA", Path.cwd() / "data")).absolute()


def backups_folder(data: Path | None = None) -> Path:
    """The folder of this installation's backups."""
    named = os.environ.get("CUSTOS_BACKUPS")
    return Path(named).absolute() if named else (data or data_folder()) / "backups"


def witness_file(data: Path | None = None) -> Path:
    """The file of signed heads."""
    named = os.environ.get("CUSTOS_WITNESS")
    return Path(named) if named else (data or data_folder()) / "witness" / "heads.jsonl"


def tls_files() -> tuple[str, str] | None:
    """Certificate and key files of the site; None where it is served to this machine only."""
    certificate, key = os.environ.get("CUSTOS_TLS_CERT"), os.environ.get("CUSTOS_TLS_KEY")
    return (certificate, key) if certificate and key else None


def language() -> str:
    """The language of whoever sits at the terminal, by its locale: Chinese, or else English."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    said = next((value for name in names if (value := os.environ.get(name))), "")
    return "zh-hans" if said.lower().startswith("zh") else "en"


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


_SECOND_FACTOR = "leader,duty_leader,oversight,system_admin,security_admin,audit_admin"


def second_factor_posts() -> frozenset[str]:
    """Posts whose holders sign in with a second factor."""
    said = os.environ.get("CUSTOS_SECOND_FACTOR", _SECOND_FACTOR)
    return frozenset(post.strip() for post in said.split(",") if post.strip())


def idle_minutes() -> int:
    """After how many minutes without a key or a touch a session is locked; 0 for never."""
    default = "0" if os.environ.get("CUSTOS_DEMO") == "1" else "10"
    return int(os.environ.get("CUSTOS_IDLE_MINUTES", default))


def only_look() -> None:
    """Let this process, which serves no sessions, make no secret key where there is none yet."""
    if not (data_folder() / "keys" / "django").exists():
        os.environ.setdefault("CUSTOS_SECRET_KEY", secrets.token_urlsafe(48))


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
