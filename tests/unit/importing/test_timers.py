"""Timers of systemd: when they are due, as systemd 252 says, and what their services become."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from penstock.importing.calendar_event import read_calendar
from penstock.importing.dag_file import dag_file
from penstock.importing.duration import systemd_seconds
from penstock.importing.from_timers import Timer, import_timer
from penstock.importing.jobs import Line, Place
from penstock.importing.meaning import FieldError
from penstock.importing.moments import moments_after
from penstock.importing.units import UnitError, read_unit, shell_command
from penstock.importing.written import CannotSayError, written

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Place("Europe/Amsterdam", "ann", "/srv/ann", "root", NOW, {"root": "/r", "www": "/srv/www"})


@pytest.mark.parametrize(
    ("event", "cron", "days"),
    [
        ("daily", "0 0 * * *", None),
        ("hourly", "0 * * * *", None),
        ("minutely", "* * * * *", None),
        ("weekly", "0 0 * * mon", None),
        ("monthly", "0 0 1 * *", None),
        ("quarterly", "0 0 1 */3 *", None),
        ("semiannually", "0 0 1 1,7 *", None),
        ("Mon *-*-1..7", "0 0 1-7 * mon", "both"),
        ("Mon *-*~07/1", "0 0 * * L1", None),
        ("*-*~1", "0 0 L * *", None),
        ("*-*-01/2 03:00", "0 3 */2 * *", None),
        ("*:0/20", "*/20 * * * *", None),
        ("00/6:07", "7 */6 * * *", None),
        ("Mon..Fri 08:00", "0 8 * * mon-fri", None),
        ("Sat,Sun 12:00", "0 12 * * sun,sat", None),
        ("Mon,Wed..Fri *-*-* 10:15:30", "30 15 10 * * mon,wed-fri", None),
        ("2027-*-01 00:00", "0 0 0 1 * * 2027", None),
        ("10-15", "0 0 15 10 *", None),
        ("Sunday 3:00", "0 3 * * sun", None),
    ],
)
def test_calendar_events_become_crons(event: str, cron: str, days: str | None) -> None:
    meaning, zone = read_calendar(event)
    found = written(meaning)
    assert (found.cron, found.days, zone) == (cron, days, None)


@pytest.mark.parametrize(
    ("event", "after", "times"),
    [
        ("02:30", "2026-03-28T12:00Z", ["03-30T02:30", "03-31T02:30"]),
        ("02:30", "2026-10-24T12:00Z", ["10-25T02:30", "10-26T02:30"]),
        ("*:0/20", "2026-03-29T00:30Z", ["03-29T01:40", "03-29T03:00"]),
        ("hourly", "2026-10-25T00:10Z", ["10-25T03:00", "10-25T04:00"]),
        ("Mon *-*-1..7", "2026-01-01T00:00Z", ["01-05T00:00", "02-02T00:00"]),
        ("*-02~03", "2026-01-01T00:00Z", ["02-26T00:00", "02-26T00:00"]),
        ("08:05:40/5", "2026-01-01T00:00Z", ["01-01T08:05", "01-01T08:05"]),
    ],
)
def test_next_times_are_those_of_systemd(event: str, after: str, times: list[str]) -> None:
    begin = datetime.fromisoformat(after)
    found = islice(moments_after(read_calendar(event)[0], ZoneInfo(PLACE.zone), "systemd", begin), 2)
    assert [f"{at.astimezone(ZoneInfo(PLACE.zone)):%m-%dT%H:%M}" for at in found] == times


@pytest.mark.parametrize(
    "event",
    ["", "x", "25:00", "*-*-0", "*-13-01", "Fri..Mon", "Mon Tue 1:00", "1:2:3:4", "*-1~31", "1:00/0", "*-*"],
)
def test_what_is_no_event_is_refused(event: str) -> None:
    with pytest.raises(FieldError):
        read_calendar(event if event != "*-*" else "*-*-*-*")


def test_days_from_the_end_have_no_cron() -> None:
    with pytest.raises(CannotSayError, match="end of the month"):
        written(read_calendar("*-02~03")[0])


def test_zones_and_spans() -> None:
    assert read_calendar("daily UTC")[1] == "UTC"
    assert read_calendar("*-*-* 02:30 Asia/Tokyo")[1] == "Asia/Tokyo"
    assert [systemd_seconds(text) for text in ("90", "15min", "1h 30min", "1d", "500ms")] == [
        90, 900, 5400, 86400, 0.5,
    ]  # fmt: skip
    for text in ("", "x", "5 parsecs", "1h x"):
        with pytest.raises(ValueError, match="not a time span"):
            systemd_seconds(text)


def lines(timer: str, service: str, *drops: str, name: str = "backup") -> tuple[Line, ...]:
    units = read_unit(f"{name}.timer", [f"[Timer]\n{timer}"]), read_unit(f"{name}.service", [service, *drops])
    return import_timer(Timer(*units), PLACE).lines


SERVICE = """[Unit]
Description=Nightly backup
[Service]
Type=oneshot
Environment="A=1 2" B=3
WorkingDirectory=/srv
ExecStart=/opt/backup --to "$HOME/x y" ${B} $A \\
  --more %i 100%%
TimeoutStartSec=1h
MemoryMax=1G
"""


def test_a_service_becomes_a_task() -> None:
    (line,) = lines("OnCalendar=03:00\nPersistent=true\nRandomizedDelaySec=60\n", SERVICE, name="backup@main")
    job = line.job
    assert job is not None
    assert (job.name, job.cwd, job.timeout, job.overlap) == ("backup_main", "/srv", 3600, "skip")
    assert job.command == '/opt/backup --to "${HOME}"\'/x y\' "${B}" $A --more main 100%'
    assert (job.env["A"], job.env["B"], job.description) == ("1 2", "3", "Nightly backup")
    assert line.there == line.here != ()
    said = " ".join(line.warnings)
    assert all(word in said for word in ("Persistent", "60 s", "MemoryMax"))


def test_triggers_that_belong_together_are_one_dag() -> None:
    found = lines("OnCalendar=03:00\nOnCalendar=Mon 04:00\nOnBootSec=5min\n", SERVICE)
    assert [line.text for line in found] == ["OnCalendar=03:00", "OnCalendar=Mon 04:00", "OnBootSec=5min"]
    assert found[0].job == found[1].job
    assert found[0].job is not None
    assert [cron.cron for cron in found[0].job.crons] == ["0 3 * * *", "0 4 * * mon"]
    assert found[2].job is None
    assert "boot" in found[2].warnings[0]
    text = dag_file([import_timer(timer("OnCalendar=03:00\nOnCalendar=Mon 04:00\n"), PLACE)], "timers")
    assert text.count("with DAG(") == 1
    assert 'at("0 3 * * *", "0 4 * * mon")' in text


def test_triggers_of_different_forms_are_written_alike() -> None:
    found = lines("OnCalendar=03:00:30\nOnCalendar=Mon *-*-1..7\nOnCalendar=daily UTC\n", SERVICE)
    assert found[0].job is not None
    crons = found[0].job.crons
    assert [cron.cron for cron in crons] == ["30 0 3 * * *", "0 0 0 1-7 * mon"]
    assert {(cron.seconds, cron.days) for cron in crons} == {("first", "both")}
    assert found[2].job is None
    assert "time zone" in found[2].warnings[0]


def timer(text: str) -> Timer:
    return Timer(read_unit("b.timer", [f"[Timer]\n{text}"]), read_unit("b.service", [SERVICE]))


def test_an_interval_is_an_interval() -> None:
    (line,) = lines("OnUnitActiveSec=1h 30min\n", SERVICE)
    assert line.job is not None
    assert line.job.crons[0].every == 5400
    text = dag_file([import_timer(timer("OnUnitActiveSec=15min\n"), PLACE)], "timers")
    assert "schedule=timedelta(seconds=900)" in text
    assert "MultipleCron" not in text


def test_settings_repeat_and_drop_ins_win() -> None:
    unit = read_unit("b.timer", ["[Timer]\nOnCalendar=daily\n", "[Timer]\nOnCalendar=\nOnCalendar=hourly\n"])
    assert [each.value for each in unit.all("Timer", "OnCalendar")] == ["hourly"]
    found = lines("OnCalendar=daily\n", SERVICE, "[Service]\nExecStart=\nExecStart=-/opt/other\nUser=www\n")
    job = found[0].job
    assert job is not None
    assert job.command.startswith("sudo -n -u www env ")
    assert "cd /srv || exit\n/opt/other || true" in job.command
    assert job.owner == "www"


@pytest.mark.parametrize(
    ("value", "command", "prefix"),
    [
        ("/bin/a b 'c d'", "/bin/a b 'c d'", ""),
        ("-/bin/a", "/bin/a", "-"),
        ("@/bin/sh name -c 'x; y'", "/bin/sh -c 'x; y'", "@"),
        ("/bin/a * ; b $$X", "/bin/a '*' ; b '$'X", ""),
        ('/bin/sh -c "echo ${A} && ls"', "/bin/sh -c 'echo '\"${A}\"' && ls'", ""),
    ],
)
def test_command_lines_are_not_read_by_a_shell(value: str, command: str, prefix: str) -> None:
    assert shell_command(value) == (command, prefix)


@pytest.mark.parametrize(
    ("timer_text", "service", "says"),
    [
        ("OnCalendar=daily\n", "[Service]\nType=oneshot\n", "no ExecStart"),
        ("OnCalendar=Fri..Mon\nOnCalendar=daily\n", SERVICE, "backwards"),
        ("AccuracySec=1s\n", SERVICE, "no OnCalendar"),
        ("OnCalendar=2020-01-01\n", SERVICE, "never"),
        ("OnCalendar=daily\n", '[Service]\nExecStart=/a "b\n', "quotes"),
    ],
)
def test_what_cannot_be_kept_says_why(timer_text: str, service: str, says: str) -> None:
    line = lines(timer_text, service)[0]
    assert line.job is None
    assert says in line.warnings[0]


def test_a_broken_unit_names_its_line() -> None:
    with pytest.raises(UnitError, match=r"b\.timer: line 2: 'nonsense' is not a setting"):
        read_unit("b.timer", ["[Timer]\nnonsense\n"])
    with pytest.raises(UnitError, match=r"line 1: .* before any"):
        read_unit("b.timer", ["OnCalendar=daily\n"])


@pytest.mark.parametrize("trigger", ["OnCalendar=sometimes", "OnUnitActiveSec=soon", "OnCalendar=25:00"])
def test_a_timer_that_cannot_be_read_is_refused(trigger: str) -> None:
    with pytest.raises(UnitError, match=f"line 2: {trigger}"):
        lines(f"{trigger}\n", SERVICE)
