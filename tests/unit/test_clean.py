"""Nothing that was not written by us reaches a terminal as an order."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.terminal_text import clean, visible

ARABIC_AND_SYRIAC_MARKS = {0x6DD, 0x70F, 0x8E2, 0x110BD, 0x110CD, *range(0x600, 0x606), 0x890, 0x891}
"""Format characters that draw themselves."""

SEQUENCES = [
    "\x1b[31m",
    "\x1b[?1049h",
    "\x1b[2J\x1b[H",
    "\x1b[38;2;1;2;3m",
    "\x1b[6 q",
    "\x1b]0;owned\x07",
    "\x1b]52;c;ZXZpbA==\x1b\\",
    "\x1b]8;;http://example.org\x1b\\",
    '\x1bP$q"p\x1b\\',
    "\x1b_Gpayload\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bXstring\x1b\\",
    "\x1bPtmux;\x1b\x1b]0;title\x07\x1b\\",
    "\x1b(B",
    "\x1bc",
    "\x1b7",
    "\x9b31m",
    "\x9d0;owned\x9c",
    "\x90q\x9c",
]


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_whole_sequence_disappears(sequence: str) -> None:
    assert clean(f"before{sequence}after") == "beforeafter"


@pytest.mark.parametrize("sequence", ["\x1b]0;never ended", "\x1b[31;", "\x1bPabc", "\x9dabc", "\x1b"])
def test_an_unfinished_sequence_ends_with_its_line(sequence: str) -> None:
    assert clean(f"before{sequence}\nnext") == "before\nnext"


def test_progress_keeps_its_last_state() -> None:
    assert clean("10 %\r50 %\r100 %\r\ndone") == "100 %\ndone"
    assert clean("\x1b[2K10 %\r\x1b[2K20 %") == "20 %"


def test_controls_become_visible() -> None:
    assert clean("bell\x07 nul\x00 del\x7f tab\t.") == "bell␇ nul␀ del␡ tab\t."


def test_text_that_would_reorder_or_hide_is_marked() -> None:
    assert clean("a\u202eb\u200bc\ufeffd\x85e") == "a\ufffdb\ufffdc\ufffdd\ufffde"


def test_the_letters_of_the_world_stay() -> None:
    text = "grüß 数据 データ ✓ 🚀 e\u0301 \u00a0\ue0b0"
    assert clean(text) == text


def test_every_control_and_format_character_of_unicode_is_covered() -> None:
    left = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and code not in ARABIC_AND_SYRIAC_MARKS
        and code not in {0x09, 0x0A}
        and chr(code) in clean(f"a{chr(code)}b")
    ]
    assert left == []


hostile = st.text(
    alphabet=st.one_of(
        st.sampled_from("\x1b[]P_^X\\;?0123mHJ\x07\r\n\t\x9b\x9d\x9c\x18 ab"),
        st.characters(),
        st.characters(categories=["Cs"]),
    ),
    max_size=60,
)


@given(hostile)
@example("\x1b]0;\x1b]0;\x1b\x1b\x1b[")
def test_whatever_comes_the_answer_is_harmless_and_final(text: str) -> None:
    answer = clean(text)
    assert clean(answer) == answer
    assert answer.count("\n") == text.count("\n")
    assert not any(ord(char) < 0x20 and char not in "\t\n" for char in answer)
    assert not any(0x7F <= ord(char) < 0xA0 for char in answer)
    answer.encode()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_printable_text_is_untouched(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain: größer, 数, 👩", "plain: größer, 数, 👩"),
        ("\x1b]0;x\x07 \x1b[2J", r"\x1b]0;x\x07 \x1b[2J"),
        ("one\ntwo\r\n\tthree", r"one\ntwo\r\n\tthree"),
        ("\x7f\x9b1m\u2028\u202e\udcff", r"\x7f\x9b1m\u2028\u202e\udcff"),
    ],
)
def test_what_draws_nothing_is_made_visible_on_one_line(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_whatever_is_made_visible_is_printable(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)
