"""What becomes of the commands of a crontab: their wrappers, guards, signs and shells."""

from __future__ import annotations

from datetime import UTC, datetime

import jinja2
import pytest

from penstock.importing.command import Understood, understood, weekday_asked
from penstock.importing.daemons import DAEMONS
from penstock.importing.from_crontab import import_crontab
from penstock.importing.jobs import Imported, Job, Mail, Place
from penstock.importing.names import name_for
from penstock.importing.script import as_template, in_shell, with_input

HOME = "/srv/ann"
PLACE = Place(
    "UTC", "ann", HOME, "ann", datetime(2026, 1, 1, tzinfo=UTC), {"root": "/root", "www": "/srv/www"}
)


def read(text: str, daemon: str = "debian", users: bool | None = False) -> Imported:
    return import_crontab(text, DAEMONS[daemon], PLACE, title="a crontab", users=users)


def jobs(text: str, daemon: str = "debian", users: bool | None = False) -> list[Job]:
    """Return the jobs of a crontab."""
    return [line.job for line in read(text, daemon, users).lines if line.job]


def job(text: str, daemon: str = "debian") -> Job:
    """Return the one job of a crontab."""
    (found,) = jobs(text, daemon)
    return found


def facts(found: Understood) -> dict[str, object]:
    """Return what was taken out of a command, without what is not set."""
    values = {name: getattr(found, name) for name in ("cwd", "timeout", "grace", "overlap", "skip_code")}
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    ("command", "kept", "taken"),
    [
        ("/opt/b --full", "/opt/b --full", {}),
        ("cd /srv/app && ./run", "./run", {"cwd": "/srv/app"}),
        ("cd ~/app && ./run", "./run", {"cwd": f"{HOME}/app"}),
        ('cd "$HOME/app" && ./run', 'cd "$HOME/app" && ./run', {}),
        ("cd app && ./run", "./run", {"cwd": f"{HOME}/app"}),
        ("cd /x && a || b", "cd /x && a || b", {}),
        ("cd /x; a", "cd /x; a", {}),
        ("cd $X && a", "cd $X && a", {}),
        ("flock -n /l a b", "a b", {"overlap": "skip"}),
        ("flock -xn /l a b", "a b", {"overlap": "skip"}),
        ("flock /l a", "a", {"overlap": "queue"}),
        ("flock -w 10 -E 0 /l a", "a", {"overlap": "skip"}),
        ("flock --timeout=5 /l a", "a", {"overlap": "skip"}),
        ("/usr/bin/flock -n /l -c 'a; b'", "a; b", {"overlap": "skip"}),
        ("nice flock -n /l -c 'a; b'", "nice sh -c 'a; b'", {"overlap": "skip"}),
        ("flock -s /l a", "flock -s /l a", {}),
        ("flock -n 9 a", "flock -n 9 a", {}),
        ("flock -n $LOCK a", "flock -n $LOCK a", {}),
        ("flock -n /shared a", "flock -E 99 -n /shared a", {"skip_code": 99}),
        ("flock /shared a", "flock /shared a", {}),
        ("timeout 90 a", "a", {"timeout": 90.0}),
        ("timeout -k 5 1.5h a", "a", {"timeout": 5400.0, "grace": 5.0}),
        ("timeout --kill-after=5s -s TERM 2m a", "a", {"timeout": 120.0, "grace": 5.0}),
        ("timeout -s KILL 5 a", "timeout -s KILL 5 a", {}),
        ("timeout $N a", "timeout $N a", {}),
        ("timeout 0 a", "timeout 0 a", {}),
        ("chronic a", "a", {}),
        ("nice -n 19 ionice -c3 timeout 1d chronic a", "nice -n 19 ionice -c3 a", {"timeout": 86400.0}),
        ("env A=1 timeout 5 a", "env A=1 a", {"timeout": 5.0}),
        ("a >/dev/null 2>&1", "a", {}),
        ("a > /dev/null", "a", {}),
        ("a &>/dev/null", "a", {}),
        ("a >> /var/log/a 2>&1", "a >> /var/log/a 2>&1", {}),
        ("a | b >/dev/null", "a | b", {}),
        ("a &", "a", {}),
        ("a >/dev/null 2>&1 &", "a", {}),
        ("a & b", "a & b\nwait", {}),
        ("a & b & wait", "a & b & wait", {}),
        ("a '&' \"b &\" c\\&", "a '&' \"b &\" c\\&", {}),
        ("a # & says who", "a", {}),
        ("for i in 1; do a; done", "for i in 1; do a; done", {}),
        ("a 'open", "a 'open", {}),
        ("&& &", "&& &", {}),
        ("[ -x /a ] && && a &", "[ -x /a ] && && a &", {}),
        ("cd /x &&", "cd /x &&", {}),
        ("&", "&", {}),
        ("cd /x &&\n\na &\n", "a", {"cwd": "/x"}),
        ("[ -x /a ] && /a", "if [ -x /a ]; then\n    /a\nfi", {}),
        ("test -d /a && cd /b && c", "if test -d /a; then\n    cd /b && c\nfi", {}),
        (
            "[ -f a ] && ! pgrep x && timeout 5 b",
            "if [ -f a ] && ! pgrep x; then\n    b\nfi",
            {"timeout": 5.0},
        ),
        ("command -v a >/dev/null && a", "if command -v a >/dev/null; then\n    a\nfi", {}),
        ("grep -q x /f && a", "if grep -q x /f; then\n    a\nfi", {}),
        ("grep x /f && a", "grep x /f && a", {}),
        ("[ -x /a ] || b", "[ -x /a ] || b", {}),
        ("[ -x /a ] && b || c", "[ -x /a ] && b || c", {}),
        ("[ -x /a ] && b; c", "[ -x /a ] && b; c", {}),
        ("build && deploy", "build && deploy", {}),
    ],
)
def test_what_wraps_a_command_becomes_options(command: str, kept: str, taken: dict[str, object]) -> None:
    found = understood(command, HOME, frozenset({"/shared"}))
    assert (found.command, facts(found)) == (kept, taken)


@pytest.mark.parametrize(
    ("command", "about"),
    [
        ("a &", "&"),
        ("a & b", "waits"),
        ("a >/dev/null 2>&1", ">/dev/null 2>&1"),
        ("a >> /var/log/a 2>&1", "/var/log/a"),
        ("a 2>&1 > out", "out"),
        ("chronic a", "chronic"),
        ("nohup a", "nohup"),
        ("sudo -u x a", "password"),
        ("[ -x /a ] && b", "a test"),
        ("run-parts /etc/cron.daily", "run-parts"),
        ("flock -n /shared a", "same lock"),
        ("a 'open", "open '"),
        ("&& a", "before &&"),
        ("a | ", "after |"),
    ],
)
def test_nothing_is_changed_without_a_note(command: str, about: str) -> None:
    notes = understood(command, HOME, frozenset({"/shared"})).notes
    assert any(about in note for note in notes), notes
    assert understood("/opt/b 'x > y' --a=&1", HOME).notes[:0] == ()
    assert understood("/opt/b 'x > y'", HOME).notes == ()


@pytest.mark.parametrize(
    ("command", "day"),
    [
        ('[ "$(date +%u)" = 7 ] && a', 0),
        ("[ $(date +%w) -eq 5 ] && a", 5),
        ('test "`date +%a`" = "Fri" && a', 5),
        ("[ $(date +%u) = 9 ] && a", None),
        ("[ $(date +%d) = 7 ] && a", None),
        ("a", None),
    ],
)
def test_a_test_of_the_weekday_is_seen(command: str, day: int | None) -> None:
    assert weekday_asked(command) == day


def test_the_day_test_may_go_into_the_schedule() -> None:
    (line,) = read('0 4 8-14,22-28 * * [ "$(date +\\%u)" = 5 ] && a\n').lines
    assert 'at("0 4 8-14,22-28 * fri", days="both")' in " ".join(line.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "{{ x }}",
        "{% if %}",
        "${#x} }}",
        "{# no #}",
        "a {% endraw %} {{{% x",
        "/opt/a.sh",
        "x.bash",
        "{{{",
        "plain",
    ],
)
@pytest.mark.parametrize("command", [True, False])
def test_templates_render_to_what_was_written(text: str, command: bool) -> None:
    template = as_template(text, command=command)
    assert jinja2.Environment().from_string(template).render().removesuffix(" ") == text
    assert not template.endswith((".sh", ".bash"))


@pytest.mark.parametrize(
    ("command", "shell", "direct"),
    [
        ("a | b > c", "/bin/sh", True),
        ('echo "a\\tb"', "/bin/sh", False),
        ("echo -n a", "/bin/sh", False),
        ("sleep $((RANDOM % 60))", "/bin/sh", False),
        ("[[ -f a ]] && b", "/bin/sh", False),
        ("[[ -f a ]] && b", "/bin/bash", True),
        ("cp a.{x,y} b", "/bin/sh", False),
        ("a", "/usr/bin/zsh", False),
        ("print 1", "/usr/bin/perl", False),
    ],
)
def test_a_shell_reads_its_own_commands(command: str, shell: str, direct: bool) -> None:
    found = in_shell(command, shell)
    assert (found == command) is direct
    assert direct or found.startswith(f"{shell} -c ")


def test_input_is_a_here_document() -> None:
    assert with_input("cat", "a\nb\n", plain=True) == "cat <<'END'\na\nb\nEND"
    assert with_input("a; b", "END\n", plain=False) == "{\na; b\n} <<'END_2'\nEND\nEND_2"
    assert job("0 0 * * * cat%a%%b\\%c\n").command == "cat <<'END'\na\n\nb%c\nEND"
    assert job("0 0 * * * date +\\%F\\\\%\n").command == "date +%F\\\\"
    assert job("0 0 * * * date +%F\n", "busybox").command == "date +%F"


def test_variables_hold_downwards_and_as_they_are_written() -> None:
    text = """A=1
0 0 * * * a
PATH=$PATH:/x
B = 'two  words'\x20
C=hello  # tail
HOME=/h
0 0 * * * b
LOGNAME=x
0 0 * * * c
"""
    first, second, third = jobs(text, "cronie")
    usual = {
        "HOME": HOME,
        "LOGNAME": "ann",
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "SHELL": "/bin/sh",
        "USER": "ann",
    }
    assert first.env == usual | {"A": "1"}
    more = {"A": "1", "PATH": "$PATH:/x", "B": "two  words", "C": "hello  # tail", "HOME": "/h"}
    assert second.env == third.env == usual | more
    assert (first.cwd, second.cwd) == (HOME, "/h")
    assert "USER" not in job("0 0 * * * a\n").env
    lines = read("A=1\nPATH=/x\n0 0 * * * a\n", "busybox").lines
    assert [line.job is not None for line in lines] == [False, True]
    assert "knows no variable" in lines[0].warnings[0]
    assert [line.job.env["PATH"] for line in lines if line.job] == ["/x"]


def test_mail_goes_to_whom_it_went() -> None:
    mail = job("MAILTO=a@x.org,root\nMAILFROM=b@x.org\n0 0 * * * a\n", "cronie").mail
    assert mail == Mail("a@x.org,root@localhost", "b@x.org")
    assert job('MAILTO=""\n0 0 * * * a\n').mail is None
    assert job("0 0 * * * a\n").mail is None


def test_busybox_ends_a_line_at_a_hash_and_joins_it_at_a_backslash() -> None:
    text = (
        "0 3 * * * echo a#b c\n0 4 * * mon#1 job\n@daily echo a#b\n5 4 * * * one \\\n  two\n6 4 * * * last\n"
    )
    lines = read(text, "busybox").lines
    assert [line.line for line in lines] == [1, 2, 3, 4, 6]
    assert [line.job.command if line.job else None for line in lines] == [
        "echo a", None, "echo a#b", "one   two", "last",
    ]  # fmt: skip
    assert any("takes what follows # for a comment" in note for note in lines[0].warnings)
    assert "needs five fields" in lines[1].warnings[0]
    assert "follows # for a comment" in lines[1].warnings[0]
    assert [found.command for found in jobs("0 3 * * * echo a#b c\n")] == ["echo a#b c"]


def test_zones_are_those_of_the_daemon() -> None:
    text = "CRON_TZ=Asia/Tokyo\n0 0 * * * a\n"
    assert job(text, "cronie").zone == "Asia/Tokyo"
    assert job(text, "debian").zone == "UTC"
    assert any("CRON_TZ" in warning for warning in read(text).lines[0].warnings)
    assert job("CRON_TZ=Mars/Base\n0 0 * * * a\n", "cronie").zone == "UTC"


def test_jobs_of_others_never_run_as_oneself() -> None:
    other, own = jobs("0 0 * * * www cd /srv && a\n0 0 * * * ann b\n", users=True)
    assert other.command.startswith("sudo -n -u www env ")
    assert "cd /srv || exit\na" in other.command
    assert (other.owner, other.cwd, other.env["HOME"]) == ("www", None, "/srv/www")
    assert (own.command, own.owner, own.cwd) == ("b", None, HOME)


def test_the_user_column_is_seen() -> None:
    assert job("@daily root a\n0 0 * * * root b\n".splitlines(keepends=True)[0]).command == "root a"
    found = read("17 * * * * root cd / && a\n25 6 * * * www b c\n", users=None)
    assert [line.job and line.job.owner for line in found.lines] == ["root", "www"]
    found = read("17 * * * * man cron\n25 6 * * * backup.sh c\n", users=None)
    assert [line.job and line.job.owner for line in found.lines] == [None, None]


def test_every_line_is_there_with_its_number() -> None:
    text = "# a comment\n\n0 0 * * * a\r\n@reboot b\n@Daily c\n* * * * *\n#0 1 * * * d\n"
    text += "~ * * * * e\n-0 0 * * * f\n0 0 * * * g"
    for daemon in DAEMONS:
        lines = read(text, daemon).lines
        assert [line.line for line in lines] == [3, 4, 5, 6, 7, 8, 9, 10]
        assert all(line.warnings for line in lines if line.job is None)
    lines = read(text, "cronie").lines
    assert [line.job is not None for line in lines] == [True, False, False, False, True, True, True, True]
    assert [line.job.off for line in lines if line.job] == [False, True, False, False, False]
    assert "carriage return" in " ".join(lines[0].warnings)
    assert "no newline" in " ".join(lines[-1].warnings)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/opt/backup.sh --full", "backup"),
        ("python3 -m shop.report --day x", "shop.report"),
        ("/usr/bin/python3.11 /opt/a/load-all.py", "load-all"),
        ("sudo -u www php -f /srv/cron.php", "cron"),
        ("A=1 nice -n 5 pg_dump shop | gzip", "pg_dump"),
        ("cd /x && ./run.sh", "run"),
        ("run-parts --report /etc/cron.daily", "cron.daily"),
        ("echo hello", "echo"),
        ("if [ -x /a ]; then\n    /opt/a.sh\nfi", "a"),
        ("if [ -x /a ]; then\n    echo a\nfi", "echo"),
        ("sh -c '/opt/load.sh all'", "load"),
        ("for i in 1 2; do /opt/each $i; done", "each"),
        ("'/opt/with space/ä.sh'", "job"),
        ("...", "job"),
    ],
)
def test_names_come_from_the_program(command: str, name: str) -> None:
    taken: set[str] = set()
    assert name_for(command, taken) == name
    assert name_for(command, taken) == f"{name}_2"
