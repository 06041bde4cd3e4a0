"""What ssh is started with, what the shell there gets, and what ssh's own words mean to people."""

from __future__ import annotations

import shlex

import pytest

from penstock.cli.root import SECTIONS, penstock
from penstock.ssh import command
from penstock.ssh.faults import explain, not_penstock
from penstock.ssh.hosts import Host
from penstock.ssh.looking import LOOKING, looks

FAR = Host(name="far", ssh="user@far")


def test_a_session_asks_nothing_and_never_becomes_a_master() -> None:
    line = command.session(FAR, "/tmp/pk-x/m", "exit 0")
    assert line[0] == "ssh"
    assert line[-3:] == ["--", "user@far", "exit 0"]
    said = " ".join(line)
    assert "BatchMode=yes" in said
    assert "ControlMaster=no" in said
    assert "ServerAliveInterval=" in said
    assert "-S /tmp/pk-x/m" in said


def test_a_master_of_our_own_is_one_and_nothing_else() -> None:
    line = command.master(FAR, "/tmp/pk-x/m")
    assert line[-6:] == ["-M", "-N", "-S", "/tmp/pk-x/m", "--", "user@far"]
    assert "ControlPersist=no" in line


def test_the_script_is_one_word_for_any_login_shell() -> None:
    assert shlex.split(command.script_of(FAR, ["why", "it's"]))[:3] == ["exec", "sh", "-c"]


SAID = {
    "changed": "@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nIT IS POSSIBLE THAT SOMEONE ...\n"
    "Host key verification failed.",
    "unknown": "No ED25519 host key is known for far and you have requested strict checking.\n"
    "Host key verification failed.",
    "refused": "user@far: Permission denied (publickey).",
    "password": "user@far: Permission denied (publickey,password).",
    "keyboard": "user@far: Permission denied (publickey,keyboard-interactive).",
    "name": "ssh: Could not resolve hostname far: Name or service not known",
    "no sshd": "ssh: connect to host far port 22: Connection refused",
    "down": "ssh: connect to host far port 22: No route to host",
    "late": "ssh: connect to host far port 22: Connection timed out",
    "config": "/etc/ssh/ssh_config: line 3: Bad configuration option: foo\nterminating, 1 bad "
    "configuration options",
    "early": "kex_exchange_identification: Connection closed by remote host",
    "other": "something that nobody has seen",
    "nothing": "",
}
REMEDIES = {
    "changed": "ssh-keygen -R far",
    "unknown": "`ssh user@far` once by hand",
    "refused": "ssh-add",
    "password": "ssh-copy-id user@far",
    "keyboard": "ssh-copy-id user@far",
    "name": "hosts.toml",
    "no sshd": "no sshd listens",
    "down": "cannot be reached from here",
    "late": "cannot be reached from here",
    "config": "bad configuration",
    "early": "`ssh -v user@far`",
    "other": "something that nobody has seen",
    "nothing": "said nothing",
}


@pytest.mark.parametrize("what", list(SAID))
def test_what_ssh_says_becomes_a_remedy(what: str) -> None:
    told = explain(SAID[what], 255, "far", "user@far")
    assert REMEDIES[what] in told
    assert "far" in told
    assert "\n" not in told


def test_a_host_that_takes_too_long() -> None:
    assert "within the time" in explain("", None, "far", "user@far")


@pytest.mark.parametrize(
    ("said", "code", "has"),
    [
        ("penstock: command 'bridge' does not exist; did you mean ...?", 2, "older than `penstock bridge`"),
        ("sh: penstock: Permission denied", 126, "cannot be run"),
        ("Traceback ...\nModuleNotFoundError: No module named 'msgspec'", 1, "No module named 'msgspec'"),
        ("", 255, "ended before penstock"),
        ("", None, "does not answer"),
        ("", 3, "said nothing"),
    ],
)
def test_a_host_without_a_bridge_says_why(said: str, code: int | None, has: str) -> None:
    assert has in not_penstock(said, code, "far", "penstock")


# -- which commands only look ------------------------------------------------------------------------

ACTING = {
    "init", "up", "down", "db", "api", "failures", "quarantine", "pools", "assets", "variables",
    "connections", "trigger", "rerun", "retry", "clear", "mark", "undo", "cancel", "run-next", "run-now",
    "run-in-turn", "pause", "unpause", "resume", "hold", "release", "breakpoint", "runbook", "note",
    "backfill", "test", "airflow", "import", "answer", "cluster",
    "worker", "workers",
}  # fmt: skip
"""Every command of the program that may change something, in whole or in part."""


def test_every_command_is_known_to_look_or_to_act() -> None:
    every = {name for section in SECTIONS.values() for name in section}
    wholly = {name for name, inner in LOOKING.items() if inner is None}
    assert wholly | ACTING == every
    assert not wholly & ACTING
    assert set(LOOKING) <= every


def test_the_commands_within_commands_exist() -> None:
    import click

    context = click.Context(penstock, info_name="penstock")
    for name, inner in LOOKING.items():
        for words in inner or ():
            found = penstock.get_command(context, name)
            for word in words.split():
                assert isinstance(found, click.Group)
                found = found.get_command(context, word)
                assert found is not None, (name, words)


@pytest.mark.parametrize(
    ("words", "only_looks"),
    [
        ("runs list", True),
        ("status --json", True),
        ("trigger etl", False),
        ("trigger etl --dry-run", True),
        ("trigger --help", True),
        ("trigger etl --note -- --dry-run", False),
        ("up -d", False),
        ("db size", True),
        ("db vacuum", False),
        ("pools list", True),
        ("pools set big 4", False),
        ("pools", False),
        ("failures", True),
        ("failures --all", True),
        ("failures ack abc", False),
        ("quarantine", True),
        ("quarantine drop x", False),
        ("api token list", True),
        ("api token create x", False),
        ("airflow providers list", True),
        ("airflow providers install x", False),
        ("nonsense", False),
        ("--version", True),
        ("", True),
    ],
)
def test_what_only_looks(words: str, only_looks: bool) -> None:
    assert looks(words.split()) is only_looks
