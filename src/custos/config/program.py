"""The `custos` program. Each command is thin: it opens a scope, calls a service and says what came.

Modules are imported where they are used: `custos --help` and the supervisor don't load Django.
"""

import contextlib
import errno
import importlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from custos.config.backup.commands import backup, restore

SYSTEM = "custos program"
PORT = click.IntRange(1, 65535)


def django_of(*, owner: bool = False, speaks: bool = True) -> None:
    """Load the project, as the application's role or as the owner.

    What `speaks` to somebody at a terminal does so in their language; what doesn't keeps words in
    the database, in the installation's language, and logs.
    """
    if owner:
        os.environ["CUSTOS_AS"] = "owner"
    from custos.config.environment import language, only_look

    if speaks:
        only_look()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")
    import django

    django.setup()
    if speaks:
        from django.utils import translation

        # Of the whole run: a refusal is put into words when its command has ended.
        whole_run = click.get_current_context().find_root()
        whole_run.with_resource(translation.override(language()))
        whole_run.with_resource(_quiet_pool())


@contextlib.contextmanager
def _quiet_pool() -> Iterator[None]:
    """A database that is away is told once and in words, not by each attempt of the pool."""
    pool = logging.getLogger("psycopg.pool")
    before = pool.level
    pool.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        pool.setLevel(before)


class _Program(click.Group):
    """Shows refusals, and what goes wrong around the program, in words instead of tracebacks."""

    def invoke(self, context: click.Context) -> Any:
        from custos.config import troubles
        from custos.foundation.errors import CustosError

        try:
            return super().invoke(context)
        except CustosError as error:
            raise click.ClickException(error.words) from None
        except Exception as error:
            if getattr(error, "errno", None) == errno.EPIPE:
                raise  # whoever read our words has left; click ends quietly then
            if words := troubles.in_words(error):
                raise click.ClickException(words) from None
            raise


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="custos")
def main() -> None:
    """Custos: custody management for police detention facilities.

    \b
    Look at it:            custos demo
    Run it for real:       custos migrate && custos serve   (and, beside it: custos worker)
    Ask what is wrong:     custos check
    Prove the record:      custos record verify
    Survive a lost disk:   custos backup, custos restore

    An installation says what it is by its environment: CUSTOS_DATA (its folder), DATABASE_URL and
    CUSTOS_OWNER_URL (a PostgreSQL server of yours; otherwise one of our own is started by `demo`),
    CUSTOS_HOSTS, CUSTOS_TLS_CERT and CUSTOS_TLS_KEY. `docs/` says the rest.
    """


# ---------------------------------------------------------------------- running


@main.command()
@click.option("--port", type=PORT, default=8000, show_default=True, help="Port of the site.")
@click.option(
    "--mqtt-port", type=PORT, default=1883, show_default=True, help="Port of the devices' broker."
)
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder [data/ here]."
)
@click.option("--fresh", is_flag=True, help="Forget the world of an earlier demo and begin anew.")
@click.option("--seed", type=int, help="Build another world: the same number, the same world.")
@click.option("--empty", is_flag=True, help="Build no world at the first start, only the tables.")
@click.option("--no-shift", is_flag=True, help="Nobody plays the posts of the shift.")
@click.option("--forget", is_flag=True, help="Remove all that a demo left, and start none.")
def demo(
    port: int,
    mqtt_port: int,
    data: Path | None,
    fresh: bool,
    seed: int | None,
    empty: bool,
    no_shift: bool,
    forget: bool,
) -> None:
    """Run a living facility on this machine, with everything it needs.

    Database, broker, site, worker and a shift that is played run under this one program and end with it.
    The first start builds the demo's world; later ones go on where the last one ended.

    \b
    custos demo                          http://localhost:8000
    custos demo --port 8080 --fresh
    custos demo --data /tmp/other --port 8001 --mqtt-port 1884
    custos demo --forget                 the data folder and the database, wherever that is
    """
    from custos.config import supervisor
    from custos.config.environment import data_folder

    running = supervisor.Demo(
        (data or data_folder()).absolute(),
        port,
        mqtt_port,
        fresh,
        seed,
        empty,
        click.echo,
        shift=not no_shift,
    )
    try:
        if forget:
            running.remove()
        else:
            running.run()
    except supervisor.CannotStart as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.option("--port", type=PORT, default=8000, show_default=True, help="Port of the demo's site.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder [data/ here]."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same number, the same play."
)
def shift(port: int, data: Path | None, seed: int) -> None:
    """Play the posts of a demo's shift, over its API, until Ctrl-C.

    People sign on, walk their rounds, take what is asked of their posts, notice things, and hand over when
    the shift ends. The patrol of one area and the duty leader's decisions are left to you; it says which.
    `custos demo` runs it by itself; for another seed start that with --no-shift, and this beside it. Only a
    demo has people who may be played: anywhere else it refuses.

    \b
    custos shift --seed 7
    custos shift --data /tmp/other --port 8001
    """
    from custos.config.environment import data_folder
    from custos.config.shift import commands, crew

    try:
        commands.run((data or data_folder()).absolute(), port, seed, click.echo)
    except crew.NotADemo as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=PORT, default=8000, show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that answer; as many as there are cores for a facility, each with its own pool.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site.

    \b
    custos serve
    custos serve --workers 4
    CUSTOS_TLS_CERT=site.pem CUSTOS_TLS_KEY=site.key custos serve --host 0.0.0.0 --port 443
    """
    from custos.config import serving
    from custos.config.environment import data_folder, tls_files

    if not tls_files() and host not in ("127.0.0.1", "::1", "localhost"):
        raise click.ClickException(
            "refusing to serve other machines without TLS: name CUSTOS_TLS_CERT and CUSTOS_TLS_KEY"
        )
    from custos.config import troubles

    if trouble := troubles.of_port(host, port, "--port"):
        raise click.ClickException(trouble)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")
    import uvicorn

    # WhiteNoise wants it to be there; what it serves comes from the modules until files are collected.
    (data_folder() / "static").mkdir(parents=True, exist_ok=True)
    uvicorn.run(
        "custos.config.asgi:application",
        workers=workers,
        **serving.options(host, port, tls_files()),
    )


@main.command()
def worker() -> None:
    """Run background jobs, the sweeps for deadlines and the device listener."""
    django_of(speaks=False)
    from custos.config import worker

    worker.run()


@main.command(name="broker", hidden=True)
@click.option("--port", type=PORT, default=1883, show_default=True)
def broker_(port: int) -> None:
    """Run the embedded MQTT broker."""
    from custos.config import broker

    broker.run(port=port)


@main.command()
def migrate() -> None:
    """Bring the database's tables and code tables up to this version of the program.

    Signs in as the owner of the tables (CUSTOS_OWNER_URL).
    """
    django_of(owner=True)
    from custos.config import installing

    installing.migrate()


@main.command(name="build-demo", hidden=True)
@click.option("--seed", type=int)
def build_demo(seed: int | None) -> None:
    """Build the demo's world into an empty database."""
    django_of(speaks=False)
    from custos.config import demo

    def report(line: str) -> None:
        click.echo(f"  {line}")

    if seed is None:
        demo.build(report)
    else:
        demo.build(report, seed=seed)


@main.command(name="sign-ins", hidden=True)
def sign_ins() -> None:
    """List the demo's sign-ins."""
    django_of()
    from custos.config import demo

    for line in demo.announcement():
        click.echo(line)


# ---------------------------------------------------------------------- looking after


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding.")
def check(as_json: bool) -> None:
    """Say what is wrong with this installation, and how to mend it.

    Ends with 1 where something fails, so that a script can ask.
    """
    from custos.config import checks

    findings = checks.run()
    for finding in findings:
        click.echo(json.dumps(finding.as_dict(), ensure_ascii=False) if as_json else str(finding))
    if any(finding.state is checks.State.FAIL for finding in findings):
        sys.exit(1)


@main.group()
def record() -> None:
    """Prove, export and sign the custody record."""


@record.command(name="verify")
@click.argument(
    "bundle", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--organization", "-o", type=int, multiple=True, help="Only these chains.")
@click.option("--key", multiple=True, help="Public key that may have signed BUNDLE [this node's].")
def record_verify(bundle: Path | None, organization: tuple[int, ...], key: tuple[str, ...]) -> None:
    """Verify every chain of this installation, or of an exported BUNDLE.

    Says for each chain that it is whole, or names the first entry that is wrong; ends with 1 then.

    \b
    custos record verify
    custos record verify -o 110101002
    custos record verify export.custos          on any machine, without a database
    """
    django_of()
    from custos.config import proving
    from custos.foundation.record.witness import TamperedWitness

    try:
        if bundle:
            verdicts, origin = proving.bundle(bundle, set(key))
            click.echo(origin)
        else:
            verdicts = proving.installation(organization)
    except TamperedWitness as error:
        for verdict in error.verdicts:
            click.echo(proving.line(verdict))
        raise click.ClickException(str(error)) from None
    for verdict in verdicts:
        click.echo(proving.line(verdict))
    if not all(verdict.sound for verdict in verdicts):
        sys.exit(1)


@record.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--organization", "-o", type=int, multiple=True, required=True)
def record_export(file: Path, organization: tuple[int, ...]) -> None:
    """Write the chains of organizations into a signed, self-contained FILE.

    \b
    custos record export june.custos -o 110101002
    """
    django_of()
    from custos.foundation.database import scope
    from custos.foundation.record import export

    with scope.entered(scope.Scope.of_system(SYSTEM)):
        manifest = export.write(file, organization)
    for chain in manifest["chains"]:
        click.echo(f"{chain['organization_id']}: {chain['entries']} entries")
    click.echo(f"{file} signed by {manifest['key']}")


@record.command(name="witness")
def record_witness() -> None:
    """Sign the heads of all chains into the witness file now (the worker does it every minute)."""
    django_of()
    from django.conf import settings

    from custos.foundation.database import scope
    from custos.foundation.record import witness

    with scope.entered(scope.Scope.of_system(SYSTEM)):
        moved = witness.sign_heads()
    click.echo(f"{moved} chains signed into {settings.WITNESS}")


@main.group()
def rules() -> None:
    """The rules that modules keep as data."""


@rules.command(name="check")
def rules_check() -> None:
    """Read every module's rule files and say which are wrong."""
    django_of()
    from custos.config import rule_files

    wrong = 0
    for name, error in rule_files.check():
        wrong += error is not None
        click.echo(f"{'fail' if error else 'ok  '}  {name}{f': {error}' if error else ''}")
    if wrong:
        sys.exit(1)


#: One JSON case a line; a line that is no UTF-8 is a line that is no case.
_CASES = click.File(encoding="utf-8-sig", errors="surrogateescape")


@main.group()
def limits() -> None:
    """Custody time limits."""


@limits.command(name="compute")
@click.argument("file", type=_CASES)
def limits_compute(file: TextIO) -> None:
    """Compute the clock of each case in FILE (- for standard input).

    One JSON case a line in, one JSON result a line out: every stage with each reading of its end, when
    it is due and why, what stands beside the clock, and what is wrong with the facts. Needs no
    database. `docs/reference/limits.md` has the form and the codes.

    \b
    custos limits compute cases.jsonl
    echo '{"as_of": "2026-04-01", "events": [{"type": "arrest", "at": "2026-03-05"}]}' \\
        | custos limits compute -
    """
    from custos.foundation.limits import commands

    for line in commands.compute(file):
        click.echo(line)


@limits.command(name="compare")
@click.argument("file", type=_CASES, required=False)
@click.option(
    "--rules",
    "draft",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the rule files that the draft changes.",
)
def limits_compare(file: TextIO | None, draft: Path) -> None:
    """Say which of the cases in FILE would change under a draft of the rules.

    Without FILE everybody held on this node is computed, from the papers of their stays; the id is then
    that of the stay. One JSON line for each that would change, with its stages and status now and under
    the draft; nothing for the others. Nothing is written.

    \b
    custos limits compare --rules draft/
    custos limits compare cases.jsonl --rules draft/
    """
    try:
        if file is None:
            django_of()
            held = importlib.import_module("custos.management.timelimits.commands")
            lines = held.compare(draft)
        else:
            from custos.foundation.limits import commands

            lines = commands.compare(file, draft)
        for line in lines:
            click.echo(line)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@limits.command(name="recompute")
def limits_recompute() -> None:
    """Compute the clock of everybody held anew and write what changed, after a change of the rules.

    Warnings follow by the worker's sweep. Says how many clocks there are, and how many changed.
    """
    django_of()
    held = importlib.import_module("custos.management.timelimits.commands")
    for line in held.recompute():
        click.echo(line)


@limits.command(name="schema")
@click.argument("what", type=click.Choice(["case", "result"]))
def limits_schema(what: str) -> None:
    """Write the JSON Schema of a case or a result."""
    from custos.foundation.limits import commands

    click.echo(commands.schema_of(what))


@main.group()
def codes() -> None:
    """Code tables, regions and the catalogue of data items."""


def _codes(name: str) -> Any:
    django_of()
    return getattr(importlib.import_module("custos.foundation.codes.commands"), name)


@codes.command(name="load")
def codes_load() -> None:
    """Load the code tables that come with the program; loading twice changes nothing."""
    if _codes("load")(click.echo):
        sys.exit(1)


@codes.command(name="regions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def codes_regions(file: Path) -> None:
    """Load administrative regions from the published list (CSV with code and name)."""
    if _codes("regions")(file, click.echo):
        sys.exit(1)


@codes.command(name="check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def codes_check(file: Path) -> None:
    """Say by row what in FILE doesn't conform to the catalogue; ends with 1 then."""
    if _codes("check")(file, click.echo):
        sys.exit(1)


@main.group()
def people() -> None:
    """People in custody."""


@people.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "username", required=True, help="Account of the officer who answers for it.")
@click.option("--password", prompt=True, hide_input=True, help="Asked for when not given.")
@click.option("--organization", "-o", type=int, help="The facility [the first of the officer's].")
@click.option("--dry-run", is_flag=True, help="Look through it only.")
@click.option(
    "--reason", default="", help="From where these people are taken over; needed to bring."
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def people_import(
    file: Path,
    username: str,
    password: str,
    organization: int | None,
    dry_run: bool,
    reason: str,
    language: str,
) -> None:
    """Bring in people who are held already from FILE (xlsx or CSV), all or nobody; ends with 1 where a
    row is wrong.

    Whoever is here already by their custody number doesn't come twice. The columns stand in
    `docs/reference/people-import.md`.

    \b
    custos people import people.xlsx --as chen.an --dry-run
    custos people import people.xlsx --as chen.an --reason 由原系统转入
    """
    if not dry_run and not reason.strip():
        raise click.UsageError("say by --reason from where these people are taken over")
    django_of()
    commands = importlib.import_module("custos.management.reception.importing.commands")
    failed = commands.bring(
        file,
        username=username,
        password=password,
        organization=organization,
        dry_run=dry_run,
        reason=reason,
        language=language,
        say=click.echo,
    )
    if failed:
        sys.exit(1)


@main.group()
def user() -> None:
    """Accounts of people."""


@user.command(name="make")
@click.argument("username")
@click.password_option(help="Asked for when not given.")
def user_make(username: str, password: str) -> None:
    """Make an account. What its holder may do follows from the posts they are given.

    Nothing opens by this password but the page to change it.
    """
    django_of()
    from custos.foundation.accounts import services

    services.make_account(username, password, handed_over=True)
    click.echo(f"{username} can sign in, and then chooses a password of their own")


@user.command(name="password")
@click.argument("username")
@click.password_option(help="Asked for when not given.")
def user_password(username: str, password: str) -> None:
    """Give an account another password, which its holder changes at the next sign-in."""
    django_of()
    from custos.foundation.accounts import services

    services.set_password(username, password, handed_over=True)
    click.echo(f"{username} has a new password, to be changed at the next sign-in")


@user.command(name="post")
@click.argument("username")
@click.option("--name", required=True, help="Name of the holder.")
@click.option(
    "--kind", default="officer", show_default=True, help="officer, auxiliary, clinician, other."
)
@click.option("--organization", "-o", type=int, required=True, help="Its nine-digit number.")
@click.option("--post", required=True, help="Code of the post, such as leader or security_admin.")
@click.option("--number", default="", help="Service number.")
@click.option("--crew", type=int, help="Crew, for those who work in shifts.")
def user_post(
    username: str, name: str, kind: str, organization: int, post: str, number: str, crew: int | None
) -> None:
    """Put the holder of an account on a post. The security administrator's pages do it from then on.

    \b
    custos user make admin1
    custos user post admin1 --name 李敏 --kind other -o 101001001 --post security_admin
    """
    django_of()
    from custos.foundation.accounts import services
    from custos.foundation.database import scope

    with scope.entered(scope.Scope.of_system(SYSTEM)):
        posting = services.post_by_codes(
            username,
            name=name,
            kind=kind,
            organization=organization,
            post=post,
            number=number,
            crew=crew,
        )
        click.echo(f"{username} is {posting.post} at {posting.organization.name}")


@user.command(name="list")
def user_list() -> None:
    """List accounts."""
    django_of()
    from custos.foundation.accounts.models import User

    for account in User.objects.order_by("username"):
        click.echo(f"{account.username}{'' if account.is_active else '  (closed)'}")


@main.group()
def token() -> None:
    """Tokens by which programs use the API."""


def _tokens() -> Any:
    django_of()
    return importlib.import_module("custos.foundation.api.commands")


@token.command(name="make")
@click.argument("name")
@click.option("--scope", "-s", "scopes", multiple=True, required=True, help="What it may do.")
@click.option("--organization", "-o", type=int, help="Make an integration of this organization.")
@click.option("--user", "username", default="", help="Make a personal token of this account.")
@click.option("--post", default="", help="The post of that account [the first it holds].")
@click.option("--days", default=90, show_default=True, help="Valid for so many days, 365 at most.")
def token_make(
    name: str,
    scopes: tuple[str, ...],
    organization: int | None,
    username: str,
    post: str,
    days: int,
) -> None:
    """Make a token called NAME after the program that will use it. It is shown this once.

    \b
    custos token make "prison hospital" -o 110101002 -s people:read
    custos token make "my roster" --user zhao.min --post duty_leader -s duty:read -s duty:write
    """
    if bool(username) == (organization is not None):
        raise click.UsageError("name either --organization or --user")
    _tokens().make(
        name,
        scopes=scopes,
        days=days,
        organization=organization,
        username=username,
        post=post,
        say=click.echo,
    )


@token.command(name="revoke")
@click.argument("prefix")
def token_revoke(prefix: str) -> None:
    """End the token that begins with PREFIX, such as cst_1a2b3c4d, at once."""
    _tokens().revoke(prefix, click.echo)


@token.command(name="list")
def token_list() -> None:
    """List tokens: whose they are, until when, and what they may do."""
    _tokens().listed(click.echo)


main.add_command(backup)
main.add_command(restore)


# ---------------------------------------------------------------------- measuring


@main.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--gate", is_flag=True, help="End with 1 where a figure misses its target.")
@click.option(
    "--scale",
    type=click.FloatRange(0.001),
    default=1.0,
    show_default=True,
    help="Share of full size.",
)
def bench(name: str | None, as_json: bool, gate: bool, scale: float) -> None:
    """Measure NAME (without it: list what can be measured) and print each figure by its target.

    \b
    custos bench
    custos bench record --gate
    """
    from custos.config import benching

    if name is None:
        for known in benching.names():
            click.echo(known)
        return
    figures = benching.run(name, scale)
    click.echo(benching.as_json(figures) if as_json else benching.as_text(figures))
    if gate and not all(figure.reached for figure in figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
