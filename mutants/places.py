"""Where code can be changed, and a sample of it."""

from __future__ import annotations

import difflib
import random
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_item import MutationSpec, WorkItem

from mutants.lines import read_lines

# Of cosmic-ray's changes those that could be a slip of ours. Every place gets the same chance,
# whatever number of changes fits it.
_COMPARISONS = (
    "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is",
    "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt",
)  # fmt: skip
_ARITHMETIC = (
    "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul", "BitOr_BitAnd", "BitAnd_BitOr",
)  # fmt: skip
OPERATORS = (
    *(f"core/ReplaceComparisonOperator_{pair}" for pair in _COMPARISONS),
    *(f"core/ReplaceBinaryOperator_{pair}" for pair in _ARITHMETIC),
    "core/ReplaceUnaryOperator_USub_UAdd",
    "core/ReplaceUnaryOperator_Delete_Not",
    "core/AddNot",
    "core/ReplaceTrueWithFalse",
    "core/ReplaceFalseWithTrue",
    "core/ReplaceAndWithOr",
    "core/ReplaceOrWithAnd",
    "core/ReplaceBreakWithContinue",
    "core/ReplaceContinueWithBreak",
    "core/ExceptionReplacer",
    "core/NumberReplacer",
    "core/RemoveDecorator",
    "core/ZeroIterationForLoop",
    "penstock/DropStatement",
    "penstock/ReturnNone",
    "penstock/IfTrue",
    "penstock/IfFalse",
    "penstock/NegateIn",
)

# They speak to type checkers and readers, or make the same answer quicker.
_SILENT_DECORATORS = {
    "overload", "override", "final", "abstractmethod", "runtime_checkable",
    "cache", "lru_cache", "cached_property",
}  # fmt: skip
_SILENT_OPTIONS = {"frozen", "slots", "kw_only", "weakref", "gc", "cache_hash", "maxsize", "repr"}


@dataclass(frozen=True)
class Change:
    """One change: the lines it takes away and those it puts there, stripped, and the function around it."""

    within: str
    was: str
    becomes: str


def candidates(tree: Path, sources: list[Path]) -> list[list[MutationSpec]]:
    """Everything that can be changed, one list for each place in the code, in their order."""
    places: dict[tuple[str, tuple[int, int]], list[MutationSpec]] = defaultdict(list)
    for source in sources:
        root = get_ast((tree / source).read_text())
        nodes = list(ast_nodes(root))
        silent = list(_silent(nodes))
        for name in OPERATORS:
            operator = plugins.get_operator(name)()
            spans = [span for node in nodes for span in operator.mutation_positions(node)]
            for occurrence, (start, end) in enumerate(spans):
                if not any(begin <= start and end <= stop for begin, stop in silent):
                    spec = MutationSpec(
                        module_path=source,
                        operator_name=name,
                        occurrence=occurrence,
                        start_pos=start,
                        end_pos=end,
                    )
                    places[source.as_posix(), start].append(spec)
    return list(places.values())


def sample(places: list[list[MutationSpec]], seed: int, size: int) -> list[WorkItem]:
    """Take ``size`` places at random, and one change for each; the same seed takes the same."""
    chance = random.Random(seed)  # noqa: S311 - nobody guesses it
    chosen = chance.sample(places, min(size, len(places)))
    return [WorkItem.single(uuid.uuid4().hex, chance.choice(specs)) for specs in chosen]


def change(tree: Path, spec: MutationSpec) -> Change:
    """Describe a change by what it does to the code, apart from where the code is."""
    before = (tree / spec.module_path).read_text()
    after = mutate_code(before, plugins.get_operator(spec.operator_name)(), spec.occurrence) or before
    was, becomes = [], []
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        if line.startswith("- "):
            was.append(line[2:].strip())
        elif line.startswith("+ "):
            becomes.append(line[2:].strip())
    return Change(read_lines(before).owner(spec.start_pos[0]), "\n".join(was), "\n".join(becomes))


def _silent(nodes: list[Any]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Parts of a file that are for readers and type checkers alone."""
    for node in nodes:
        if (hidden := _hidden(node)) is not None:
            yield hidden.start_pos, hidden.end_pos


def _hidden(node: Any) -> Any:
    if node.type == "annassign":
        return node.children[1]
    if node.type in {"tfpdef", "funcdef"}:
        sign = ":" if node.type == "tfpdef" else "->"
        signs = [at for at, child in enumerate(node.children[:-1]) if _value(child) == sign]
        return node.children[signs[0] + 1] if signs else None
    silent = (
        node.type == "assert_stmt"
        or (node.type == "if_stmt" and node.children[1].get_code().strip() == "TYPE_CHECKING")
        or (node.type == "decorator" and _last_word(node) in _SILENT_DECORATORS)
        or (node.type == "argument" and _value(node.children[0]) in _SILENT_OPTIONS)
        or (_value(node) in {"*", "/"} and node.parent.type in {"parameters", "lambdef"})
    )
    return node if silent else None


def _last_word(decorator: Any) -> str:
    return str(decorator.get_code()).strip().lstrip("@").partition("(")[0].rpartition(".")[2].strip()


def _value(node: Any) -> str:
    return str(getattr(node, "value", ""))
