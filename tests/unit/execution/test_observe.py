"""What the records of an attempt directory become: outcomes, moments, pushed values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penstock import process
from penstock.attempts import files
from penstock.bounds import LONGEST_SECONDS
from penstock.execution.executor import Absent, Accepted, Claimed, Exited, Lost, Unreachable
from penstock.execution.local.directory import Facts, Stage
from penstock.execution.local.observe import observation, outcome_of, read_xcoms
from penstock.model.outcome import AssetChange, Outcome, OutcomeKind

PLAIN: dict[str, Any] = {
    "exit_code": 3, "signal": 9, "sent_by": "pid 7", "reason": "why", "duration": 1.5, "cpu_seconds": 0.5,
    "peak_rss": 11, "read_bytes": 12, "write_bytes": 13, "log_bytes": 14, "log_dropped": 15, "survivors": 16,
    "killed_after": 2.5,
}  # fmt: skip
VERDICT: dict[str, Any] = {
    "kind": "fail_without_retry", "retry_delay": 4, "next_poke_at": 5.0, "trigger": "T(x)", "resume_by": 6,
    "skips": ["a", "b"], "assets": [
        {"name": "n", "uri": "u", "extra": {"k": 1}, "aliases": ["x", 2],
         "partition_keys": ["us", 3, "", "eu"]}
    ],
    "mapped_length": 7, "rendered_map_index": "eu",
}  # fmt: skip
CHANGE = AssetChange(name="n", uri="u", extra={"k": 1}, aliases=("x", "2"), partition_keys=("us", "eu"))
ALWAYS = {
    **PLAIN, "retry_delay": 4.0, "skips": ("a", "b"), "assets": (CHANGE,), "mapped_length": 7,
    "rendered_map_index": "eu", "xcoms": {"k": 1},
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {
    "exit_code": {"fail_without_retry": True},
    "rescheduled": {"next_poke_at": 5.0},
    "deferred": {"trigger": "T(x)", "resume_by": 6.0},
}


@pytest.mark.parametrize("kind", [each.value for each in OutcomeKind])
def test_every_field_of_a_result_is_taken_over_where_it_means_something(kind: str) -> None:
    found = outcome_of({"kind": kind, "verdict": VERDICT, **PLAIN}, {"k": 1})
    expected = Outcome(kind=OutcomeKind(kind), **ALWAYS, **OWN.get(kind, {}))
    assert msgspec.to_builtins(found) == msgspec.to_builtins(expected)
    assert outcome_of({"kind": kind}) == Outcome(kind=OutcomeKind(kind))


@pytest.mark.parametrize(
    ("name", "value", "becomes"),
    [
        ("retry_delay", 0, 0.0),
        ("retry_delay", LONGEST_SECONDS, LONGEST_SECONDS),
        ("retry_delay", LONGEST_SECONDS * 1.01, None),
        ("retry_delay", -0.1, None),
        ("retry_delay", True, None),
        ("retry_delay", "5", None),
        ("mapped_length", 0, 0),
        ("mapped_length", (1 << 31) - 1, (1 << 31) - 1),
        ("mapped_length", 1 << 31, None),
        ("mapped_length", -1, None),
        ("mapped_length", 2.0, None),
        ("rendered_map_index", 3, None),
        ("rendered_map_index", "", ""),
        ("skips", None, ()),
        ("assets", {"name": "n"}, ()),
        ("assets", "no list", ()),
        ("assets", [{"name": "n", "uri": "u", "extra": {}}, None, VERDICT["assets"][0]], (CHANGE,)),
        (
            "assets",
            [{"name": "n", "uri": "u", "extra": {}, "aliases": [], "partition_keys": "us"}],
            (AssetChange(name="n", uri="u"),),
        ),
        ("assets", [{"name": "n", "uri": 1, "extra": {}, "aliases": []}], ()),
    ],
)
def test_what_a_task_may_have_said_wrongly_is_left_out(name: str, value: Any, becomes: Any) -> None:
    found = outcome_of({"kind": "exit_code", "verdict": {name: value}})
    assert found == msgspec.structs.replace(Outcome(kind=OutcomeKind.EXIT_CODE), **{name: becomes})
    assert type(getattr(found, name)) is type(becomes)


CHILD = {"pid": 12, "at": 7, "note": "its time is up", "kill_at": 9.5}
BOOT = process.boot_id()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(Stage.ABSENT), Absent()),
        (Facts(Stage.ACCEPTED), Accepted()),
        (Facts(Stage.CLAIMED, child=CHILD), Claimed(12, 7.0, "its time is up", 9.5)),
        (Facts(Stage.CLAIMED), Claimed(None, None, None, None)),
        (
            Facts(Stage.CLAIMED, child={"pid": "12", "at": "7", "note": 3, "kill_at": None}),
            Claimed(None, None),
        ),
        (
            Facts(Stage.REVOKED),
            Exited(
                Outcome(kind=OutcomeKind.REVOKED, reason="revoked before a supervisor claimed it"), None, None
            ),
        ),
        (
            Facts(Stage.UNSTARTED),
            Exited(
                Outcome(kind=OutcomeKind.REVOKED, reason="its supervisor ended before the start"), None, None
            ),
        ),
        (Facts(Stage.LOST, reason="its result cannot be read"), Lost("its result cannot be read")),
        (
            Facts(Stage.LOST, claim={"boot_id": "another", "pid": 3}),
            Lost("the machine restarted while it ran"),
        ),
        (
            Facts(Stage.LOST, claim={"boot_id": BOOT, "pid": 3}),
            Lost("its supervisor (process 3) died while it ran"),
        ),
        (Facts(Stage.LOST, claim={"pid": 3}), Lost("its supervisor (process 3) died while it ran")),
        (Facts(Stage.LOST), Lost("its supervisor (process unknown) died while it ran")),
        (
            Facts(
                Stage.ENDED, result={"kind": "exit_code", "start": 1, "end": 2, "steady": 3, "boot_id": "b"}
            ),
            Exited(Outcome(kind=OutcomeKind.EXIT_CODE), 1.0, 2.0, ("b", 3.0)),
        ),
        (
            Facts(Stage.ENDED, result={"kind": "exit_code", "start": "1", "steady": 3, "boot_id": 4}),
            Exited(Outcome(kind=OutcomeKind.EXIT_CODE), None, None, None),
        ),
        (
            Facts(Stage.ENDED, result={"kind": "exit_code", "end": 0, "boot_id": "b"}),
            Exited(Outcome(kind=OutcomeKind.EXIT_CODE), None, 0.0, None),
        ),
        (Facts(Stage.ENDED, result={}), Lost("its result is invalid: KeyError('kind')")),
        (
            Facts(Stage.ENDED, result={"kind": "new"}),
            Lost("""its result is invalid: ValueError("'new' is not a valid OutcomeKind")"""),
        ),
    ],
)
def test_every_stage_has_its_answer(facts: Facts, expected: object, tmp_path: Path) -> None:
    assert observation(str(tmp_path), facts) == expected


def test_what_cannot_be_read_now_is_unreachable(tmp_path: Path) -> None:
    assert isinstance(observation(str(tmp_path), Facts(Stage.UNREADABLE, reason="EIO")), Unreachable)


def test_pushed_values_travel_with_their_attempt(tmp_path: Path) -> None:
    (tmp_path / "xcom").write_bytes(files.dump_fields({"values": {"k": 1}}))
    result = {"kind": "exit_code", "xcom_bytes": 5, "pushed": True, "last_line": "x"}
    seen = observation(str(tmp_path), Facts(Stage.ENDED, result=result))
    assert isinstance(seen, Exited)
    assert seen.outcome.xcoms == {"k": 1, "return_value": "x"}


@pytest.mark.parametrize(
    ("record", "result", "expected"),
    [
        ({"values": {"k": 1}}, {"xcom_bytes": 9}, {"k": 1}),
        ({"values": {"k": 1, "p": 2}, "covered": {"p": "***"}}, {"xcom_bytes": 9}, {"k": 1, "p": "***"}),
        ({"values": {"k": 1}}, {"xcom_bytes": files.MAX_XCOM_BYTES}, {"k": 1}),
        ({"values": {"k": 1}}, {"xcom_bytes": files.MAX_XCOM_BYTES + 1}, None),
        ({"values": {"k": 1}}, {"xcom_bytes": files.MAX_XCOM_BYTES + 1, "pushed": True}, None),
        ({"values": {"k": 1}}, {}, None),
        ({"values": {"k": 1}}, {"pushed": True, "last_line": "end"}, {"return_value": "end"}),
        ({"values": {"k": 1}}, {"pushed": True}, {"return_value": None}),
        ({"values": {}}, {"xcom_bytes": 9}, None),
        ({"values": [1]}, {"xcom_bytes": 9}, None),
        ({"values": {"k": 1}, "covered": 3}, {"xcom_bytes": 9, "pushed": True}, None),
        ({}, {"xcom_bytes": 9}, None),
        (None, {"xcom_bytes": 9}, None),
    ],
)
def test_pushed_values_as_people_may_see_them(
    tmp_path: Path, record: dict[str, Any] | None, result: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    if record is not None:
        (tmp_path / "xcom").write_bytes(files.dump_fields(record))
    assert read_xcoms(str(tmp_path), result) == expected


def test_a_record_is_one_line_with_its_version(tmp_path: Path) -> None:
    assert files.dump_fields({"a": "é", "b": [1, 2]}) == b'{"v":1,"a":"\\u00e9","b":[1,2]}\n'
    assert files.load(b'{"v": 1, "a": 2}') == {"a": 2}
    for bad, said in (
        (b"[1]", "record is not an object"),
        (b'{"a": 2}', "record has version None, this program reads 1"),
        (b'{"v": 2}', "record has version 2, this program reads 1"),
    ):
        with pytest.raises(ValueError, match=said):
            files.load(bad)
    whole = json.dumps({"v": 1, "a": "x" * (files.MAX_RECORD_BYTES - 17)}).encode()
    assert len(whole) == files.MAX_RECORD_BYTES
    assert set(files.load(whole)) == {"a"}
    with pytest.raises(ValueError, match="record of 1048577 bytes is larger than 1048576"):
        files.load(whole + b" ")
    (tmp_path / "spec").write_bytes(whole + b"\n" + b'{"v": 1, "pid": 3}\n')
    assert len(files.read_order(f"{tmp_path}/spec")["a"]) == files.MAX_RECORD_BYTES - 17
    assert files.read_report(f"{tmp_path}/spec") == {"pid": 3}
    (tmp_path / "spec").write_bytes(b'{"v": 1, "a": 1}\n\n')
    assert files.read_report(f"{tmp_path}/spec") == {}
    (tmp_path / "result").write_bytes(b'half a re\n{"v": 1, "kind": "x"}\n \n')
    assert files.read_result(f"{tmp_path}/result") == {"kind": "x"}


def test_sizes_that_other_versions_and_people_count_on() -> None:
    names = ("MAX_RECORD_BYTES", "MAX_XCOM_BYTES", "HARD_XCOM_BYTES", "MAX_HIDE_BYTES")
    assert [getattr(files, name) for name in names] == [1_048_576, 65_536, 16_777_216, 131_072]
    assert (files.VERSION, files.SPEAKS) == (1, 3)


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    with pytest.raises(OSError, match="name"):
        files.write_whole(tmp_path, "name", b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["name"]
    files.write_whole(str(tmp_path), "other", b"x", durable=True)
    assert (tmp_path / "other").read_bytes() == b"x"
    assert (tmp_path / "other").stat().st_mode & 0o777 == 0o600
