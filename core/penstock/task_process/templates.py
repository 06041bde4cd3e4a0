"""Jinja templates in a task's fields: sandboxed, and an undefined name is an error.

Jinja is imported only when a field has template markers: most tasks have none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from penstock.authoring.exceptions import TemplateLimitError
from penstock.authoring.operator import Operator
from penstock.authoring.references import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import jinja2

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.context import Context
    from penstock.authoring.node import Graph

_MARKERS = ("{{", "{%", "{#")


def has_markers(value: Any) -> bool:
    """Whether *value*, or a string inside it, has template markers."""
    if isinstance(value, str):
        return any(marker in value for marker in _MARKERS)
    if isinstance(value, Mapping):
        return any(has_markers(key) or has_markers(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return any(has_markers(item) for item in value)
    return False


def as_template(text: str, dag: Graph | None) -> str:
    """Return *text*, which has no markers, as Jinja does: without its last newline, unless *dag* keeps it."""
    kept = dag is not None and dag.jinja_environment_kwargs.get("keep_trailing_newline")
    return text if kept else text.removesuffix("\n")


def render_fields(task: AbstractOperator, context: Context) -> dict[str, Any]:
    """Replace templates and references in the template fields of *task*; return the fields.

    Raises `TemplateLimitError` for a template that takes too much, and whatever a template raises.
    """
    renderer = Renderer(task, context)
    if getattr(type(task), "prepare_template", Operator.prepare_template) is not Operator.prepare_template:
        for name in task.template_fields:
            object.__setattr__(task, name, renderer.with_files(getattr(task, name, None)))
        task.prepare_template()  # type: ignore[attr-defined]  # it has one of its own
    for name in task.template_fields:
        value = getattr(task, name, None)
        if value is None:
            continue
        try:
            # Unchecked: a rendered value can be of any type.
            object.__setattr__(task, name, renderer.render(value))
        except TemplateLimitError as error:
            raise TemplateLimitError(f"the template of {name} takes too much: {error}") from None
        except Exception as error:
            error.add_note(f"while rendering {name} of task {task.task_id!r}")
            raise
    return {name: getattr(task, name, None) for name in task.template_fields}


class Renderer:
    """Renders values for one task in one context."""

    def __init__(self, task: AbstractOperator, context: Context, *, files: bool = True) -> None:
        self._files = files
        """Whether a string may name a file to render."""
        self.task = task
        self.context = context
        self._jinja: jinja2.Environment | None = None

    def render(self, value: Any) -> Any:
        """Return *value* with everything in it rendered; lists, tuples, sets and mappings keep their type."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Reference):
            return value.resolve(self.context)
        if isinstance(value, tuple):
            items = [self.render(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, list):
            return [self.render(item) for item in value]
        if isinstance(value, set | frozenset):
            return type(value)(self.render(item) for item in value)
        if isinstance(value, dict):
            return {self.render(key): self.render(item) for key, item in value.items()}
        return value

    def with_files(self, value: Any) -> Any:
        """Return *value* with the text of the files that it, or the strings in a list, name; not rendered."""
        if isinstance(value, list):
            return [self.with_files(item) if isinstance(item, str) else item for item in value]
        if not isinstance(value, str) or not value.endswith(tuple(self.task.template_ext) or ("\0",)):
            return value
        loader = self.environment.loader
        assert loader is not None
        return loader.get_source(self.environment, value)[0]

    def text(self, text: str) -> Any:
        """Return *text* rendered; with native objects the result need not be a string."""
        if self._files and self.task.template_ext and text.endswith(tuple(self.task.template_ext)):
            return self._rendered(self.environment.get_template(text))
        if not has_markers(text):
            return as_template(text, self.task.dag)
        return self._rendered(self.environment.from_string(text))

    def _rendered(self, template: jinja2.Template) -> Any:
        from penstock.task_process.template_limits import watched

        with watched():
            return template.render(self.context)

    @property
    def environment(self) -> jinja2.Environment:
        """The Jinja environment, made at first use."""
        if self._jinja is None:
            self._jinja = self._make()
        return self._jinja

    def _make(self) -> jinja2.Environment:
        import jinja2

        from penstock.task_process import macros
        from penstock.task_process.template_sandbox import Native, Sandbox

        dag = self.task.dag
        native = self.task.render_template_as_native_obj
        if native is None:
            native = dag.render_template_as_native_obj if dag else False
        options: dict[str, Any] = {
            "undefined": (dag.template_undefined if dag else None) or jinja2.StrictUndefined,
            "loader": jinja2.FileSystemLoader(self._searchpath()),
            "cache_size": 0,
            **(dag.jinja_environment_kwargs if dag else {}),
        }
        environment: jinja2.Environment = Native(**options) if native else Sandbox(**options)
        environment.filters.update(macros.FILTERS)
        if dag:
            environment.filters.update(dag.user_defined_filters)
            environment.globals.update(dag.user_defined_macros)
        return environment

    def _searchpath(self) -> Sequence[str]:
        dag = self.task.dag
        folder = os.path.dirname(dag.place.file) if dag and dag.place.file else os.curdir  # noqa: PTH120
        more = dag.template_searchpath if dag else ()
        return [folder, *(os.path.join(folder, path) for path in more)]  # noqa: PTH118
