from __future__ import annotations

import base64
import itertools
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.supervisor.masking import Masker


def masked(values: list[str], *pieces: bytes) -> bytes:
    masker = Masker(values)
    return b"".join(masker.feed(piece) for piece in pieces) + masker.end()


@pytest.mark.parametrize("cut", range(22))
def test_a_value_is_hidden_wherever_the_stream_is_cut(cut: int) -> None:
    text = b"the key hunter2hunter2 ends"
    assert masked(["hunter2hunter2"], text[:cut], text[cut:]) == b"the key *** ends"


def test_byte_by_byte() -> None:
    text = b"a secret-one and a secret-two, secret-one"
    pieces = [bytes((byte,)) for byte in text]
    assert masked(["secret-one", "secret-two"], *pieces) == b"a *** and a ***, ***"


def test_the_longest_value_wins_although_the_short_one_came_first() -> None:
    assert masked(["abcde", "abcdefgh"], b"xabcde", b"fghx") == b"x***x"
    assert masked(["abcde", "abcdefgh"], b"xabcde", b"fgX") == b"x***fgX"


def test_what_cannot_become_a_value_is_shown_at_once() -> None:
    masker = Masker(["secret"])
    assert masker.feed(b"progress 10%") == b"progress 10%"
    assert masker.feed(b" sec") == b" "
    assert masker.feed(b"ond") == b"second"


def test_short_values_are_left_alone() -> None:
    assert masked(["a", "abcd", ""], b"abcd a") == b"abcd a"
    assert not Masker(["abcd"]).active


def test_usual_encodings_are_hidden_too() -> None:
    value = 'p"ss wörd/1\n2'
    for form in (
        base64.b64encode(value.encode()),
        urllib.parse.quote(value, safe="").encode(),
        b'p\\"ss w\\u00f6rd/1\\n2',
        'p\\"ss wörd/1\\n2'.encode(),
    ):
        shown = masked([value], b"<" + form + b">").rstrip(b"=>")
        assert shown == b"<***", form


@given(
    st.lists(st.text("ab", min_size=5, max_size=8), min_size=1, max_size=3),
    st.text("ab", max_size=60),
    st.lists(st.integers(0, 60), max_size=6),
)
def test_cutting_makes_no_value_visible(values: list[str], text: str, cuts: list[int]) -> None:
    data = text.encode()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    shown = masked(values, *pieces)
    assert not any(value.encode() in shown for value in values)
    assert len(shown.replace(b"***", b"")) <= len(data)
    if not any(value in text for value in values):
        assert shown == data
