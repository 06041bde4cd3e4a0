"""The run that changes code on purpose: how it finds lines again, and what it leaves out.

How it changes code needs cosmic-ray, which `make mutants` installs for itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants.equivalent import read_equivalents, reason
from mutants.lines import read_lines
from mutants.reach import Reach, choose
from mutants.rooms import BLIND, ROOMS, blind_tests, sources

ROOT = Path(__file__).resolve().parents[2]

CODE = """
LIMIT = 3
class A:
    size: int = 4
    def f(self, x):
        if x > (
            LIMIT
        ):
            return g(x)
        return 0
"""


def test_a_line_is_known_by_its_function_and_its_text() -> None:
    lines = read_lines(CODE)
    assert lines.key(9) == "A.f\treturn g(x)"
    assert lines.key(2) == "\tLIMIT = 3"
    assert (lines.first(7), lines.owner(7)) == (6, "A.f")
    assert [lines.defined(each) for each in (2, 4, 9)] == ["LIMIT", "size", ""]


def reach_of(**lines: list[str]) -> Reach:
    reach = Reach()
    for test, keys in lines.items():
        reach.add(f"tests/unit/test_mutants.py::{test}", 1.0, keys)
    return reach


def test_tests_are_found_again_after_the_code_has_moved() -> None:
    reach = reach_of(a=["A.f\treturn g(x)"], b=["A.f\treturn 0"])
    moved = read_lines("import os\n\n" + CODE)
    assert [test[-1] for test in reach.reaching(moved, 11)] == ["a"]


def test_a_line_that_nothing_reached_has_the_tests_of_its_function() -> None:
    reach = reach_of(a=["A.f\treturn g(x)"], b=["A.f\treturn 0"], c=["A.g\treturn 0"])
    changed = read_lines(CODE.replace("return 0", "return -1"))
    assert [test[-1] for test in reach.reaching(changed, 10)] == ["a", "b"]


def test_a_constant_has_the_tests_of_whoever_names_it() -> None:
    reach = reach_of(a=["A.f\tif x > LIMIT:"], b=["A.f\tif x > LIMITS:"])
    assert [test[-1] for test in reach.reaching(read_lines(CODE), 2)] == ["a"]


def test_what_runs_at_import_has_the_tests_of_its_file() -> None:
    reach = reach_of(a=["A.f\treturn g(x)"], b=["B.f\treturn 1"])
    assert [[test[-1] for test in reach.reaching(read_lines(CODE), line)] for line in (2, 4)] == [
        ["a"],
        ["a"],
    ]


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    reach = reach_of(a=["A.f\treturn 0"], b=["A.f\treturn 0", "x\ty"])
    reach.files["tests/unit/test_mutants.py"] = "digest"
    reach.write(tmp_path / "reach.json")
    assert Reach.read(tmp_path / "reach.json") == reach


def test_tests_are_taken_while_there_is_time_for_them() -> None:
    source = Path("mutants/lines.py")
    owner = "read_lines\tlines = Lines(code.splitlines())"
    reach = Reach()
    for name, seconds in (("slow", 50.0), ("quick", 1.0), ("last", 60.0)):
        reach.add(f"tests/elsewhere/test_mutants.py::{name}", seconds, [owner])
    line = 1 + (ROOT / source).read_text().splitlines().index("    lines = Lines(code.splitlines())")
    chosen, more = choose(ROOT, reach, source, line, 60)
    assert chosen == ["tests/unit/test_mutants.py::quick", "tests/unit/test_mutants.py::slow"]
    assert more == 1


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_still_where_the_table_says(room: str) -> None:
    assert len(sources(ROOT, room)) > 15


def test_code_of_other_processes_has_tests_by_name() -> None:
    patterns = [pattern for patterns in BLIND for pattern in patterns]
    found = [path for room in ROOMS for path in sources(ROOT, room)]
    for path in found:
        blind = any(path.match(pattern) for pattern in patterns)
        assert bool(blind_tests(ROOT, path)) is blind


def test_what_is_said_to_change_nothing_is_still_in_the_code() -> None:
    code = "\n".join(
        "\n".join(line.strip() for line in (ROOT / path).read_text().splitlines())
        for room in ROOMS
        for path in sources(ROOT, room)
    )
    for entry in read_equivalents():
        assert entry["why"]
        assert all(line.strip() in code for line in entry["was"].strip().splitlines()), entry["was"]
        assert reason(entry["within"], f"  {entry['was']}", entry["becomes"]) == entry["why"]
        assert reason("elsewhere", entry["was"], entry["becomes"]) != entry["why"]


def test_our_own_changes_do_to_code_what_their_examples_say() -> None:
    operators = pytest.importorskip("mutants.operators", reason="cosmic-ray is not installed")
    from cosmic_ray.mutating import mutate_code

    for operator in operators.OPERATORS.values():
        for example in operator.examples():
            changed = mutate_code(example.pre_mutation_code, operator(), example.occurrence)
            assert changed == example.post_mutation_code


def test_nothing_is_changed_that_only_type_checkers_read(tmp_path: Path) -> None:
    operators = pytest.importorskip("mutants.operators", reason="cosmic-ray is not installed")
    from mutants.places import candidates

    operators.install()
    quiet = (
        "@cache\ndef f(x: int | None) -> int | str:\n    y: int | None\n    assert x > 3\n"
        "class B(Struct, frozen=True): ...\nif TYPE_CHECKING:\n    g(1)\n"
    )
    (tmp_path / "a.py").write_text(quiet)
    assert candidates(tmp_path, [Path("a.py")]) == []
    (tmp_path / "a.py").write_text("def f(x):\n    return x + 3\n")
    assert len(candidates(tmp_path, [Path("a.py")])) == 3


def test_a_seed_takes_the_same_places_again(tmp_path: Path) -> None:
    operators = pytest.importorskip("mutants.operators", reason="cosmic-ray is not installed")
    from mutants.places import candidates, sample

    operators.install()
    (tmp_path / "a.py").write_text("".join(f"x.y{at}({at})\n" for at in range(40)))
    places = candidates(tmp_path, [Path("a.py")])
    first, again, other = ([item.mutations for item in sample(places, seed, 12)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({spec.start_pos for (spec,) in first}) == 12
