"""`custos check`: what is wrong with this installation, and how to mend it.

Each check is a function that yields findings; they are tried in order and none stops the others.
Those that need the database are skipped where it can't be reached, which is a finding itself.
"""

import logging
import os
import shutil
import ssl
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from custos.config import environment, landlock

OLDEST_POSTGRES = 15
#: Behind this moment no machine's clock can rightly be: the program was written later.
NEVER_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
#: The organizations' tree and its codes: no personal data, and everybody sees names.
SEEN_BY_ALL = {"organizations_organizationcode"}
LARGEST_CLOCK_GAP = timedelta(seconds=2)
#: As Django asks of it.
SHORTEST_SECRET = 50
#: A certificate is renewed before it has so long left.
SOON_OVER = timedelta(days=21)
_GIBIBYTE = 2**30
#: 𠮷 stands in names and not in the fonts that come along; 㐂 does in both.
RARE = "㐂𠮷"


class State(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do."""

    state: State
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.state:4}  {self.what}" + (f" → {self.mend}" if self.mend else "")

    def as_dict(self) -> dict[str, str]:
        """The same for a program."""
        return {"state": self.state.value, "what": self.what, "mend": self.mend}


def ok(what: str) -> Finding:
    """Nothing to do."""
    return Finding(State.OK, what)


def warn(what: str, mend: str) -> Finding:
    """It works, but."""
    return Finding(State.WARN, what, mend)


def fail(what: str, mend: str) -> Finding:
    """It doesn't work, or isn't safe."""
    return Finding(State.FAIL, what, mend)


Check = Callable[[], Iterator[Finding]]


def run() -> list[Finding]:
    """All findings about this installation."""
    findings = [
        finding
        for check in (folder, secrets, disk, tls, backups, confinement)
        for finding in check()
    ]
    environment.only_look()
    try:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")
        import django

        django.setup()
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # its trouble is a finding
    except Exception as error:  # whatever it is, it is what is wrong
        return [*findings, fail(f"the program can't start: {error}", "see the variables in docs/")]
    findings += [*rule_files(), *static_files(), *fonts()]
    reached = list(database())
    findings += reached
    if all(finding.state is not State.FAIL for finding in reached):
        for check in (role, row_security, appended, strays, record_key, migrations, clock, sweeps):
            findings += check()
    return findings


# ---------------------------------------------------------------------- the machine


def folder() -> Iterator[Finding]:
    """The data folder is there and ours."""
    data = environment.data_folder()
    if not data.exists():
        yield fail(f"there is no data folder {data}", "make it, or name another by CUSTOS_DATA")
    elif not os.access(data, os.W_OK | os.X_OK):
        yield fail(f"{data} can't be written", "run as its owner, or change its owner")
    else:
        yield ok(f"data folder {data}")


def secrets() -> Iterator[Finding]:
    """Secrets are there and nobody else's to read."""
    keys = environment.data_folder() / "keys"
    named = os.environ.get("CUSTOS_SECRET_KEY")
    if named and len(named) < SHORTEST_SECRET:
        yield fail(
            f"CUSTOS_SECRET_KEY has {len(named)} characters, which can be guessed",
            f"give it {SHORTEST_SECRET} random ones, or leave it out: then one is made",
        )
    if not named and not (keys / "django").exists():
        yield warn("there is no secret key yet", "it is made at the first start")
    if not keys.exists():
        return
    open_to_others = [
        path
        for path in (keys, *keys.iterdir())
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    for path in open_to_others:
        yield fail(f"{path} can be read by others", f"chmod go= {path}")
    if not open_to_others:
        yield ok("secrets are readable by their owner only")


def disk() -> Iterator[Finding]:
    """There is room to record."""
    data = environment.data_folder()
    place = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(place).free / _GIBIBYTE
    said = f"{free:.1f} GiB free at {place}"
    if free < 1:
        yield fail(said, "make room: without it nothing more can be recorded")
    elif free < 10:
        yield warn(said, "make room before it is less than 1 GiB")
    else:
        yield ok(said)


def tls() -> Iterator[Finding]:
    """Whoever comes from another machine comes encrypted."""
    hosts = [host for host in os.environ.get("CUSTOS_HOSTS", "").split(",") if host]
    remote = [host for host in hosts if host not in ("localhost", "127.0.0.1", "[::1]")]
    files = {name: os.environ.get(name) for name in ("CUSTOS_TLS_CERT", "CUSTOS_TLS_KEY")}
    if remote and not all(files.values()):
        yield fail(
            f"{remote[0]} would be served without encryption",
            "name the certificate and key by CUSTOS_TLS_CERT and CUSTOS_TLS_KEY",
        )
        return
    for name, file in files.items():
        if file and not os.access(file, os.R_OK):
            yield fail(f"{name} names {file}, which can't be read", "correct the path or its mode")
    if not remote:
        yield ok("served to this machine only")
    elif all(file and os.access(file, os.R_OK) for file in files.values()):
        wrong = list(
            _of_certificate(str(files["CUSTOS_TLS_CERT"]), str(files["CUSTOS_TLS_KEY"]), remote)
        )
        yield from wrong or [ok(f"served with encryption as {', '.join(remote)}")]


def _of_certificate(certificate: str, key: str, hosts: list[str]) -> Iterator[Finding]:
    """What is wrong with a certificate and its key: what a browser would refuse, and who else reads it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        found = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    except (ssl.SSLError, OSError, ValueError) as error:
        yield fail(
            f"{certificate} and {key} are no certificate with its key: {error}",
            "name a certificate in PEM form, and the key that it was made for",
        )
        return
    if Path(key).stat().st_mode & stat.S_IRWXO:
        yield fail(f"{key} can be read by others", f"chmod o= {key}")
    left = found.not_valid_after_utc - datetime.now(UTC)
    if left < timedelta():
        yield fail(f"{certificate} ended on {found.not_valid_after_utc:%Y-%m-%d}", "renew it")
    elif left < SOON_OVER:
        yield warn(
            f"{certificate} ends on {found.not_valid_after_utc:%Y-%m-%d}", "renew it in time"
        )
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        known = names.get_values_for_type(x509.DNSName)
        known += [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        known = []
    for host in hosts:
        under = f"*.{host.partition('.')[2]}"
        if host not in known and under not in known:
            yield fail(
                f"{certificate} is for {', '.join(known) or 'nobody'}, and not for {host}",
                "have one made for the name under which it is served",
            )


def backups() -> Iterator[Finding]:
    """What happened until now would survive this machine."""
    from custos.foundation import clock
    from custos.foundation.backups import status

    data, folder = environment.data_folder(), environment.backups_folder()
    found, now = status.of(data, folder), clock.now()
    if not found.set_up:
        yield warn(
            "nothing is backed up",
            "`custos backup key FILE`, with FILE on a medium that you keep elsewhere",
        )
        return
    if found.trouble:
        yield fail("the backups can't be read", found.trouble)
        return
    if found.copied_at is None:
        yield fail("there is no base copy yet", "custos backup, every night")
    elif found.too_old(now):
        yield fail(
            f"the last base copy is of {found.copied_at:%Y-%m-%d %H:%M} UTC", "custos backup"
        )
    else:
        yield ok(f"base copy of {found.copied_at:%Y-%m-%d %H:%M} UTC")
    if found.missing:
        yield fail(
            f"the log's segment {found.missing} was not kept: nothing after it can be restored",
            "custos backup makes a new base copy",
        )
    if found.silent(now):
        yield fail(
            "what happens now isn't being kept"
            + (f", since {found.kept_at:%Y-%m-%d %H:%M} UTC" if found.kept_at else ""),
            "is `custos backup keep` running? Its log says what is wrong",
        )
    if found.copied_at and found.verified_at is None:
        yield warn("no backup was ever tested", "custos backup drill --key FILE")
    if folder.exists() and data.exists() and folder.stat().st_dev == data.stat().st_dev:
        yield warn(
            f"the backups in {folder} are on the disk that they protect",
            "name a folder on another disk or machine by CUSTOS_BACKUPS",
        )


def confinement() -> Iterator[Finding]:
    """The embedded server's superuser reaches neither keys nor witness file."""
    if os.environ.get("DATABASE_URL"):
        return  # a server of the operator's own, under an account of its own
    found = landlock.version()
    if not found:
        yield warn(
            "the embedded database can't be confined by this kernel: its superuser could read the"
            " signing key and write the witness file",
            "use Linux 5.13 or newer with Landlock, or a PostgreSQL under an account of its own",
        )
    elif found < landlock.COMPLETE:
        yield warn(
            "this kernel confines the embedded database, but for cutting short a file that it"
            " can't open, such as the witness",
            "use Linux 6.2 or newer, or a PostgreSQL under an account of its own",
        )
    else:
        yield ok("the embedded database is confined to its own files")


# ---------------------------------------------------------------------- the program


def rule_files() -> Iterator[Finding]:
    """Rules can be read as the program reads them."""
    from custos.config import rule_files

    wrong = [(name, error) for name, error in rule_files.check() if error]
    for name, error in wrong:
        yield fail(f"rules of {name}: {error.splitlines()[0]}", "correct the file it names")
    if not wrong:
        yield ok("rule files are valid")


def static_files() -> Iterator[Finding]:
    """Pages have their style and scripts."""
    from django.contrib.staticfiles import finders

    if finders.find("vendor/htmx.js"):
        yield ok("front-end libraries are in place")
    else:
        yield fail("front-end libraries are missing", "make setup")


def fonts() -> Iterator[Finding]:
    """Papers can be set, and rare characters in names have a shape on them."""
    from custos.foundation.documents import rendering

    if not (rendering.FONTS / "NotoSerifSC-Regular.ttf").exists():
        yield fail("the fonts of printed papers are missing: none can be issued", "make setup")
    elif sign := rendering.lacking(RARE):
        yield warn(
            f"no font has rare characters such as {sign}: a paper that names somebody by one is refused",
            "install a Chinese font, on Debian: apt install fonts-noto-cjk",
        )
    else:
        yield ok("papers have their fonts, rare characters included")


# ---------------------------------------------------------------------- the database


def _ask(question: str) -> tuple[object, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(question)
        answer: tuple[object, ...] = cursor.fetchone()
    return answer


def database() -> Iterator[Finding]:
    """It answers, and is new enough."""
    from django.conf import settings
    from django.db import DatabaseError, connection

    if not settings.DATABASES["default"]["USER"]:
        yield fail(
            "no database is named and there is no embedded one yet",
            "start `custos demo`, or name a PostgreSQL server by DATABASE_URL",
        )
        return
    try:
        connection.ensure_connection()
        (number,) = _ask("SELECT current_setting('server_version_num')")
    except DatabaseError as error:
        first = str(error).strip().splitlines()[0]
        yield fail(
            f"the database doesn't answer: {first}",
            "start it (`custos demo` starts the embedded one), or correct DATABASE_URL",
        )
        return
    version = int(str(number))
    name = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < OLDEST_POSTGRES * 10_000:
        yield fail(f"{name} is too old", f"use PostgreSQL {OLDEST_POSTGRES} or newer")
    else:
        yield ok(name)


def role() -> Iterator[Finding]:
    """The role we serve as has no power to look past the rules."""
    name, mighty, bypasses = _ask(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    if mighty or bypasses:
        power = "a superuser" if mighty else "allowed to bypass row-level security"
        yield fail(
            f"role {name} is {power}: everybody would see everything",
            "sign in as custos_app in DATABASE_URL",
        )
        return
    # What a connection keeps for itself while it lives is nobody else's.
    (owned,) = _ask(
        "SELECT count(*) FROM pg_tables"
        " WHERE tableowner = current_user AND schemaname NOT LIKE 'pg_temp%'"
    )
    if owned:
        yield fail(
            f"role {name} owns tables, which row-level security doesn't bind",
            "sign in as custos_app in DATABASE_URL, and as custos_owner in CUSTOS_OWNER_URL only",
        )
    else:
        yield ok(f"role {name} is bound by row-level security")


def row_security() -> Iterator[Finding]:
    """Each table that belongs to organizations is protected, by our own policy and no other."""
    from django.db import connection

    from custos.foundation.database.security import SCOPE_SETTINGS

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity"
            " AND a.attname = 'organization_id' AND NOT a.attisdropped"
            " AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        bare = [name for (name,) in cursor.fetchall() if name not in SEEN_BY_ALL]
        cursor.execute(
            "SELECT p.tablename, p.policyname FROM pg_policies p WHERE p.schemaname = 'public'"
            " AND NOT (p.policyname = 'scope' AND p.permissive = 'PERMISSIVE'"
            " AND p.roles = %s::name[] AND coalesce(p.qual, '') LIKE %s) ORDER BY 1, 2",
            [["custos_app"], f"%{SCOPE_SETTINGS}%"],
        )
        strange = cursor.fetchall()
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relrowsecurity AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace AND NOT EXISTS ("
            "SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'scope') ORDER BY 1"
        )
        shut = [name for (name,) in cursor.fetchall()]
    for table, policy in strange:
        yield fail(
            f"policy {policy} of table {table} is none of ours, or was changed",
            "find out who made it; a table's only policy is `scope`, as its migration makes it",
        )
    for name in shut:
        yield fail(f"table {name} has lost its policy `scope`", "make it as its migration does")
    for name in bare:
        yield fail(
            f"table {name} has no row-level security",
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, and find out who disabled it",
        )
    if not (bare or strange or shut):
        yield ok("row-level security is on")


def appended() -> Iterator[Finding]:
    """What is only ever appended can't be changed by the role we serve as, nor by mistake."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text, t.tgname FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid"
            " WHERE f.proname IN ('custos_refuse_change', 'record_head_grows')"
            " AND t.tgenabled <> 'O' ORDER BY 1, 2"
        )
        idle = cursor.fetchall()
        # A partition has the row's trigger by its parent, and no grants of its own.
        cursor.execute(
            "SELECT c.relname, has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'DELETE'),"
            " has_table_privilege(c.oid, 'TRUNCATE'), count(t.oid)"
            " FROM unnest(%s::text[]) AS named JOIN pg_class c ON c.oid = to_regclass(named)"
            " LEFT JOIN pg_trigger t ON t.tgrelid = c.oid"
            " AND t.tgname IN ('refuse_change', 'refuse_truncate')"
            " GROUP BY c.oid, c.relname ORDER BY 1",
            [_appended_tables()],
        )
        found = cursor.fetchall()
    wrong = False
    for table, trigger in idle:
        wrong = True
        yield fail(
            f"trigger {trigger} of {table} is off: what stands there can be changed",
            f"ALTER TABLE {table} ENABLE TRIGGER {trigger}, and verify the record",
        )
    for table, updates, deletes, empties, triggers in found:
        granted = [
            word
            for word, has in (("UPDATE", updates), ("DELETE", deletes), ("TRUNCATE", empties))
            if has
        ]
        if granted:
            wrong = True
            yield fail(
                f"{table} is appended to only, and our role may {', '.join(granted)}",
                f"REVOKE {', '.join(granted)} ON {table} FROM custos_app, and verify the record",
            )
        if triggers < 2:
            wrong = True
            yield fail(
                f"{table} is appended to only, and has lost a trigger that sees to it",
                "make `refuse_change` and `refuse_truncate` as its migration does",
            )
    if not wrong:
        yield ok("what is appended can't be changed")


def _appended_tables() -> list[str]:
    """The tables that migrations make so."""
    from django.db.migrations.loader import MigrationLoader

    from custos.foundation.database import security

    MigrationLoader(None)  # reads every migration, and each says what it makes
    return sorted(security.APPENDED)


def strays() -> Iterator[Finding]:
    """Entries that came with an impossible date stand in a partition of their own."""
    (size,) = _ask(
        "SELECT pg_relation_size('record_entry_default') + pg_relation_size('record_payload_default')"
    )
    if size:
        yield warn(
            "entries stand outside of every month's partition: the clock was far off when they came",
            "look at the clock, and at the earliest and latest entries of each facility",
        )


def record_key() -> Iterator[Finding]:
    """The key that signs the record is the one by which it was signed."""
    from django.conf import settings

    from custos.foundation.record import signing, witness

    file, heads = signing.key_file(), settings.WITNESS
    if not heads.exists() or not heads.stat().st_size:
        return
    if heads.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield fail(f"{heads} can be written by others", f"chmod go-w {heads}")
    if not file.exists():
        yield fail(
            f"the key that signs the record, {file}, is gone",
            "put it back from where a copy of it is kept; nothing is signed meanwhile",
        )
        return
    try:
        witness.read(heads, trusted={signing.signer_of(file).name})
    except (witness.TamperedWitness, ValueError) as error:
        yield fail(f"{heads} isn't what {file.name} signed: {error}", "`custos record verify`")
    else:
        yield ok("the record is signed by its own key")


def migrations() -> Iterator[Finding]:
    """The tables are those of this version, column by column."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        yield fail(f"{len(waiting)} migrations have not been applied", "custos migrate")
        return
    wrong = list(_columns_apart())
    for what in wrong:
        yield fail(
            f"{what}, though every migration has been applied",
            "find out who changed the table, and make it as its migration does",
        )
    if not wrong:
        yield ok("tables are those of this version")


def _columns_apart() -> Iterator[str]:
    """What differs between the tables and what the migrations make, which is what the models say."""
    from django.apps import apps
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            # What the database works out by itself, to find rows by, no model knows.
            " AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        )
        found: dict[str, dict[str, tuple[str, bool]]] = {}
        for table, column, kind, required in cursor.fetchall():
            found.setdefault(table, {})[column] = (kind, required)
    for model in apps.get_models():
        meta = model._meta
        if not meta.managed or meta.proxy:
            continue
        there = found.get(meta.db_table)
        if there is None:
            yield f"there is no table {meta.db_table}"
            continue
        fields = {str(field.column): field for field in meta.local_concrete_fields}
        for column in sorted(fields.keys() ^ there.keys()):
            lacks = "lacks" if column in fields else "has, and should not,"
            yield f"table {meta.db_table} {lacks} the column {column}"
        for column in sorted(fields.keys() & there.keys()):
            kind, required = there[column]
            wanted = str(fields[column].db_type(connection)).replace(", ", ",")
            if kind.replace("character varying", "varchar") != wanted:
                yield f"column {column} of table {meta.db_table} is {kind}, and not {wanted}"
            elif required is fields[column].null:
                may = "must not" if required else "may"
                yield f"column {column} of table {meta.db_table} {may} be empty, unlike in its migrations"


def clock() -> Iterator[Finding]:
    """Our clock and the database's agree, and neither is absurd."""
    (theirs,) = _ask("SELECT clock_timestamp()")
    ours = datetime.now(UTC)
    assert isinstance(theirs, datetime)
    gap = abs(ours - theirs)
    if ours < NEVER_BEFORE:
        yield fail(f"the clock says {ours:%Y-%m-%d}", "set it, and keep it by NTP")
    elif gap > LARGEST_CLOCK_GAP:
        yield fail(
            f"this machine's clock and the database's differ by {gap.total_seconds():.0f} s",
            "keep both by NTP",
        )
    else:
        yield ok("the clocks agree")


def sweeps() -> Iterator[Finding]:
    """Deadlines are being watched."""
    from custos.foundation import clock
    from custos.foundation.database import pulse

    last = pulse.last_beat(pulse.SWEEPS)
    if last is None or clock.now() - last > timedelta(minutes=2):
        since = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "on this database yet"
        yield warn(f"no deadlines have been watched {since}", "start `custos worker`")
    else:
        yield ok("deadlines are being watched")
    for name, at in pulse.failing().items():
        yield fail(
            f"sweep {name} fails since {at:%Y-%m-%d %H:%M} UTC",
            "the log of `custos worker` says why",
        )
