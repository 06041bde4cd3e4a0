"""`penstock system`: a line for each section, those that need a hand opened, all of it as one document."""

from __future__ import annotations

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.model.system.sections import SECTIONS


def test_each_section_is_a_line_and_what_needs_a_hand_is_opened(say: Say) -> None:
    answer = say("system")
    assert answer.code == 0
    lines = answer.out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert heads[0].startswith("ok    engine")
    assert len(heads) == len(SECTIONS)
    assert any("broken.py:14" in line and line.startswith("        ") for line in lines)
    assert not any("pid 4712" in line or "local 4712" in line for line in lines)


def test_a_named_section_is_opened_and_alone(say: Say) -> None:
    answer = say("system", "executors")
    assert [line.split()[0] for line in answer.out.splitlines()] == ["ok", "local", "local"]
    assert "4712" in answer.out


def test_all_opens_everything(say: Say) -> None:
    out = say("system", "--all").out
    assert "local 4712" in out
    assert "3 runs will be deleted" in out


def test_the_document_has_every_part_and_the_verdicts(say: Say) -> None:
    document = say("system", "--json").document
    assert [section["id"] for section in document["sections"]] == list(SECTIONS)
    assert {section["id"]: section["verdict"] for section in document["sections"]}["import_errors"] == "fail"
    assert document["engine"]["pid"] == 4711
    assert document["engine"]["ticks"]["p99"] == 0.0094
    assert document["disk"]["lasts"] > 0
    assert document["pools"][1] | {"waiting": 4, "slots": 1} == document["pools"][1]
    assert document["retention"]["due"] == {"hello": 3}


def test_a_section_that_does_not_exist_is_refused_with_those_that_do(say: Say) -> None:
    answer = say("system", "poolz")
    assert answer.code == 2
    assert "pools" in answer.err


def test_without_an_engine_it_shows_what_is_stored_and_says_so(say: Say, engine: FakeEngine) -> None:
    engine.read_only = True
    answer = say("system")
    assert answer.code == 3
    assert "does not run" in answer.out
