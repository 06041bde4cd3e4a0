"""Which failures are the same: by a table of lines, of what differs in them, and of what must not be lost."""

from __future__ import annotations

import pytest

from penstock.model.error_line import error_line
from penstock.model.fingerprint import DIGITS, LINE_MAX, fingerprint, normal_form
from penstock.model.outcome import Outcome, OutcomeKind

FORMS = {
    "ValueError: bad row 17 in /data/2026-01-05/part-00017.csv": "ValueError: bad row <n> in <path>",
    "2026-08-21 06:14:04,123 ERROR KeyError: 'rate_42'": "<time> ERROR KeyError: 'rate_<n>'",
    "2026-08-21T06:14:04Z boom": "<time> boom",
    "2026-08-21T06:14:04.5+02:00 boom": "<time> boom",
    "Aug 21 06:14:04 host app[123]: fault": "<time> host app[<n>]: fault",
    "Fri, 21 Aug 2026 06:14:04 GMT late": "<time> late",
    "21/Aug/2026:06:14:04 late": "<time> late",
    "20260821T061404Z is missing": "<time> is missing",
    "[06:14:04] boom": "[<time>] boom",
    "could not connect to server at 10.0.0.7:5432": "could not connect to server at <address>",
    "fe80::1ff:fe23:4567:890a refused": "<address> refused",
    "run 3fa85f64-5717-4562-b3fc-2c963f66afa6 is gone": "run <id> is gone",
    "order AB12CD34EF56GH78IJ90 failed": "order <id> failed",
    "<Rows object at 0x7fa32bcd> is empty": "<Rows object at <hex>> is empty",
    "commit deadbeef1 does not exist": "commit <hex> does not exist",
    "C:\\tmp\\a.txt is missing": "<path> is missing",
    "open ~/data/x.csv: denied": "open <path>: denied",
    "open ../in/x.csv: denied": "open <path>: denied",
    "file 'a/b/c.txt' has 1,234 rows": "file '<path>' has <n> rows",
    "s3://bucket/k/2026/01/x.parquet: 404": "<url> <n>",
    "502 for url: https://a.example/c?x=1": "<n> for url: <url>",
    "took 1.5s of -3e-4": "took <n>s of <n>",
    "shape (3, 4) is not (5, 6)": "shape (<n>, <n>) is not (<n>, <n>)",
    "  spaces\t and   tabs ": "spaces and tabs",
    "it ended and/or failed": "it ended and/or failed",
    "faded beef is a word": "faded beef is a word",
    "": "",
}


@pytest.mark.parametrize(("line", "form"), FORMS.items())
def test_a_line_without_what_differs(line: str, form: str) -> None:
    assert normal_form(line) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exit 1", "exit 137"),
        ("ERROR job 7 at 06:00: no rows for 2026-01-05", "ERROR job 12 at 18:30: no rows for 2026-02-28"),
        ("No such file: '/a/b.csv'", "No such file: '/some/where/else/c-1.csv'"),
        ("lock held by pid 4711 (0xdeadbeef)", "lock held by pid 1 (0x1)"),
        ("user 3fa85f64-5717-4562-b3fc-2c963f66afa6", "user 00000000-0000-4000-8000-000000000000"),
    ],
)
def test_the_same_fault_has_one_fingerprint(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other)
    assert len(fingerprint(one)) == DIGITS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KeyError: 'rate'", "KeyError: 'price'"),
        ("ValueError: bad row", "TypeError: bad row"),
        ("exit 1", "killed by SIGKILL (9)"),
        ("connection to a.example refused", "connection to b.example refused"),
        ("", "exit 1"),
    ],
)
def test_another_fault_has_another_one(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_what_is_beyond_the_kept_line_does_not_count() -> None:
    assert fingerprint("x" * LINE_MAX + "a") == fingerprint("x" * LINE_MAX + "b")
    assert fingerprint("\udcff broken") == fingerprint("\udcff broken")


EXIT = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1)


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (
            b"ERROR KeyError: 'fx'\n  File \"j.py\", line 8, in m\nERROR task failed: exit 1\n",
            "ERROR KeyError: 'fx'",
        ),
        (b"curl: (6) Could not resolve host: a.example\n", "curl: (6) Could not resolve host: a.example"),
        (b"cp: cannot stat 'x'\nmake: *** [Makefile:2: all] Error 1\n", "cp: cannot stat 'x'"),
        (
            b'Traceback (most recent call last):\n  File "x", line 1\n    raise Boom()\nBoom: disk is full\n',
            "Boom: disk is full",
        ),
        (b"fatal: exit status 2\n", "fatal: exit status 2"),
        (b"10%\r50%\rended badly\n", "ended badly"),
        (b"\x1b[31mFatal: no space\x1b[0m\nbye\n", "Fatal: no space"),
        (b"one\ntwo\n\n", "two"),
        (b"\xff\xfe broken\n", "\ufffd\ufffd broken"),
        (b"", "exit 1"),
        (b"\n\n", "exit 1"),
    ],
)
def test_the_log_says_why_a_command_failed(log: bytes, line: str) -> None:
    assert error_line(EXIT, log) == line


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, reason="ValueError: bad"), "ValueError: bad"),
        (
            Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, reason="process 7 (sh) cannot be killed: x"),
            "ERROR in the log",
        ),
        (
            Outcome(kind=OutcomeKind.SIGNAL, signal=9, reason="probably memory"),
            "killed by SIGKILL (9): probably memory",
        ),
        (Outcome(kind=OutcomeKind.TIMEOUT, reason="30 s have passed"), "out of time: 30 s have passed"),
        (Outcome(kind=OutcomeKind.LOST, reason="its supervisor vanished"), "lost: its supervisor vanished"),
        (None, "ERROR in the log"),
    ],
)
def test_what_the_task_or_its_end_says_counts_before_the_log(outcome: Outcome | None, line: str) -> None:
    assert error_line(outcome, b"ERROR in the log\n") == line


def test_a_line_is_one_line_and_not_endless() -> None:
    said = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, reason="a\nb\tc\x07" + "d" * 2000)
    line = error_line(said, b"")
    assert line.startswith("a b cd")
    assert len(line) == LINE_MAX
