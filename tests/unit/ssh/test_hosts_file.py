"""hosts.toml, and what a word after --host means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from penstock.errors import SettingsError, UsageError
from penstock.ssh.hosts import Host, host_of, hosts_files, read_hosts

PROD = Host(
    name="prod",
    ssh="deploy@db1",
    home="/srv/pipelines",
    production=True,
    colour="red",
    word="PRODUCTION",
)
KNOWN = {"prod": PROD, "lab": Host(name="lab", ssh="lab")}


def write(folder: Path, text: str) -> Path:
    file = folder / "hosts.toml"
    file.write_text(text)
    return file


def test_everything_a_host_may_say(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[prod]\nssh = "deploy@db1"\nhome = "/srv/pipelines"\nproduction = true\n'
        '[lab]\n[test]\ncolour = "green"\nword = "TEST"\nprogram = "~/bin/penstock"\n',
    )
    hosts = read_hosts([file])
    assert hosts["prod"] == PROD
    assert hosts["lab"] == Host(name="lab", ssh="lab")
    assert hosts["test"] == Host(
        name="test", ssh="test", colour="green", word="TEST", program="~/bin/penstock"
    )
    assert list(hosts) == ["prod", "lab", "test"]


def test_the_first_file_decides_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write(tmp_path / "a", '[prod]\nssh = "mine"\n')
    second = write(tmp_path / "b", '[prod]\nssh = "theirs"\n[lab]\n')
    hosts = read_hosts([first, second, tmp_path / "none"])
    assert hosts["prod"].ssh == "mine"
    assert set(hosts) == {"prod", "lab"}


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_HOSTS", str(tmp_path / "own"))
    assert hosts_files() == [tmp_path / "own"]
    monkeypatch.delenv("PENSTOCK_HOSTS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    assert hosts_files()[-1] == tmp_path / "home" / "hosts.toml"
    assert hosts_files()[0].name == "hosts.toml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[prod\n", "not valid TOML"),
        ('prod = "x"\n', "prod must be a table"),
        ('["a b"]\n', "cannot be the name of a host"),
        ('["a/b"]\n', "cannot be the name of a host"),
        ('["-a"]\n', "cannot be the name of a host"),
        ("[prod]\nproduktion = true\n", "has no 'produktion'; known: ssh, home"),
        ("[prod]\nproduction = 1\n", "production must be true or false, not 1"),
        ('[prod]\nssh = ""\n', "ssh must be a string that is not empty"),
        ('[prod]\nssh = "-oProxyCommand=x"\n', "ssh must be one destination"),
        ('[prod]\nssh = "a b"\n', "ssh must be one destination"),
        ('[prod]\ncolour = "pink"\n', "colour must be one of red"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as refused:
        read_hosts([file])
    assert str(file) in refused.value.message
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("word", "home", "is_"),
    [
        ("prod", None, PROD),
        # production stays production, however it is spelled
        ("deploy@db1", None, replace(PROD, name="deploy@db1", home=None)),
        ("user@other", None, Host(name="user@other", ssh="user@other")),
        ("lab", "/srv/x", Host(name="lab", ssh="lab", home="/srv/x")),
        ("lab:/srv/x", None, Host(name="lab:x", ssh="lab", home="/srv/x")),
        ("lab:~/y", None, Host(name="lab:y", ssh="lab", home="~/y")),
        ("ssh://u@h:2222", None, Host(name="u@h:2222", ssh="ssh://u@h:2222")),
    ],
)
def test_what_a_word_means(word: str, home: str | None, is_: Host) -> None:
    assert replace(host_of(word, KNOWN, home), spelled="") == is_


@pytest.mark.parametrize(
    ("word", "home", "option"),
    [
        ("prod", None, "--host prod"),
        ("prod", "/srv/x y", "--host prod --home '/srv/x y'"),
        ("lab:/srv/x", None, "--host lab:/srv/x"),
        ("u@h", None, "--host u@h"),
        ("ssh://u@h:22", None, "--host ssh://u@h:22"),
    ],
)
def test_how_the_same_is_asked_for_again(word: str, home: str | None, option: str) -> None:
    assert host_of(word, KNOWN, home).option == option


def test_another_home_of_a_production_host_is_production() -> None:
    host = host_of("prod:/srv/other", KNOWN)
    assert (host.production, host.home, host.ssh) == (True, "/srv/other", "deploy@db1")


@pytest.mark.parametrize("word", ["", "-oProxyCommand=touch x", "a b", "a\nb"])
def test_a_word_that_no_host_can_have(word: str) -> None:
    with pytest.raises(UsageError, match="is not a host"):
        host_of(word, KNOWN)
