"""`penstock --host DEST COMMAND` over a real sshd: what it prints, how it ends, why it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.far_hosts import Far
from drive.terminal import Terminal
from drive.waiting import wait_for


def test_it_prints_what_it_prints_there(far: Far) -> None:
    here = subprocess.run(
        [sys.executable, "-m", "penstock", "--home", str(far.home), "dags", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    there = far.sshd.penstock("--host", "far", "dags", "list", "--json")
    assert (there.returncode, there.stdout, there.stderr) == (0, here.stdout, "")
    assert [row["dag_id"] for row in json.loads(there.stdout)["dags"]] == ["etl", "fails", "waits"]


def test_the_home_is_named_before_the_command_or_in_hosts_toml(far: Far) -> None:
    for words in (
        ("--host", "far", "--home", str(far.quiet)),
        ("--host=quiet",),
        ("--host", f"far:{far.quiet}"),
    ):
        done = far.sshd.penstock(*words, "dags", "list", "--json")
        assert [row["dag_id"] for row in json.loads(done.stdout)["dags"]] == ["asleep"], done.stderr
        assert "no engine is running" in done.stderr


def test_exit_codes_are_those_of_the_command(far: Far) -> None:
    assert far.sshd.penstock("--host", "quiet", "status").returncode == 3
    assert far.sshd.penstock("--host", "far", "dags", "show", "nothing").returncode == 2
    failed = far.sshd.penstock("--host", "far", "trigger", "fails", "--wait")
    assert failed.returncode == 1, failed.stderr
    passed = far.sshd.penstock("--host", "far", "trigger", "etl", "--wait", "--json")
    assert passed.returncode == 0
    run_id = json.loads(passed.stdout)["run_id"]
    log = far.sshd.penstock("--host", "far", "logs", "etl", run_id, "say")
    assert log.stdout == "hello from the far side\n"


def test_several_hosts_one_after_the_other(far: Far) -> None:
    done = far.sshd.penstock("--host", "far", "--host", "quiet", "status", "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["home"], second["home"]) == (str(far.home), str(far.quiet))
    assert done.returncode == 3  # of the first that did not end with 0
    assert "--- far ---" in done.stderr


def test_input_is_left_to_the_loop_around_it(far: Far) -> None:
    script = 'while read host; do python -m penstock --host "$host" --version; done'
    done = subprocess.run(
        ["sh", "-c", script.replace("python", sys.executable, 1)],
        env=far.sshd.environment,
        input="far\nquiet\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert len(done.stdout.splitlines()) == 2, done.stderr


def test_acts_on_production_ask_for_its_name(far: Far) -> None:
    refused = far.sshd.penstock("--host", "prod", "trigger", "etl")
    assert refused.returncode == 2
    assert "--confirm prod" in refused.stderr
    assert far.sshd.penstock("--host", "prod", "--confirm", "far", "trigger", "etl").returncode == 2
    assert far.sshd.penstock("--host", "prod", "trigger", "etl", "--dry-run").returncode == 0
    assert far.sshd.penstock("--host", "prod", "--confirm", "prod", "trigger", "etl").returncode == 0


def test_a_command_in_a_terminal_gets_one(far: Far) -> None:
    run_id = json.loads(far.sshd.penstock("--host", "far", "trigger", "waits", "--json").stdout)["run_id"]
    command = [sys.executable, "-m", "penstock", "--host", "far", "logs", "waits", run_id, "say", "-f"]
    try:
        with Terminal(command, env=far.sshd.environment) as terminal:
            terminal.sees("hello from the far side")
            terminal.send(b"\x03")
            wait_for(lambda: not terminal.read() and terminal.process.poll() is not None, 20, "it goes on")
            assert terminal.process.returncode == 130
        wait_for(lambda: not _there("logs waits"), 10, "it goes on over there")
        piped = subprocess.Popen(
            command, env=far.sshd.environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        assert piped.stdout is not None
        assert piped.stdout.readline() == b"hello from the far side\n"
        piped.send_signal(signal.SIGINT)
        assert piped.wait(20) == 130
        piped.stdout.close()
        wait_for(lambda: not _there("logs waits"), 20, "it goes on over there without a reader")
    finally:
        far.sshd.penstock("--host", "far", "cancel", "waits", run_id)


def test_a_lost_connection_is_not_an_answer(far: Far) -> None:
    run_id = json.loads(far.sshd.penstock("--host", "far", "trigger", "waits", "--json").stdout)["run_id"]
    command = [sys.executable, "-m", "penstock", "--host", "far", "logs", "waits", run_id, "say", "-f"]
    following = subprocess.Popen(
        command,
        env=far.sshd.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert following.stdout is not None
    assert following.stdout.readline() == b"hello from the far side\n"
    far.sshd.cut()
    _, said = following.communicate(timeout=60)
    assert following.returncode == 255
    assert b"is not known" in said
    far.sshd.penstock("--host", "far", "cancel", "waits", run_id)


def _there(words: str) -> list[str]:
    """Return the processes of penstock with *words*, without the ones on this side."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in line and "--host" not in line and "ssh -F" not in line:
            found.append(line)
    return found


# -- what is in the way ------------------------------------------------------------------------------


@pytest.fixture
def as_before(far: Far) -> Iterator[None]:
    yield
    far.sshd.know("host_key")
    far.sshd.configure()


@pytest.mark.usefixtures("as_before")
class TestInTheWay:
    def refused(self, far: Far, *says: str, code: int = 5) -> None:
        """Check that both a command and the console say so, in time, and do nothing."""
        done = far.sshd.penstock("--host", "far", "--confirm", "x", "runs", "list", "--json", limit=30)
        assert done.returncode == code, done.stderr
        for each in says:
            assert each in done.stderr
        assert json.loads(done.stdout)["error"]["kind"] == "HostError"
        assert "Traceback" not in done.stderr

    def test_no_key(self, far: Far) -> None:
        far.sshd.configure("other_key")
        self.refused(far, "takes none of your keys", "ssh-add", "ssh -v far")

    def test_an_unknown_host(self, far: Far) -> None:
        far.sshd.know(None)
        self.refused(far, "is not known here yet", "`ssh far` once by hand")

    def test_a_changed_key(self, far: Far) -> None:
        far.sshd.know("other_host_key")
        self.refused(far, "is not the one that was remembered", "ssh-keygen -R far")

    def test_nobody_listens(self, far: Far) -> None:
        far.sshd.configure("key", "Port 1")
        text = (far.sshd.folder / "config").read_text().replace(f"  Port {far.sshd.port}\n", "")
        (far.sshd.folder / "config").write_text(text)
        self.refused(far, "no sshd listens")

    def test_no_such_name(self, far: Far) -> None:
        far.sshd.configure("key")
        text = (
            (far.sshd.folder / "config").read_text().replace("HostName 127.0.0.1", "HostName nowhere.invalid")
        )
        (far.sshd.folder / "config").write_text(text)
        self.refused(far, "the name far is not known")

    def test_a_wrong_line_in_the_configuration_of_ssh(self, far: Far) -> None:
        far.sshd.configure("key", "Nonsense yes")
        self.refused(far, "ssh does not accept its own files", "bad configuration")

    def test_a_host_without_penstock(self, far: Far) -> None:
        far.sshd.hosts.write_text(
            far.sshd.hosts.read_text() + '[bare]\nssh = "far"\nprogram = "penstock-none"\n'
        )
        done = far.sshd.penstock("--host", "bare", "status")
        assert done.returncode == 5
        assert "penstock-none is not installed on bare" in done.stderr
        assert "pipx install penstock" in done.stderr

    def test_no_ssh_here(self, far: Far, tmp_path: Path) -> None:
        (tmp_path / "sh").symlink_to("/bin/sh")
        done = far.sshd.penstock("--host", "far", "status", PATH=str(tmp_path))
        assert done.returncode == 5
        assert "install an OpenSSH client" in done.stderr


def test_a_password_that_cannot_be_typed(far: Far) -> None:
    far.sshd.stop()
    far.sshd.start("host_key", "PasswordAuthentication yes")
    far.sshd.configure("other_key")
    try:
        done = far.sshd.penstock("--host", "far", "status", limit=30)
        assert done.returncode == 5
        assert "wants a password" in done.stderr
        assert "ssh-copy-id far" in done.stderr
    finally:
        far.sshd.stop()
        far.sshd.configure()
        far.sshd.start()


def test_no_process_and_no_folder_is_left(far: Far) -> None:
    before = set(Path("/tmp").glob("pk-*"))
    far.sshd.penstock("--host", "far", "--version")
    begun = time.monotonic()
    wait_for(lambda: set(Path("/tmp").glob("pk-*")) <= before, 10, "a folder of a connection is left")
    killed = subprocess.Popen(
        [sys.executable, "-m", "penstock", "--host", "far", "bridge"],
        env=far.sshd.environment,
        stdin=subprocess.PIPE,
    )
    wait_for(lambda: _masters(far), 20, f"no connection after {time.monotonic() - begun:.0f} s")
    os.kill(killed.pid, signal.SIGKILL)
    assert killed.stdin is not None
    killed.stdin.close()
    killed.wait()
    wait_for(lambda: not _masters(far), 10, "the connection outlives who opened it")
    wait_for(lambda: set(Path("/tmp").glob("pk-*")) <= before, 10, "its folder does")


def _masters(far: Far) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if " -M " in line and str(far.sshd.folder) in line:
            found.append(line)
    return found
