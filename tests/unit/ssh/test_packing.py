"""Answers as changes of earlier ones, and the compressed stream around them."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import ProtocolError
from penstock.ssh.columns import from_columns, to_columns
from penstock.ssh.packing import Packer, Remembered, Unpacker

PARAMS = b'{"strip":24}'


def row(number: int, state: str = "success") -> dict[str, object]:
    runs = [{"run_id": f"scheduled__2026-01-{day:02}", "state": "success"} for day in range(1, 25)]
    return {"dag_id": f"dag_{number}", "state": state, "strip": runs, "active": 0}


def text(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sent(near: Remembered, far: Remembered, answer: bytes, method: str = "dags") -> int:
    """Send an answer from one side to the other; return how many bytes of it were new."""
    shorter = far.shorten(method, PARAMS, answer)
    if shorter is None:
        near.whole(method, PARAMS, answer)
        return len(answer)
    edit, fresh = shorter
    assert near.lengthen(method, PARAMS, edit, fresh) == answer
    return len(fresh) + len(text(edit))


def test_the_same_again_costs_a_few_bytes() -> None:
    near, far = Remembered(), Remembered()
    answer = text([row(number) for number in range(150)])
    assert sent(near, far, answer) == len(answer)
    assert sent(near, far, answer) < 20


def test_one_changed_row_of_many_costs_its_change() -> None:
    near, far = Remembered(), Remembered()
    rows = [row(number) for number in range(150)]
    sent(near, far, text(rows))
    rows[77]["state"] = "failed"
    assert sent(near, far, text(rows)) < 80


def test_a_strip_that_moved_on_by_one_costs_the_new_run() -> None:
    near, far = Remembered(), Remembered()
    rows = [row(number) for number in range(150)]
    sent(near, far, text(rows))
    strip = rows[5]["strip"]
    assert isinstance(strip, list)
    rows[5]["strip"] = [*strip[1:], {"run_id": "scheduled__2026-01-25", "state": "running"}]
    assert sent(near, far, text(rows)) < 300


def test_rows_that_come_go_and_change_places() -> None:
    near, far = Remembered(), Remembered()
    rows = [row(number) for number in range(40)]
    sent(near, far, text(rows))
    rows.insert(3, row(99))
    del rows[20]
    sent(near, far, text(rows))
    rows.sort(key=lambda each: str(each["dag_id"]), reverse=True)
    sent(near, far, text(rows))


def test_another_answer_altogether_is_sent_whole() -> None:
    near, far = Remembered(), Remembered()
    sent(near, far, text([1, 2, 3]))
    answer = text({"nothing": "like it", "at": "all"})
    assert far.shorten("dags", PARAMS, answer) is None


def test_what_is_not_asked_twice_is_not_remembered() -> None:
    far = Remembered()
    answer = text({"data": "eHh4"})
    assert far.shorten("read_log", PARAMS, answer) is None
    assert far.shorten("read_log", PARAMS, answer) is None


def test_only_the_last_few_questions_are_remembered() -> None:
    near, far = Remembered(), Remembered()
    for number in range(100):
        sent(near, far, text([number]), f"question_{number}")
    assert far.shorten("question_0", PARAMS, text([0])) is None
    assert far.shorten("question_99", PARAMS, text([99])) is not None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=6),
    max_leaves=30,
)


@given(st.lists(_JSON, min_size=1, max_size=6))
def test_any_answers_arrive_as_they_were(values: list[object]) -> None:
    near, far = Remembered(), Remembered()
    for value in values:
        sent(near, far, text(value))


@given(st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50), st.integers(-5, 50)), max_size=4))
def test_a_change_that_does_not_fit_is_refused(triples: list[tuple[int, int, int]]) -> None:
    near = Remembered()
    near.whole("dags", PARAMS, text([1, 2, 3]))
    edit = [number for triple in triples for number in triple]
    try:
        answer = near.lengthen("dags", PARAMS, edit, b"xx")
    except ProtocolError:
        return
    assert answer.count(b"x") >= 2


def test_a_change_of_an_unknown_answer_is_refused() -> None:
    with pytest.raises(ProtocolError, match="not known here"):
        Remembered().lengthen("dags", PARAMS, [0, 0, 1], b"")


def test_lines_arrive_however_the_bytes_are_cut() -> None:
    packer, unpacker = Packer(), Unpacker()
    lines = [text(row(number)) + b"\n" for number in range(30)]
    stream = b"".join(packer.pack(lines[first : first + 3]) for first in range(0, 30, 3))
    found: list[bytes] = []
    chance = random.Random(3)
    while stream:
        size = chance.randint(1, 400)
        found += unpacker.feed(stream[:size])
        stream = stream[size:]
    assert found == [line[:-1] for line in lines]


def test_every_packet_can_be_read_at_once() -> None:
    packer, unpacker = Packer(), Unpacker()
    for line in (b"{}\n", b'{"id":1}\n', b"{}\n"):
        assert unpacker.feed(packer.pack([line])) == [line[:-1]]


def test_damage_is_an_error_of_the_protocol() -> None:
    with pytest.raises(ProtocolError, match="cannot be unpacked"):
        Unpacker().feed(b"\xff\xff\xff\xff\xff")
    with pytest.raises(ProtocolError, match="cannot be unpacked"):
        Unpacker().feed(b"\x06\xff\xff\xff")
    with pytest.raises(ProtocolError, match="cannot be unpacked"):
        Unpacker().feed(b"\x07\xff\xff\xff")


# -- columns -----------------------------------------------------------------------------------------


@given(_JSON)
def test_any_answer_can_be_written_in_columns_and_read_again(value: object) -> None:
    result = msgspec.json.encode(value)
    columns = to_columns(result)
    assert columns is not None
    assert from_columns(columns) == result


def test_texts_with_times_come_back_as_they_were() -> None:
    times = [f"scheduled__2026-01-{day:02}T06:00:00+00:00" for day in range(1, 29)]
    odd = [
        *times,
        "manual__2026-01-03T06:00:00.000100+00:00",
        "x__2026-01-03T06:00:00.5+00:00",
        "none",
        "2026-02-30",
    ]
    for rows in (times, [each.replace("+00:00", "Z") for each in times], odd, odd[::-1], [*times, None]):
        columns = to_columns(text(rows))
        assert columns is not None
        assert from_columns(columns) == text(rows)
    short = to_columns(text(times))
    assert short is not None
    assert len(Packer().pack([short])) < 80


def test_lists_with_nulls_are_kept_like_those_without() -> None:
    rows: list[object] = [row(number) for number in range(40)]
    times: list[object] = [f"2026-01-{day:02}T06:00:00.000{day:03}Z" for day in range(1, 29)]
    for full in (rows, times):
        whole = to_columns(text(full))
        assert whole is not None
        for places in ([0], [3, 9], [0, 1, len(full) - 1], list(range(2, len(full)))):
            holed = [None if at in places else each for at, each in enumerate(full)]
            columns = to_columns(text(holed))
            assert columns is not None
            assert from_columns(columns) == text(holed)
        one = to_columns(text([*full[:5], None, *full[5:]]))
        assert one is not None
        assert len(one) < len(whole) + 20


def test_the_first_words_of_a_conversation_take_a_few_bytes() -> None:
    words = b'{"id":2,"method":"dags","params":{"strip":24}}\n{"id":3,"method":"status","params":{}}\n'
    assert len(Packer().pack([words])) < 25
    assert b"\n".join(Unpacker().feed(Packer().pack([words]))) + b"\n" == words


def test_what_would_not_come_back_as_it_was_is_left_alone() -> None:
    assert to_columns(b'{"spaces": 1}') is None
    assert to_columns(b"not json") is None


@pytest.mark.parametrize(
    "text", [b"[]", b"[1]", b"[2,[5],[0,[]]]", b'[1,["a"],[[0,[1]],[0,[2]]]]', b"nonsense"]
)
def test_columns_that_say_nothing_are_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError, match="in columns"):
        from_columns(text)


def test_a_long_list_is_a_fraction_of_its_size() -> None:
    answer = text([row(number) for number in range(150)])
    columns = to_columns(answer)
    assert columns is not None
    assert len(Packer().pack([columns])) < len(Packer().pack([answer])) < len(answer) / 20
