"""Who may be played, and where: in a demo alone."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from custos.config.program import main
from custos.config.shift import commands, crew
from custos.config.shift.crew import Crew, NotADemo, Player

CREW = Crew(
    facility="甲东市第一看守所",
    left="一监区",
    areas=("二监区",),
    womens=(),
    password="x",
    players=(
        Player("patrol", "王一", "cst_1", "w", 0),
        Player("duty_leader", "李二", "cst_2", "l", None),
    ),
    tags={"c": "tag"},
)


def test_a_crew_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / crew.MARK).touch()
    crew.write(tmp_path, CREW)
    crew.write(tmp_path, CREW)
    assert crew.of(tmp_path) == CREW
    assert (tmp_path / crew.FILE).stat().st_mode & 0o777 == 0o600


def test_a_real_installation_refuses(tmp_path: Path) -> None:
    crew.write(tmp_path, CREW)
    with pytest.raises(NotADemo, match="is no demo's folder"):
        crew.of(tmp_path)
    ran = CliRunner().invoke(main, ["shift", "--data", str(tmp_path)])
    assert ran.exit_code == 1
    assert "a shift is played nowhere else" in ran.output


def test_a_demo_without_a_world_has_nobody_to_play(tmp_path: Path) -> None:
    (tmp_path / crew.MARK).touch()
    with pytest.raises(NotADemo, match="has nobody to play"):
        crew.of(tmp_path)


def test_it_says_what_it_plays_and_what_is_left() -> None:
    said = "\n".join(commands.announcement(CREW))
    assert "This plays the shift of 甲东市第一看守所, a demo" in said
    assert "played: patrol, duty leader; rounds in 二监区" in said
    assert "left to you: the patrol of 一监区" in said
    assert "cst_" not in said
