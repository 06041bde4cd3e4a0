"""Mapped tasks: ``.partial(...).expand(...)``. One task in the file, with as many instances as items.

While the file loads there is only the `MappedOperator`, with what all instances have in common. In
the process of an instance it becomes the operator itself, with that instance's arguments.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Mapping

from penstock.authoring import scope
from penstock.authoring.abstract_operator import (
    AbstractOperator,
    fill_from_default_args,
    in_our_words,
    own_arguments,
    refuse_missing,
)
from penstock.authoring.arguments import CHECKS, IGNORED, LATER
from penstock.authoring.checks import near
from penstock.authoring.expand_input import ExpandInput, Product, Rows, refuse_what_cannot_wait
from penstock.authoring.node import connect
from penstock.authoring.place import refuse
from penstock.authoring.placed import CHECKS as PLACED
from penstock.authoring.references import references
from penstock.authoring.signatures import check_call
from penstock.authoring.xcom_arg import XComArg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, NoReturn, Unpack

    from penstock.authoring.abstract_operator import Command
    from penstock.authoring.arguments import TaskArgs
    from penstock.authoring.context import Context

_PLACE = {"dag", "task_group", "default_args"}
_TASK = {"task_id", *_PLACE}


class MappedOperator(AbstractOperator):
    """A mapped task: each instance gets its own item of *given*.

    *kwargs* are the arguments that all instances share. Under ``@task`` the items are arguments of the
    function (*for_function*), otherwise of the operator.
    """

    def __init__(
        self,
        *,
        operator: type[AbstractOperator],
        kwargs: dict[str, Any],
        given: ExpandInput,
        for_function: bool,
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        facts = operator.shared_facts(kwargs)
        self.checks = {**AbstractOperator.checks, **{name: operator.checks[name] for name in facts}}
        super().__init__(task_id=task_id, **task)
        self.operator = operator
        self.kwargs = kwargs
        self.given: ExpandInput = given
        self.for_function = for_function
        self.template_fields = operator.template_fields
        self.template_ext = operator.template_ext
        self.operator_name = operator.__name__
        for name, value in facts.items():
            setattr(self, name, value)
        self._made: AbstractOperator | None = None
        if self.mapped_group is not None:
            refuse(
                f"task {self.task_id!r} is mapped inside the mapped group {self.mapped_group.group_id!r}: "
                "map one of them, not both"
            )
        refuse_what_cannot_wait(given.counted, self.trigger_rule, f"task {self.task_id!r}")

    @property
    def is_mapped(self) -> bool:
        """True: it has as many instances as there are items."""
        return True

    def launch(self) -> Literal["empty", "python"] | Command:
        """Return what carries out an instance: nothing for empty ones, otherwise this file in a process."""
        return self.operator.mapped_launch()

    def connect_references(self) -> None:
        """Add an edge from every task whose output an instance gets."""
        found = [*references(self.kwargs), *self.given.references()]
        for reference in found:
            for source in reference.sources:
                connect(source, self)

    def instance(self, context: Context) -> AbstractOperator:
        """Return the operator of the instance that *context* belongs to."""
        items = self.given.arguments(context, context["ti"].map_index)
        kwargs = {**self.kwargs, "task_id": self.task_id}
        if self.for_function:
            kwargs["op_kwargs"] = {**kwargs.get("op_kwargs", {}), **items}
            check_call(kwargs["python_callable"], kwargs.get("op_args", ()), kwargs["op_kwargs"])
        else:
            kwargs |= items
        with scope.closed():
            # Not by calling the class, which would make another task of the DAG.
            made: AbstractOperator = ABCMeta.__call__(self.operator, **kwargs)
        made.task_id = self.task_id
        made.dag, made.task_group, made.place = self.dag, self.task_group, self.place
        made.upstream_task_ids, made.downstream_task_ids = self.upstream_task_ids, self.downstream_task_ids
        for name in self.checks.keys() & vars(self).keys():  # what was set later wins
            setattr(made, name, vars(self)[name])
        self._made = made
        return made

    def set_by_author(self, name: str, value: Any) -> None:
        """Refuse attributes that instances would never see; otherwise as for any task."""
        if name in own_arguments(self.operator):
            refuse(f"task {self.task_id!r} is mapped: give {name} to partial() or expand()")
        super().set_by_author(name, value)

    def execute(self, context: Context) -> NoReturn:
        """Raise an error: only instances execute."""
        del context
        raise RuntimeError(f"task {self.task_id!r} is mapped: only its instances execute")

    def on_kill(self) -> None:
        """Let the instance clean up."""
        if self._made is not None:
            self._made.on_kill()


class OperatorPartial:
    """An operator with some of its arguments; ``.expand`` gives those that differ."""

    def __init__(self, operator: type[AbstractOperator], kwargs: dict[str, Any]) -> None:
        self.operator = operator
        self.kwargs = kwargs
        self.kwargs = kwargs = in_our_words(operator, kwargs)
        if "task_id" not in kwargs:
            refuse(f"{operator.__name__}.partial() needs task_id")
        _refuse_unknown(operator, "partial()", kwargs)

    def expand(self, **given: Any) -> MappedOperator:
        """Make a task with an instance for every combination of items."""
        given = in_our_words(self.operator, given)
        _refuse_unknown(self.operator, "expand()", given)
        self._refuse_common(given)
        return self._make(Product(given), given)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> MappedOperator:
        """Make a task with an instance for every dict of arguments."""
        del strict  # wrong names are found when the instance is made
        return self._make(Rows(kwargs), ())

    def _refuse_common(self, given: Mapping[str, Any]) -> None:
        for name in given:
            if name in self.kwargs:
                refuse(f"{name!r} was already given to partial()")
            if name in _TASK or (name in CHECKS and name not in own_arguments(self.operator)):
                refuse(f"{name!r} is the same for all instances: give it to partial(), not to expand()")

    def _make(self, given: ExpandInput, names: Any) -> MappedOperator:
        return make_mapped(self.operator, self.kwargs, given, names=names)

    def __repr__(self) -> str:
        return f"<{self.operator.__name__}.partial({self.kwargs.get('task_id')!r})>"


def make_mapped(
    operator: type[AbstractOperator],
    kwargs: Mapping[str, Any],
    given: ExpandInput,
    *,
    names: Any = (),
    name: str | None = None,
    for_function: bool = False,
) -> MappedOperator:
    """Make the mapped task; *names* are the arguments from the items, *name* the method that was called."""
    filled = {**dict.fromkeys(names), **kwargs}
    fill_from_default_args(operator, filled)
    if names:
        refuse_missing(operator, filled)
    common = {key: value for key, value in filled.items() if key in kwargs or key not in names}
    theirs = own_arguments(operator).keys() & set(PLACED)
    shared = {
        key: value for key, value in common.items() if (key in CHECKS and key not in theirs) or key in _TASK
    }
    later = {key: value for key, value in common.items() if key in IGNORED or key in LATER}
    own = {key: value for key, value in common.items() if key not in _TASK and key not in later}
    task = MappedOperator(
        operator=operator, kwargs=own, given=given, for_function=for_function, **shared, **later
    )
    if name is not None:
        task.operator_name = name
    return task


def mapped_function(
    operator: type[AbstractOperator],
    options: Mapping[str, Any],
    given: ExpandInput,
    *,
    name: str,
    bound: Mapping[str, Any],
) -> XComArg:
    """Make a mapped task from a function; *bound* are its arguments that all instances share."""
    kwargs = {**options, "op_kwargs": dict(bound)}
    return XComArg(make_mapped(operator, kwargs, given, name=name, for_function=True))


def _refuse_unknown(operator: type[AbstractOperator], what: str, given: Mapping[str, Any]) -> None:
    if operator.takes_anything:
        return
    own = own_arguments(operator)
    known = {*own, *CHECKS, *IGNORED, *LATER, *_TASK}
    for name in given:
        if name not in known:
            refuse(f"{operator.__name__}.{what} got an unexpected argument {name!r}{near(name, known)}")
