"""The embedded server's life: what it makes, and what it refuses to make."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from custos.config import postgres, supervisor
from custos.config.shift import crew
from custos.config.shift.crew import Crew, Player


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder in which a database was made, and lost with its disk."""
    folder = tmp_path / "data"
    place = postgres.prepared_place(folder)
    with postgres.Server(place, durable=False):
        pass
    shutil.rmtree(place.cluster)
    yield folder
    shutil.rmtree(place.home, ignore_errors=True)


def signed(data: Path) -> Path:
    witness = data / "witness" / "heads.jsonl"
    witness.parent.mkdir(parents=True, exist_ok=True)
    witness.write_text('{"at": "2026-03-01T08:00:00+08:00"}\n')
    return witness


def test_no_empty_database_takes_the_place_of_one_whose_heads_were_signed(data: Path) -> None:
    place = postgres.place_for(data)
    signed(data)
    with (
        pytest.raises(postgres.DatabaseTrouble, match=r"database is gone.*restore a backup"),
        postgres.Server(place, durable=False),
    ):
        pass
    assert not place.cluster.exists()


def test_a_witness_file_elsewhere_vouches_too(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOS_WITNESS", str(signed(tmp_path / "other")))
    with (
        pytest.raises(postgres.DatabaseTrouble, match="holds its signed heads"),
        postgres.Server(postgres.place_for(data), durable=False),
    ):
        pass


def test_a_server_whose_cluster_vanished_while_it_ran_is_not_made_anew(data: Path) -> None:
    server = postgres.Server(postgres.place_for(data), durable=False)
    with server:
        server._process.kill()  # type: ignore[union-attr]
        server._process.wait()  # type: ignore[union-attr]
        shutil.rmtree(server.place.cluster)
        with pytest.raises(postgres.DatabaseTrouble, match="ran a moment ago"):
            server.start()


def test_nothing_signed_means_that_the_first_start_was_interrupted(data: Path) -> None:
    signed(data).write_text("")
    with postgres.Server(postgres.place_for(data), durable=False) as server:
        assert server.poll() is None


def test_to_begin_anew_gives_up_the_witness_before_the_database(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, home, removed = signed(data), postgres.place_for(data).home, []
    real = shutil.rmtree

    def remove(folder: Path, **how: object) -> None:
        removed.append(folder)
        real(folder, ignore_errors=True)

    monkeypatch.setattr(supervisor.shutil, "rmtree", remove)
    supervisor.Demo(data)._forget()
    assert not witness.exists()
    assert removed.index(witness.parent) < removed.index(home)
    monkeypatch.undo()
    with postgres.Server(postgres.prepared_place(data), durable=False) as server:
        assert server.poll() is None


def test_a_shift_is_played_where_a_world_was_built_unless_it_is_switched_off(data: Path) -> None:
    assert supervisor.Demo(data)._played is None
    (data / "demo").touch()
    players = (Player("patrol", "x", "cst_1", "w", 0),)
    crew.write(data, Crew("x", "一监区", ("二监区",), (), "x", players, {}))
    assert supervisor.Demo(data, shift=False)._played is None
    played = supervisor.Demo(data)._played
    assert played is not None
    assert played.left == "一监区"
    supervisor.Demo(data)._forget()
    assert supervisor.Demo(data)._played is None, "a world that was forgotten has no people"


def test_to_forget_a_demo_removes_its_database_wherever_it_is(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = postgres.place_for(data).home
    demo = supervisor.Demo(data)
    with pytest.raises(supervisor.CannotStart, match="there is no demo"):
        demo.remove()  # no demo made this folder
    (data / "demo").touch()
    signed(data)
    with demo._sole(), pytest.raises(supervisor.CannotStart, match="another demo runs"):
        supervisor.Demo(data).remove()
    (data / "notes.txt").write_text("mine")
    demo.remove()
    assert [path.name for path in data.iterdir()] == ["notes.txt"]
    assert not home.exists()
    assert str(home) in capsys.readouterr().out
    (data / "demo").touch()
    (data / "notes.txt").unlink()
    demo.remove()
    assert not data.exists()
