"""Checks every template while the file loads, so that mistakes are reported before it is rendered.

Only sure mistakes are refused: syntax that Jinja cannot read, filters, tests and template files that do not
exist. A name that no run has is a warning: the template may never use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from penstock.authoring import scope
from penstock.authoring.checks import near, shown
from penstock.authoring.place import Place
from penstock.authoring.signatures import CONTEXT_KEYS
from penstock.errors import DagFileError
from penstock.notifiers.notifier import Notifier
from penstock.task_process.templates import Renderer, has_markers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import jinja2
    from jinja2 import nodes

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.dag import DAG

_RAW = "put text that is not a template between {% raw %} and {% endraw %}"
_CALLBACKS = ("execute", "success", "failure", "retry", "skipped")
_ALSO_KNOWN = CONTEXT_KEYS | {"exception", "reason", "deadline"}
_JINJAS_OWN = frozenset({"self", "loop", "caller", "varargs", "kwargs"})
_COMMENT_IN_BASH = re.compile(r"\$\{#")
_DOT_OF_GO = re.compile(r"\{\{-?\s*(\.|range|end|with|json\s+\.)")


class _Mistake(Exception):  # noqa: N818 - it becomes a DagFileError
    """What is wrong with a template; a change of *files* may fix it."""

    def __init__(self, text: str, files: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.files = files


def check_templates(dag: DAG) -> None:
    """Refuse the first template of *dag* that cannot work, at its task's line; warn about unknown names."""
    work = _Work(dag)
    for task in dag.task_dict.values():
        for name, value, files in _fields(task):
            work.look(task, name, value, task.template_ext if files else ())
        for event in _CALLBACKS:
            work.look_at_notifiers(task, f"on_{event}_callback", getattr(task, f"on_{event}_callback"))
    first = next(iter(dag.task_dict.values()), None)
    for name in ("on_success_callback", "on_failure_callback"):
        work.look_at_notifiers(first, name, getattr(dag, name))
    for one in dag.deadlines:
        work.look_at_notifiers(first, "deadline", one.callback)


def _fields(task: AbstractOperator) -> Iterator[tuple[str, Any, bool]]:
    """Yield the rendered fields of a task: name, value, and whether a string may name a file."""
    if task.map_index_template is not None:
        yield "map_index_template", task.map_index_template, True
    common: Mapping[str, Any] = getattr(task, "kwargs", {}) if task.is_mapped else vars(task)
    for name in task.template_fields:
        value = common.get(name) if task.is_mapped else getattr(task, name, None)
        if value is not None:
            yield name, value, True
    if task.given is not None:
        for name, value in task.given.parts().items():
            rows = isinstance(value, list)  # of expand_kwargs
            if rows or name in task.template_fields or getattr(task, "for_function", False):
                yield name, value, True


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield every string in *value* that is rendered."""
    if isinstance(value, str):
        yield value
    elif depth > 50:  # it contains itself, or almost
        return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key, depth + 1)
            yield from _texts(item, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(item, depth + 1)


class _Work:
    def __init__(self, dag: DAG) -> None:
        self._dag = dag
        self._environments: dict[bool | None, jinja2.Environment] = {}
        self._done: set[tuple[str, bool | None]] = set()
        """Strings already checked: a loop makes the same one many times."""

    def look(self, task: AbstractOperator, name: str, value: Any, endings: Any) -> None:
        """Look at all strings of one field."""
        ends = tuple(endings)
        for text in _texts(value):
            names_file = bool(ends) and text.endswith(ends)
            if not names_file and not has_markers(text):
                continue
            try:
                if names_file:
                    self._look_at_file(task, text, (), ends)
                else:
                    self._look_at_text(task, name, text)
            except _Mistake as mistake:
                if (
                    scope.current().dialect is not None
                ):  # Airflow finds it when the task runs, if it ever does
                    self._dag.warn(f"task {task.task_id!r}: {name}: {mistake}")
                    continue
                raise self._error(task, f"{name}: {mistake}", mistake.files) from None

    def look_at_notifiers(self, task: AbstractOperator | None, name: str, callbacks: Any) -> None:
        """Look at the templates of notifiers among *callbacks*; they are rendered for *task*."""
        for one in callbacks:
            if isinstance(one, Notifier) and task is not None:
                for field in one.template_fields:
                    self.look(task, f"{name}: {field} of {type(one).__name__}", getattr(one, field, None), ())

    def _error(self, task: AbstractOperator, text: str, files: tuple[str, ...]) -> DagFileError:
        place: Place = task.place
        error = DagFileError(f"task {task.task_id!r}: {text}", place.file, place.line)
        error.beside = files
        return error

    def _environment(self, task: AbstractOperator) -> jinja2.Environment:
        native = task.render_template_as_native_obj
        found = self._environments.get(native)
        if found is None:
            found = self._environments[native] = Renderer(task, {}).environment  # type: ignore[arg-type]  # nothing is rendered
        return found

    def _look_at_text(self, task: AbstractOperator, name: str, text: str) -> None:
        key = (text, task.render_template_as_native_obj)
        if key in self._done:
            return
        tree = self._parsed(self._environment(task), text, "")
        self._look_into(task, tree, "", ())
        self._warn_of_unknown_names(task, name, tree)
        self._done.add(key)

    def _look_at_file(
        self, task: AbstractOperator, name: str, within: tuple[str, ...], endings: tuple[str, ...]
    ) -> None:
        """Check a template file, and the files that it includes."""
        import jinja2

        environment = self._environment(task)
        folders = getattr(environment.loader, "searchpath", [])
        files = tuple(f"{folder}/{name}" for folder in folders)
        if len(name) > 1000 or "\n" in name:
            files = ()
        try:
            assert environment.loader is not None
            source, found, _ = environment.loader.get_source(environment, name)
        except jinja2.TemplateNotFound:
            raise _Mistake(_no_such_file(name, list(folders), endings), files) from None
        except (OSError, ValueError) as error:
            raise _Mistake(f"the template file {shown(name)} cannot be read: {error}", files) from None
        tree = self._parsed(environment, source, found or name)
        self._look_into(task, tree, found or name, (*within, name))

    def _parsed(self, environment: jinja2.Environment, text: str, file: str) -> nodes.Template:
        import jinja2

        files = (file,) if file else ()
        try:
            tree = environment.parse(text)
            if _COMMENT_IN_BASH.search(text):
                _refuse_swallowed(environment, text)
        except jinja2.TemplateSyntaxError as error:
            where = f"line {error.lineno} of {file}" if file else f"line {error.lineno} of the template"
            raise _Mistake(f"{where}: {error.message}{_remedy(text)}", files) from None
        except RecursionError:
            raise _Mistake("the template is nested too deeply", files) from None
        return tree

    def _look_into(
        self, task: AbstractOperator, tree: nodes.Template, file: str, within: tuple[str, ...]
    ) -> None:
        """Look at the names of filters and tests, and at other files, that a template asks for."""
        from jinja2 import nodes

        environment = self._environment(task)
        for node in tree.find_all((nodes.Filter, nodes.Test)):
            is_filter = isinstance(node, nodes.Filter)
            known: Mapping[str, Any] = environment.filters if is_filter else environment.tests
            if node.name not in known and not _is_guarded(tree, node):
                kind = "filter" if is_filter else "test"
                message = f"{kind} {node.name!r} does not exist{near(node.name, known)}"
                raise _Mistake(message, (file,) if file else ())
        for part in tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
            wanted = getattr(getattr(part, "template", None), "value", None)
            optional = getattr(part, "ignore_missing", False) or wanted in within
            if isinstance(wanted, str) and not optional:
                self._look_at_file(task, wanted, within, ())

    def _warn_of_unknown_names(self, task: AbstractOperator, name: str, tree: nodes.Template) -> None:
        import jinja2
        from jinja2 import nodes

        environment = self._environment(task)
        if environment.undefined is not jinja2.StrictUndefined:
            return
        names = list(tree.find_all(nodes.Name))
        asked = {node.name for node in names if node.ctx == "load"} - _ALSO_KNOWN - _JINJAS_OWN
        asked -= environment.globals.keys()
        dialect = scope.current().dialect
        asked -= dialect.names if dialect is not None else frozenset()
        if not asked:
            return
        made = {node.name for node in names if node.ctx != "load"}
        made |= {node.name for node in tree.find_all(nodes.Macro)}
        made |= {part.target for part in tree.find_all(nodes.Import)}
        for imported in tree.find_all(nodes.FromImport):
            made |= {each if isinstance(each, str) else each[1] for each in imported.names}
        doubting = [*tree.find_all((nodes.Test, nodes.If, nodes.CondExpr))]
        doubting += [part for part in tree.find_all(nodes.Filter) if part.name in ("default", "d")]
        tested = {inner.name for part in doubting for inner in part.find_all(nodes.Name)}
        for unknown in sorted(asked - made - tested):
            message = f"{name} uses {unknown!r}, which no run has{near(unknown, CONTEXT_KEYS)}"
            self._dag.warn(f"task {task.task_id!r}: {message}")


def _is_guarded(tree: nodes.Template, node: nodes.Node) -> bool:
    """Whether *node* is in a branch: Jinja then complains only when it gets there."""
    from jinja2 import nodes

    branches = tree.find_all((nodes.If, nodes.CondExpr))
    return any(inner is node for branch in branches for inner in branch.find_all(type(node)))


def _refuse_swallowed(environment: jinja2.Environment, text: str) -> None:
    """Refuse bash's ``${#x}``: Jinja silently treats the rest, up to some ``#}``, as a comment."""
    before = ""
    for line, kind, piece in environment.lex(text):
        if kind == "comment_begin" and before.endswith("$"):
            message = f"line {line} of the template: the part from ${{# to #}} is a comment"
            raise _Mistake(message + _remedy(text))
        before = piece


def _remedy(text: str) -> str:
    if _COMMENT_IN_BASH.search(text):
        return "; {# begins a comment of Jinja: for bash's ${#x} write {% raw %}${#x}{% endraw %}"
    if _DOT_OF_GO.search(text):
        return "; for text in braces such as {{.State}} write {% raw %}{{.State}}{% endraw %}"
    return f"; {_RAW}"


def _no_such_file(name: str, folders: list[str], endings: tuple[str, ...]) -> str:
    ending = next((one for one in endings if name.endswith(one)), None)
    where = " or ".join(folders[:3])
    what = f"ends in {ending}, so it names a template file" if ending else "is included"
    text = f"{shown(name)} {what}"
    text = f"{text}, but there is none in {where}"
    if ending in (".sh", ".bash"):
        text += "; to run it as a command put a space at its end"
    elif name.startswith("/"):
        text += "; names of template files start there, not at /"
    return text
