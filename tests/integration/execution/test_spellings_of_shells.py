"""How shells write a secret down."""

from __future__ import annotations

import subprocess

from penstock.supervisor.masking import Masker

PLAIN = "s3cr3t-t0ken"


LINES = "-----BEGIN KEY-----\nMIIEvQ+IBADAN/Bgk\nqhkiG 9w0BA\tQEF\n-----END KEY-----\n"


def shown(value: str, text: str | bytes) -> bytes:
    data = text if isinstance(text, bytes) else text.encode()
    masker = Masker([value])
    return masker.feed(data) + masker.end()


def bash(script: str, value: str) -> bytes:
    return subprocess.run(
        ["bash", "-c", script, "bash", value], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    ).stdout


def test_what_a_shell_writes() -> None:
    for script in ('printf %s "$1"', 'printf %q "$1"', 'x=$1; set -x; : "$x"'):
        written = bash(f"exec 2>&1; {script}", PLAIN)
        assert PLAIN.encode() not in shown(PLAIN, written)
    assert shown("a pass$word", bash('printf %q "$1"', "a pass$word")) == b"***"
    assert shown("it's a secret", bash('exec 2>&1; x=$1; set -x; : "$x"', "it's a secret")).count(b"***") == 1


def test_a_key_printed_flat_by_bash() -> None:
    covered = shown(LINES, bash("echo $1; for word in $1; do echo $word; done", LINES))
    assert b"MIIEvQ+IBADAN/Bgk" not in covered
