"""Searches of a log that avoid the pattern where they can: they find and count what it would."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock_tui.view import log_patterns
from penstock_tui.view.log_kinds import row
from penstock_tui.view.log_lines import LineFinder, begun, finder, with_returns
from penstock_tui.view.log_patterns import ERROR, ERRORS, Wanted, wanted
from penstock_tui.view.log_pieces import PIECE, shown
from penstock_tui.view.log_search import scan, stretch
from penstock_tui.view.log_words import Words, least, needed

WORDS = [
    b"ERROR", b"exit ", b"exit code 3", b"Error", b"ValueError: x", b"x" * 30, b"\n", b" ", b"PANICS",
    b"Traceback (most recent call last)", b"panic: ", b"an error: ", b"terror", b'"level": "error"',
    b"level=fatal", b'"level":50', b'"level":500',
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=30), st.integers(0, 40))
@settings(max_examples=300)
@example([b"x" * 30, b"\n", b"ERROR"], 0)
def test_the_quick_look_for_errors_finds_what_the_pattern_finds(words: list[bytes], begin: int) -> None:
    data = b"".join(words)
    for pos in (0, begin, begin // 2):  # backwards too
        quick, slow = ERRORS.search(data, pos), ERROR.search(data, pos)
        assert (quick and quick.span()) == (slow and slow.span())


PARTS = [b"fx", b"FX", b"Fx", b"rate", b" ", b"\n", b"\n", b"\r", b"a" * 9, "É".encode(), b"1", b"22"]
LOOKED_FOR = [
    "fx",
    "Fx",
    "é",
    "~fx\\d",
    "~^fx",
    "~rate$",
    "~fx|rate",
    "~f.+1",
    "~[0-9]+",
    "~a{3}1",
    "~(?:fx|1)rate",
    "~(fx|22)",
    "~(fx|1)$",
    "~[1-9]$",
    "~^$",
    "~\\d+$",
    "~[^0-9]$",
    "~^[0-9].*1$",
    "~\\bfx",
    "~.{4,}",
    "~^\\s",
    "~[a-f]\\d",
    "~\\d+ ?",
    "~r[ab]te ",
    "~[^0-9]\\d{2,}",
    "~a{2}1+",
]


@given(st.lists(st.sampled_from(PARTS), max_size=40), st.sampled_from(LOOKED_FOR), st.data())
@settings(max_examples=400)
def test_quick_searches_find_and_count_what_the_plain_pattern_does(
    parts: list[bytes], text: str, data: st.DataObject
) -> None:
    log = b"".join(parts)
    what = wanted(text)
    assert isinstance(what, Wanted)
    source = with_returns(text[1:]) if text.startswith("~") else re.escape(text)
    flags = re.MULTILINE if any(char.isupper() for char in text) else re.MULTILINE | re.IGNORECASE
    slow = re.compile(source.encode(), flags)
    first = data.draw(st.integers(0, len(log)))
    last = data.draw(st.integers(first, len(log)))
    for piece in (8, PIECE):
        offset, limit = stretch(first, last, piece)
        part = log[offset : offset + limit]
        plain = scan(part, offset, first, last, slow, piece=piece)
        assert scan(part, offset, first, last, what.in_bytes, piece=piece) == plain
        counted = scan(part, offset, first, last, what.in_bytes, count=True, piece=piece)
        assert (counted.more, counted.offsets) == (len(plain.offsets), ())


SHOWN_PARTS = [b"fx", b"Fx", b"rate", b" ", b"\n", b"\n", b"\r", b"\r\n", b"a" * 5, b"1", b"22", b"-"]
SHOWN_BY = [
    "~^fx", "~fx$", "~^fx$", "~[0-9]$", "~\\d+$", "~\\d\\d?$", "~[0-9]{2,}$", "~[a-f]{2}1$", "~(fx|22)$",
    "~fx|1$", "~[^0-9]$", "~\\S$", "~\\s$", "~ +$", "~.$", "~$", "~^", "~^$", "~^.", "~^[0-9].*[0-9]$",
    "~^\\s+fx", "~^(?:fx|1)", "~^fx|rate", "~\\bfx\\b", "~\\b[a-f]\\d", "~.{4}", "~.{4,}1", "~.+1", "~Fx$",
    "~f.*1$", "~^[^1]*$", "~\\$", "~[$^]", "~(^fx|1$)", "~fx(?=1)1$", "~^(?!fx).*1$", "~a{,2}1$", "~\\b\\w$",
]  # fmt: skip


@given(st.lists(st.sampled_from(SHOWN_PARTS), max_size=30), st.sampled_from(SHOWN_BY))
@settings(max_examples=300)
def test_a_pattern_finds_and_counts_the_lines_that_match_as_they_are_shown(
    parts: list[bytes], text: str
) -> None:
    log = b"".join(parts)
    what = wanted(text)
    assert isinstance(what, Wanted)
    expected, at = [], 0
    for line in filter(None, re.split(rb"(?<=\n)", log)):
        if what.in_text.search(shown(line, 0, len(line)).decode()):
            expected.append(at)
        at += len(line)
    assert list(scan(log, 0, 0, len(log), what.in_bytes).offsets) == expected
    assert scan(log, 0, 0, len(log), what.in_bytes, count=True).more == len(expected)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("[0-9]$", LineFinder(r"\n(?<=[0-9]\n)", after=True, exact=True)),
        (r"\d+$", LineFinder(r"\n(?<=\d\n)", after=True, exact=True)),
        (r"ab{2}[^0-9]$", LineFinder(r"\n(?<=[^\n]{4}\n)(?<=ab{2}[^0-9]\n)", after=True, exact=True)),
        (r"a\d+$", None),
        ("^ab", LineFinder(r"\n(?=ab)", exact=True, begins=True)),
        (r"^\s+at", LineFinder(r"\n(?=\s+at)", begins=True)),
        (".{80}", LineFinder(r"\n(?=.{80})")),
        (".+x", None),
        ("^a|b", None),
        ("(^a|b)", None),
        (r"a\$", None),
        ("[a$]", None),
        ("(?i)a$", None),
        (r"(a)\1$", None),
    ],
)
def test_lines_are_found_by_how_they_begin_or_end(source: str, found: LineFinder | None) -> None:
    assert finder(source) == found


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("ab", "ab"),
        (r"\d+ ms", r"\d\d* ms"),
        (r"\d+? ms", r"\d\d*? ms"),
        (r"[A-Z]{8}\b", r"[A-Z][A-Z]{7}\b"),
        (r"x{2,}y", "xx{1,}y"),
        (r"x{2,5}?y", "xx{1,4}?y"),
        (r"\b[A-Z]{8}\b", r"[A-Z](?<=\b[A-Z])[A-Z]{7}\b"),
        (r"\bfx|rate", r"f(?<=\bf)x|rate"),
        (r"a?b", "a?b"),
        (r"a*b", "a*b"),
        (r"a{,3}b", "a{,3}b"),
        (r"a{0}b", "a{0}b"),
        (r"\x41+", r"\x41+"),
        (r"(ab)+", "(ab)+"),
        (r"\b", r"\b"),
        (r"\b\bx", r"\b\bx"),
        (r"^\d+", r"^\d+"),
        (r"(?i)a+", r"(?i)a+"),
    ],
)
def test_a_pattern_begins_with_one_character(source: str, same: str) -> None:
    assert begun(source) == same
    for text in ("xxaaab AAAAAAAAB 12 ms fx afx", "abab", "", "ABCDEFGH x"):
        assert [each.span() for each in re.finditer(same, text)] == [
            each.span() for each in re.finditer(source, text)
        ]


def test_a_line_is_searched_as_it_is_shown() -> None:
    assert with_returns(r"^a\$[$^]$") == r"(?:^|(?<=\r))a\$[$^](?=\r*$)"
    assert with_returns("(?#$)a$") == "(?#$)a$"


def test_a_block_is_prepared_once_however_many_hits_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    class Counted(log_patterns._Words):
        def __init__(
            self, data: bytes, needs: Sequence[Sequence[bytes]], *, fold: bool, digits: bool
        ) -> None:
            made.append(data)
            super().__init__(data, needs, fold=fold, digits=digits)

    monkeypatch.setattr(log_patterns, "_Words", Counted)
    log = b"a needle here\n" * 500
    for text in ("needle", "~need.e", "~here|nothing"):
        what = wanted(text)
        assert isinstance(what, Wanted)
        made.clear()
        assert len(scan(log, 0, 0, len(log), what.in_bytes).offsets) == 500
        assert made == [log]


def words_of(source: str) -> Words:
    """Return the best list of words: that whose shortest is long, and that has few."""
    return max(needed(source), key=lambda words: (least(words), -len(words)), default=())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("needle", ("needle",)),
        ("need.e", ("need",)),
        (r"\d+ rows", (" rows",)),
        ("ab*c", ("a",)),
        ("ab+c", ("ab",)),
        ("ab{0,3}cde", ("cde",)),
        ("[ab]x]y", ("x]y",)),
        (r"[\]a]xy", ("xy",)),
        ("a(bc)?d", ("a",)),
        ("(abc)", ("abc",)),
        ("(error|warn) \\d+", ("error", "warn")),
        ("(?:5xx|HTTP) [45]", ("5xx", "HTTP")),
        ("(?P<what>rows) of", ("rows",)),
        ("(a|bc)def", ("def",)),
        ("(error|)x", ("x",)),
        ("(error|.)", ()),
        ("((err)|(warn))", ("err", "warn")),
        ("(?=ahead)x", ("x",)),
        ("(?!no)(?<=be)yes", ("yes",)),
        ("(?#said)word", ("word",)),
        ("ab{2}c", ("abbc",)),
        ("ab{2,3}c", ("abb",)),
        ("ab{0}cd", ("cd",)),
        ("a{b}", ("a{b}",)),
        (r"a\x41bc", ()),
        (r"[\\]ab", ("ab",)),
        ("err|warn", ("err", "warn")),
        ("err|.", ()),
        ("(?i)abc", ()),
        (r"a\.b", ("a.b",)),
        (r"\bfoo\b", ("foo",)),
        (".*", ()),
    ],
)
def test_words_that_every_match_holds(source: str, words: tuple[str, ...]) -> None:
    assert words_of(source) == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (r"\d{9}", [("0" * 9,)]),
        (r"\d\d:\d\d", [("00:00",)]),
        (r"[45]\d\d ", [("000 ",)]),
        (r"took \d+ms", [("took 0",), ("0ms",)]),
        (r"[0-9]{2,}x", [("00",), ("0x",)]),
        (r"[0-9a-f]7", [("0",)]),
        (r"id=4711|id=\d", [("id=0000", "id=0")]),
        (r"\d*", []),
        (r"\d?5", [("0",)]),
    ],
)
def test_words_in_which_digits_are_not_told_apart(source: str, words: list[tuple[str, ...]]) -> None:
    assert needed(source, digits=True) == words


def test_every_run_of_plain_characters_is_needed() -> None:
    assert needed("INFO .*zzz") == [("INFO ",), ("zzz",)]
    assert needed("a(b|c)d|e") == [("a", "e")]
    assert needed("(one|two) of (three|four)") == [("one", "two"), (" of ",), ("three", "four")]


DENSE = [b"INFO read batch 0012345 of orders", b"ERROR refused", b"info READ 17", b"", b"took 977 ms", b"a1"]


@given(
    st.lists(st.sampled_from(DENSE), min_size=90, max_size=200),
    st.sampled_from(
        [
            "info",
            "INFO",
            "~info .*17",
            "~[a-f]\\d",
            "~\\d{7}",
            "~[0-9]$",
            "~^$",
            "~(refused|17)",
            "~\\d+ ms",
            "~[a-z]\\d",
            "~\\d",
            "~took [0-9]",
        ]
    ),
)
@settings(max_examples=150, deadline=None)
def test_hits_on_nearly_every_line_are_counted_as_others_are(log: list[bytes], text: str) -> None:
    data = b"\n".join(log) + b"\n"
    what = wanted(text)
    assert isinstance(what, Wanted)
    found = scan(data, 0, 0, len(data), what.in_bytes)
    here = [line for line in log if what.in_text.search(line.decode())]
    assert len(found.offsets) == len(here)
    assert scan(data, 0, 0, len(data), what.in_bytes, count=True).more == len(here)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (r"[a-f]\d", [0, 1]),
        (r"\d+ ms", [0, 1, 2, 3]),
        (r"\d{3,}:\d\d", [0, 0, 0, 1, 0, 0]),
        (r"x*[ab]+", [0]),
        ("aba{2}", [0, 1, 0, 0]),
        (r"\.[^.]?", [0]),
        ("é-", [0, 1, 2]),
        ("[^0-9]", [0]),
        (r"a\d+b", None),  # what is repeated stands inside
        (r"\d++1", None),
        (r"[ab]a", None),  # kinds that overlap
        (r"\w\d", None),
        ("é+", None),
        ("^a", None),
        ("a$", None),
        (r"\ba", None),
        ("a|b", None),
        ("(ab)", None),
        (r"\n", None),
        ("a*", None),
        ("a" * 65, None),
    ],
)
def test_a_row_of_kinds_is_written_as_a_word(source: str, word: list[int] | None) -> None:
    found = row(source)
    assert (found and [each - min(found.word) for each in found.word]) == word


def test_lines_with_a_row_of_kinds_are_counted_once() -> None:
    found = row(r"\d+ ms")
    assert found is not None
    text = b"12 ms and 3 ms\n\x00 ms\n4 ms\n\n5 m\ns\n6 ms"
    assert found.count(text, 0, len(text)) == 3
    assert found.count(text, 1, len(text) - 1) == 2
    assert found.count(text, 0, 0) == 0
