"""The keeper of backups on a server of its own: what it does when things went wrong meanwhile."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from custos.config import postgres, program
from custos.config.backup import keeping
from custos.config.backup.node import Node
from custos.foundation.backups import envelope, keys, store
from custos.foundation.backups.trouble import BackupTrouble


@pytest.fixture
def server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[postgres.Server]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CUSTOS_BACKUP_URL", raising=False)
    monkeypatch.setattr(postgres, "_LOG_KEPT", "32MB")
    data = tmp_path_factory.mktemp("node")
    made = postgres.Server(postgres.prepared_place(data), durable=False)
    made.start()
    made.provision()
    yield made
    made.stop()
    shutil.rmtree(made.place.home)


@pytest.fixture
def node(server: postgres.Server, tmp_path: Path) -> Node:
    made = Node(server.place.keys.parent, tmp_path / "backups")
    keys.remember(made.keys, keys.make(tmp_path / "backup.pem"))
    return made


@pytest.fixture
def keeper(node: Node) -> Iterator[keeping.Keeper]:
    recipient = node.recipient()
    made = keeping.Keeper(node, recipient)
    yield made
    made.close()


def rounds(keeper: keeping.Keeper, patience: float = 30.0) -> str:
    """Rounds until the log has been received for a second and a half; what was wrong until then."""
    until, said, quiet = time.monotonic() + patience, "", 0
    while quiet < 3 or not keeper.series.segments():
        trouble = keeper.round()
        said += trouble
        quiet = 0 if trouble else quiet + 1
        assert time.monotonic() < until, f"the log isn't received: {said}"
        time.sleep(0.5)
    return said


def switch(server: postgres.Server, times: int) -> None:
    """Let the log grow by whole segments."""
    with server.superuser() as sql:
        for _ in range(times):
            sql.execute("SELECT pg_logical_emit_message(false, 'tests', 'x')")
            sql.execute("SELECT pg_switch_wal()")
            sql.execute("CHECKPOINT")


def content(keeper: keeping.Keeper, name: str, key: Path) -> bytes:
    file = keeper.series.segments()[name]
    growing = file.suffix == store.PART
    opener = keys.load(key)
    return b"".join(
        envelope.opened(file, f"wal/{name}", key=opener, trusted=keeper.by.name, growing=growing)
    )


def test_the_growing_segment_is_kept_as_it_grows(
    server: postgres.Server, keeper: keeping.Keeper, tmp_path: Path
) -> None:
    rounds(keeper)
    said = []
    for word in ("first-canary", "second-canary"):
        with server.superuser() as sql:
            sql.execute("SELECT pg_logical_emit_message(true, 'tests', %s)", (word,))
        time.sleep(1)
        keeper.round()
        name = max(keeper.series.segments())
        said.append(content(keeper, name, tmp_path / "backup.pem"))
    assert b"first-canary" in said[0]
    assert b"second-canary" not in said[0]
    assert b"second-canary" in said[1]
    assert said[1].startswith(said[0])


def test_a_keeper_that_comes_back_goes_on_without_a_hole(
    server: postgres.Server, node: Node, keeper: keeping.Keeper, tmp_path: Path
) -> None:
    rounds(keeper)
    keeper.close()
    switch(server, 1)
    again = keeping.Keeper(node, node.recipient())
    try:
        assert again.series == keeper.series
        rounds(again)
        switch(server, 1)
        time.sleep(1)
        rounds(again)
    finally:
        again.close()
    names = sorted(again.series.segments())
    numbers = [int(name[-8:], 16) for name in names]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    whole = [name for name in names if again.series.segments()[name].suffix != store.PART]
    assert len(whole) >= 2
    assert all(len(content(again, name, tmp_path / "backup.pem")) == 16 * 2**20 for name in whole)


def test_log_that_the_server_gave_up_is_a_hole_and_the_keeper_begins_anew(
    server: postgres.Server, keeper: keeping.Keeper
) -> None:
    rounds(keeper)
    before = max(keeper.series.segments())
    keeper.receiver.stop()
    switch(server, 8)
    keeper.receiver = keeping.Receiver(keeper.node, keeper.receiver.server)
    said = rounds(keeper)
    assert "a new base copy is due" in said
    after = max(keeper.series.segments())
    assert int(after[-8:], 16) > int(before[-8:], 16) + 1
    missing = f"{int(before[-8:], 16) + 1:08X}"
    assert before[:16] + missing not in keeper.series.segments()


def test_a_server_that_is_away_is_said_in_words_and_waited_for(
    server: postgres.Server, keeper: keeping.Keeper
) -> None:
    rounds(keeper)
    server.stop()
    time.sleep(1)
    assert "the log isn't received" in keeper.round()
    assert "streamed_at" in keeper.series.kept()
    server.start()
    rounds(keeper)


def test_the_role_of_backups_reads_nothing(server: postgres.Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(server.place.url(postgres.BACKUP, postgres.DATABASE))


def test_only_one_keeps_a_node(node: Node) -> None:
    with keeping.sole(node.data), pytest.raises(keeping.Busy), keeping.sole(node.data):
        pass


# ---------------------------------------------------------------------- the key


def custos(data: Path, *words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(program.main, ["backup", *words], env={"CUSTOS_DATA": str(data)})
    return ran.exit_code, ran.output


@pytest.mark.parametrize("folder", ["data", "data/backups"])
def test_a_key_is_not_put_where_the_backups_or_the_data_are(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    code, said = custos(tmp_path / "data", "key", str(tmp_path / folder / "backup.pem"))
    assert code == 1
    assert "Name a file on a medium that you take away" in said
    assert not (tmp_path / folder / "backup.pem").exists()


def test_a_second_key_has_to_be_wished_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert custos(data, "key", str(tmp_path / "one.pem"))[0] == 0
    code, said = custos(data, "key", str(tmp_path / "two.pem"))
    assert code == 1
    assert "--replace" in said
    assert not (tmp_path / "two.pem").exists()
    assert custos(data, "key", str(tmp_path / "two.pem"), "--replace")[0] == 0
    found = keys.recipient(data / "keys")
    assert found is not None
    assert found.name == keys.load(tmp_path / "two.pem").name


def test_without_a_key_or_a_database_it_is_said_what_to_do(tmp_path: Path) -> None:
    code, said = custos(tmp_path / "data", "verify")
    assert (code, "there is no base copy" in said) == (1, True)
    code, said = custos(tmp_path / "data", "prune")
    assert (code, "custos backup key FILE" in said) == (1, True)


def test_a_server_of_ones_own_needs_a_role_that_may_copy_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custos.config.backup import node as nodes

    monkeypatch.setenv("DATABASE_URL", "host=db user=custos_app")
    monkeypatch.delenv("CUSTOS_BACKUP_URL", raising=False)
    with pytest.raises(BackupTrouble, match="CUSTOS_BACKUP_URL"):
        nodes.source(tmp_path)
