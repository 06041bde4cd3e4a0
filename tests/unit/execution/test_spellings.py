"""The ways in which programs write a secret down."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import urllib.parse

import pytest

from penstock.supervisor.masking import Masker

HARD = "p\"a's$ w`ö\\rd&1/2+3<4>"


PLAIN = "s3cr3t-t0ken"


LINES = "-----BEGIN KEY-----\nMIIEvQ+IBADAN/Bgk\nqhkiG 9w0BA\tQEF\n-----END KEY-----\n"


def shown(value: str, text: str | bytes) -> bytes:
    data = text if isinstance(text, bytes) else text.encode()
    masker = Masker([value])
    return masker.feed(data) + masker.end()


@pytest.mark.parametrize("value", [HARD, PLAIN, "short", "pass word", "a%20b&c=d"])
@pytest.mark.parametrize(
    "write",
    [
        str,
        repr,
        ascii,
        lambda value: repr(value.encode()),
        json.dumps,
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: urllib.parse.quote(value, safe=""),
        urllib.parse.quote,
        urllib.parse.quote_plus,
        lambda value: re.sub("%..", lambda code: code[0].lower(), urllib.parse.quote(value, safe="")),
        lambda value: urllib.parse.urlencode({"key": value}),
        shlex.quote,
        lambda value: shlex.quote(value).replace("'\"'\"'", "'\\''"),
        html.escape,
    ],
)
def test_what_libraries_write(value: str, write: object) -> None:
    assert callable(write)
    written = write(value)
    covered = shown(value, f"<{written}>").decode()
    assert "***" in covered, (written, covered)
    assert len(covered) <= len("<key=b''***>") + 2, (written, covered)


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("value", [PLAIN, HARD, LINES])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_wherever_the_value_stands_in_it(value: str, before: int, after: str, encode: object) -> None:
    assert callable(encode)
    coded = encode(f"{'u' * before}{value}{after}".encode())
    rest = shown(value, b"Basic " + coded).replace(b"***", b"").removeprefix(b"Basic ").rstrip(b"=")
    # Only digits that share bits with neighbours are left.
    assert len(rest) <= 4 + (before + len(after)) * 8 // 6, (coded, rest)


@pytest.mark.parametrize(
    "flat",
    [
        LINES,
        LINES.replace("\n", "\r\n"),
        LINES.replace("\n", " "),
        " ".join(LINES.split()),
        LINES.replace("\n", ""),
        LINES.replace("\n", "\\n"),
        LINES.replace("\n", "\\\\n"),
        json.dumps(LINES),
        repr(LINES),
        urllib.parse.quote_plus(LINES),
        "\n".join(f"  | {line}" for line in LINES.splitlines()),
        "".join(f"{number}: {line}\n" for number, line in enumerate(LINES.splitlines())),
    ],
)
def test_several_lines_printed_together_or_one_by_one(flat: str) -> None:
    covered = shown(LINES, flat).decode()
    assert "***" in covered
    for part in LINES.split():
        assert len(part) < 5 or part not in covered, covered


def test_a_password_inside_its_url() -> None:
    url = f"postgresql://etl:{urllib.parse.quote(HARD, safe='')}@db:5432/dw"
    assert shown(HARD, url) == b"postgresql://etl:***@db:5432/dw"


def test_overlapping_values_leave_no_rest() -> None:
    masker = Masker(["abcdef", "defghi"])
    assert masker.feed(b"<abcdefghi>") + masker.end() == b"<***>"


def test_values_that_come_later_hide_what_was_held_back() -> None:
    masker = Masker(["secret-one"])
    assert masker.feed(b"x secret-") == b"x "
    masker.add(["secret-two"])
    assert masker.feed(b"two secret-one\n") == b"*** ***\n"


def test_a_copy_has_a_stream_of_its_own() -> None:
    first = Masker(["secret-one"])
    second = first.copy()
    second.add(["another"])
    assert first.feed(b"secret-") == b""
    assert second.feed(b"another secret-one\n") == b"*** ***\n"
    assert first.feed(b"one another\n") == b"*** another\n"


def test_a_line_that_ends_is_shown_at_once() -> None:
    masker = Masker([LINES, "secret\nvalue"])
    assert masker.feed(b"an innocent line\n") == b"an innocent line\n"
    assert masker.feed(b"a secret\n") == b"a "
    assert masker.feed(b"value\n") == b"***\n"
