"""What arrives from the terminal, in whichever pieces, as messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from penstock_tui.typed import PAUSES, Typed


def said(messages: list[Message]) -> list[str]:
    return [
        f"paste:{each.text}" if isinstance(each, events.Paste) else each.key
        for each in messages
        if isinstance(each, events.Key | events.Paste)
    ]


def typed(*pieces: bytes) -> list[str]:
    reader = Typed()
    found: list[str] = []
    for piece in pieces:
        found += said(reader.take(piece))
    return found + said(reader.idle())


@pytest.mark.parametrize(
    ("pieces", "keys"),
    [
        ([b"ab"], ["a", "b"]),
        ([b"\x1b"], ["escape"]),
        ([b"\x1b[A"], ["up"]),
        ([b"\x1b", b"[A"], ["up"]),
        ([b"\xff", b"a"], ["\ufffd", "a"]),  # the first is a letter that is not UTF-8
        ([b"caf\xe9 x"], ["c", "a", "f", "\ufffd", "space", "x"]),
        ([b"\xc3", b"\xa9", b"a"], ["\u00e9", "a"]),
        ([b"\xe4\xb8"], []),
        ([b"\x1b[200~one\ntwo\x1b[201~j"], ["paste:one\ntwo", "j"]),
        ([b"\x1b[200~one\x1b", b"[201~j"], ["paste:one", "j"]),
        ([b"\x1b[200~one\x1b[20", b"1~j"], ["paste:one", "j"]),
        ([b"\x1b[2", b"00~one\x1b[201~j"], ["paste:one", "j"]),
        ([b"\x1b", b"[200~one\x1b[201~j"], ["paste:one", "j"]),
        ([b"\x1b[200~\x1b[201~j"], ["paste:", "j"]),
        ([b"\x1b[200~a\x00b\x1b[31m\x1b[201~"], ["paste:ab\x1b[31m"]),
        ([b"a\x1b[200~x\x1b[201~b\x1b[200~y\x1b[201~c"], ["a", "paste:x", "b", "paste:y", "c"]),
    ],
)
def test_pieces(pieces: list[bytes], keys: list[str]) -> None:
    found = typed(*pieces)
    assert [key for key in found if not key.startswith("U+")] or not keys
    assert [_name(key) for key in found] == [_name(key) for key in keys]


def _name(key: str) -> str:
    return {"replacement_character": "\ufffd", "latin_small_letter_e_with_acute": "\u00e9"}.get(key, key)


def test_a_pause_in_the_mark_that_ends_a_paste_changes_nothing() -> None:
    reader = Typed()
    assert said(reader.take(b"\x1b[200~one\x1b")) == []
    for _ in range(PAUSES - 1):
        assert reader.idle() == []
    assert said(reader.take(b"[201~j")) == ["paste:one", "j"]


def test_a_paste_whose_end_was_lost_ends_after_a_while_and_keys_are_keys_again() -> None:
    reader = Typed()
    assert said(reader.take(b"\x1b[200~one")) == []
    found: list[str] = []
    for _ in range(PAUSES):
        found += said(reader.idle())
    assert found == ["paste:one"]
    assert said(reader.take(b"j")) == ["j"]


def test_a_report_that_the_parser_fails_over_is_dropped() -> None:
    reader = Typed()
    reader.take(b"\x1b[48;24;80;0;0t")  # a terminal that says that it has no pixels
    reader.take(b"\x1b[<0;5;5M")
    assert said(reader.take(b"j")) == ["j"]


@given(st.lists(st.binary(max_size=12), max_size=12))
def test_whatever_came_before_a_key_is_a_key(pieces: list[bytes]) -> None:
    reader = Typed()
    for piece in pieces:
        reader.take(piece)
    for _ in range(2 * PAUSES):
        reader.idle()
    reader.take(b" ")  # ends a letter that was cut
    assert said(reader.take(b"j")) == ["j"]


@given(st.text(max_size=40), st.integers(0, 60), st.integers(0, 60))
def test_a_paste_is_whole_wherever_it_is_cut(text: str, first: int, second: int) -> None:
    plain = text.replace("\x1b", "").replace("\x00", "").encode("utf-8", "replace").decode()
    data = b"\x1b[200~" + plain.encode() + b"\x1b[201~j"
    one, two = sorted((first, second))
    assert typed(data[:one], data[one:two], data[two:]) == [f"paste:{plain}", "j"]
