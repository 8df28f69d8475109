"""The `custos` program. Each command is thin: it opens a scope, calls a service and says what came.

Modules are imported where they are used: `custos --help` and the supervisor don't load Django.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

SYSTEM = "custos program"


def _django(*, owner: bool = False) -> None:
    """Load the project, as the application's role or as the owner."""
    if owner:
        os.environ["CUSTOS_AS"] = "owner"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")
    import django

    django.setup()


class _Program(click.Group):
    """Shows refusals in words instead of tracebacks."""

    def invoke(self, context: click.Context) -> Any:
        from custos.foundation.errors import CustosError

        try:
            return super().invoke(context)
        except CustosError as error:
            raise click.ClickException(f"{error.message} {error.mend}".rstrip()) from None


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="custos")
def main() -> None:
    """Custos: custody management for police detention facilities.

    \b
    Look at it:            custos demo
    Run it for real:       custos migrate && custos serve   (and, beside it: custos worker)
    Ask what is wrong:     custos check
    Prove the record:      custos record verify

    An installation says what it is by its environment: CUSTOS_DATA (its folder), DATABASE_URL and
    CUSTOS_OWNER_URL (a PostgreSQL server of yours; otherwise one of our own is started by `demo`),
    CUSTOS_HOSTS, CUSTOS_TLS_CERT and CUSTOS_TLS_KEY. `docs/` says the rest.
    """


# ---------------------------------------------------------------------- running


@main.command()
@click.option("--port", default=8000, show_default=True, help="Port of the site.")
@click.option("--mqtt-port", default=1883, show_default=True, help="Port of the devices' broker.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder [data/ here]."
)
@click.option("--fresh", is_flag=True, help="Forget the world of an earlier demo and begin anew.")
@click.option("--seed", type=int, help="Build another world: the same number, the same world.")
@click.option("--empty", is_flag=True, help="Build no world at the first start, only the tables.")
def demo(
    port: int, mqtt_port: int, data: Path | None, fresh: bool, seed: int | None, empty: bool
) -> None:
    """Run a living facility on this machine, with everything it needs.

    Database, broker, site and worker run under this one program and end with it. The first start
    builds the demo's world; later ones go on where the last one ended.

    \b
    custos demo                          http://localhost:8000
    custos demo --port 8080 --fresh
    custos demo --data /tmp/other --port 8001 --mqtt-port 1884
    """
    from custos.config import supervisor
    from custos.config.environment import data_folder

    running = supervisor.Demo(
        (data or data_folder()).absolute(), port, mqtt_port, fresh, seed, empty, click.echo
    )
    try:
        running.run()
    except supervisor.CannotStart as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True)
def serve(host: str, port: int) -> None:
    """Serve the site.

    \b
    custos serve
    CUSTOS_TLS_CERT=site.pem CUSTOS_TLS_KEY=site.key custos serve --host 0.0.0.0 --port 443
    """
    certificate, key = os.environ.get("CUSTOS_TLS_CERT"), os.environ.get("CUSTOS_TLS_KEY")
    if not (certificate and key) and host not in ("127.0.0.1", "::1", "localhost"):
        raise click.ClickException(
            "refusing to serve other machines without TLS: name CUSTOS_TLS_CERT and CUSTOS_TLS_KEY"
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")
    import uvicorn

    from custos.config.environment import data_folder

    # WhiteNoise wants it to be there; what it serves comes from the modules until files are collected.
    (data_folder() / "static").mkdir(parents=True, exist_ok=True)
    uvicorn.run(
        "custos.config.asgi:application",
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )


@main.command()
def worker() -> None:
    """Run background jobs, the sweeps for deadlines and the device listener."""
    _django()
    from custos.config import worker

    worker.run()


@main.command(name="broker", hidden=True)
@click.option("--port", default=1883, show_default=True)
def broker_(port: int) -> None:
    """Run the embedded MQTT broker."""
    from custos.config import broker

    broker.run(port=port)


@main.command()
def migrate() -> None:
    """Bring the database's tables and code tables up to this version of the program.

    Signs in as the owner of the tables (CUSTOS_OWNER_URL).
    """
    _django(owner=True)
    from custos.config import installing

    installing.migrate()


@main.command(name="build-demo", hidden=True)
@click.option("--seed", type=int)
def build_demo(seed: int | None) -> None:
    """Build the demo's world into an empty database."""
    _django()
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
    _django()
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
@click.argument("bundle", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--organization", "-o", type=int, multiple=True, help="Only these chains.")
@click.option("--key", multiple=True, help="Public key that may have signed [this node's own].")
def record_verify(bundle: Path | None, organization: tuple[int, ...], key: tuple[str, ...]) -> None:
    """Verify every chain of this installation, or of an exported BUNDLE.

    Says for each chain that it is whole, or names the first entry that is wrong; ends with 1 then.

    \b
    custos record verify
    custos record verify -o 110101002
    custos record verify export.custos          on any machine, without a database
    """
    _django()
    from custos.config import proving
    from custos.foundation.record.witness import TamperedWitness

    try:
        verdicts = (
            proving.bundle(bundle, set(key) or None)
            if bundle
            else proving.installation(organization)
        )
    except TamperedWitness as error:
        raise click.ClickException(str(error)) from None
    for verdict in verdicts:
        click.echo(proving.line(verdict))
    if not all(verdict.sound for verdict in verdicts):
        sys.exit(1)


@record.command(name="export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organization", "-o", type=int, multiple=True, required=True)
def record_export(file: Path, organization: tuple[int, ...]) -> None:
    """Write the chains of organizations into a signed, self-contained FILE.

    \b
    custos record export june.custos -o 110101002
    """
    _django()
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
    _django()
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
    _django()
    from custos.config import rule_files

    wrong = 0
    for name, error in rule_files.check():
        wrong += error is not None
        click.echo(f"{'fail' if error else 'ok  '}  {name}{f': {error}' if error else ''}")
    if wrong:
        sys.exit(1)


@main.group()
def codes() -> None:
    """Code tables, regions and the catalogue of data items."""


def _codes(name: str) -> Any:
    _django()
    return getattr(importlib.import_module("custos.foundation.codes.commands"), name)


@codes.command(name="load")
def codes_load() -> None:
    """Load the code tables that come with the program; loading twice changes nothing."""
    if _codes("load")(click.echo):
        sys.exit(1)


@codes.command(name="regions")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
def codes_regions(file: Path) -> None:
    """Load administrative regions from the published list (CSV with code and name)."""
    if _codes("regions")(file, click.echo):
        sys.exit(1)


@codes.command(name="check")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
def codes_check(file: Path) -> None:
    """Say by row what in FILE doesn't conform to the catalogue; ends with 1 then."""
    if _codes("check")(file, click.echo):
        sys.exit(1)


@main.group()
def user() -> None:
    """Accounts of people."""


@user.command(name="make")
@click.argument("username")
@click.password_option(help="Asked for when not given.")
def user_make(username: str, password: str) -> None:
    """Make an account. What its holder may do follows from the posts they are given."""
    _django()
    from custos.foundation.accounts import services

    services.make_account(username, password)
    click.echo(f"{username} can sign in")


@user.command(name="password")
@click.argument("username")
@click.password_option(help="Asked for when not given.")
def user_password(username: str, password: str) -> None:
    """Give an account another password."""
    _django()
    from custos.foundation.accounts import services

    services.set_password(username, password)
    click.echo(f"{username} has a new password")


@user.command(name="list")
def user_list() -> None:
    """List accounts."""
    _django()
    from custos.foundation.accounts.models import User

    for account in User.objects.order_by("username"):
        click.echo(f"{account.username}{'' if account.is_active else '  (closed)'}")


# ---------------------------------------------------------------------- measuring


@main.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--gate", is_flag=True, help="End with 1 where a figure misses its target.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="Share of full size.")
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
