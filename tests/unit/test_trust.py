"""Who could decide what runs as us: folders, links and files, and those above them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from penstock import trust
from penstock.errors import RefusedError
from penstock.loading.discover import Discovery
from penstock.service.daemon import prepare_home
from penstock.service.trusted import flaws_of_home, require_trusted
from penstock.settings import Settings

STRANGER = 4242
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    folder = tmp_path / "above" / "home"
    made = Settings(home=folder, dags_folder=folder / "dags")
    trust.make_folder(folder)
    prepare_home(made)
    made.dags_folder.chmod(0o755)
    for file in (made.config_file, made.database, made.values_file):
        file.touch(0o600)
    return made


def flawed(settings: Settings) -> list[str]:
    return [f"{flaw.path.name}: {flaw.todo}" for flaw in flaws_of_home(settings)]


PLACES: dict[str, Callable[[Settings], Path]] = {
    "home": lambda s: s.home,
    "penstock.toml": lambda s: s.config_file,
    "dags": lambda s: s.dags_folder,
    "penstock.db": lambda s: s.database,
    "values.json": lambda s: s.values_file,
    "attempts": lambda s: s.attempts,
    "versions": lambda s: s.versions,
    "run": lambda s: s.run_folder,
    "above": lambda s: s.home.parent,
}


def test_a_home_as_it_is_made_is_its_users_alone(home: Settings) -> None:
    assert flawed(home) == []
    require_trusted(home)


@pytest.mark.parametrize("name", PLACES)
def test_what_everybody_can_change_is_refused(home: Settings, name: str) -> None:
    place = PLACES[name](home)
    place.chmod(place.stat().st_mode | 0o002)
    assert flawed(home) == [f"{name}: chmod go-w {place}"]
    with pytest.raises(RefusedError, match=f"chmod go-w {place}"):
        require_trusted(home)
    place.chmod(place.stat().st_mode & ~0o002)
    assert flawed(home) == [], "the command mends it"


@as_root
@pytest.mark.parametrize("name", PLACES)
def test_what_another_group_can_change_is_refused(home: Settings, name: str) -> None:
    place = PLACES[name](home)
    os.chown(place, -1, STRANGER)
    place.chmod(place.stat().st_mode | 0o020)
    assert flawed(home) == [f"{name}: chmod g-w {place}"]


@as_root
@pytest.mark.parametrize("name", PLACES)
def test_what_belongs_to_somebody_else_is_refused(home: Settings, name: str) -> None:
    os.chown(PLACES[name](home), STRANGER, -1)
    assert flawed(home) == [f"{name}: chown root {PLACES[name](home)}"]


def test_a_folder_with_the_sticky_bit_may_be_everybodys(home: Settings) -> None:
    home.home.parent.chmod(0o1777)
    assert flawed(home) == []


def test_our_own_private_group_is_ourselves(home: Settings) -> None:
    if not trust.is_private(os.getegid()):
        pytest.skip("this user has no group of its own")
    for place in (home.home, home.dags_folder, home.config_file):
        place.chmod(place.stat().st_mode | 0o020)
    assert flawed(home) == []


@as_root
def test_a_group_that_is_named_may_change_dags_and_nothing_else(home: Settings) -> None:
    settings = Settings(home=home.home, dags_folder=home.dags_folder, dags_group=str(STRANGER))
    for place in (home.dags_folder, home.versions):
        os.chown(place, -1, STRANGER)
        place.chmod(0o770)
    file = home.dags_folder / "a.py"
    file.touch()
    os.chown(file, -1, STRANGER)
    file.chmod(0o664)
    assert flawed(settings) == [f"versions: chmod g-w {home.versions}"]
    assert list(Discovery(str(STRANGER)).scan(home.dags_folder).files) == [file]
    (problem,) = Discovery().scan(home.dags_folder).problems
    assert f"chmod g-w {file}" in problem.message


@pytest.fixture
def linked(home: Settings, tmp_path: Path) -> Settings:
    """A home and a DAGs folder that are reached over links that lie elsewhere."""
    links = tmp_path / "links"
    links.mkdir(mode=0o755)
    (links / "home").symlink_to("../above/home")
    (tmp_path / "elsewhere" / "dags").mkdir(parents=True)
    (links / "dags").symlink_to(tmp_path / "elsewhere" / "dags")
    return Settings(home=links / "home", dags_folder=links / "dags")


def test_links_lead_to_what_is_looked_at(linked: Settings, tmp_path: Path) -> None:
    assert flawed(linked) == []
    for folder in (tmp_path / "elsewhere", tmp_path / "elsewhere" / "dags", tmp_path / "links"):
        folder.chmod(0o777)
        assert f"{folder.name}: chmod go-w {folder}" in flawed(linked)
        folder.chmod(0o755)


@as_root
def test_a_strangers_link_in_a_shared_folder_is_refused(linked: Settings, tmp_path: Path) -> None:
    (tmp_path / "links").chmod(0o1777)
    assert flawed(linked) == []
    os.chown(tmp_path / "links" / "dags", STRANGER, -1, follow_symlinks=False)
    assert flawed(linked) == [f"dags: chown root {tmp_path / 'links' / 'dags'}"]


def test_a_path_that_is_not_there_is_looked_at_above(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new" / "home", dags_folder=tmp_path / "new" / "home" / "dags")
    assert flawed(settings) == []
    (tmp_path / "new").mkdir()
    (tmp_path / "new").chmod(0o777)
    assert flawed(settings) == [f"new: chmod go-w {tmp_path / 'new'}"]


def test_the_looks_can_be_left_out(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    home.home.chmod(0o777)
    monkeypatch.setenv(trust.OFF, "1")
    require_trusted(home)


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_a_folder_is_made_with_modes_of_its_own(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        trust.make_folder(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / part).stat().st_mode) for part in ("a", "a/b", "a/b/c")]
    assert modes == [0o755, 0o755, 0o700]


@as_root
def test_anothers_home_is_not_to_be_taken_piece_by_piece(home: Settings) -> None:
    os.chown(home.home, STRANGER, -1)
    with pytest.raises(RefusedError) as refused:
        require_trusted(home)
    assert f"chown -R root {home.home}" in str(refused.value)
    assert "one instance, one user" in str(refused.value)
    assert "\n" not in str(refused.value)
