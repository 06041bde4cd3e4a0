"""The base class of notifiers: callbacks whose messages are templates."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.authoring.checked import Checked
from penstock.authoring.checks import shown
from penstock.authoring.place import refuse
from penstock.task_process.templates import Renderer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context

DEFAULT_TEXT = (
    "{{ dag.dag_id }} {{ run_id }}{% if ti.state %}: {{ ti.task_id }} is {{ ti.state }}{% else %} is "
    "{{ dag_run.state }}{% endif %}{% if reason %}: {{ reason }}{% endif %}"
)
"""The default message of a notifier."""


class Notifier(Checked):
    """A callback that notifies somebody. Subclasses set ``template_fields`` and write `notify`.

    It is called with the context of the event. Templates in the fields are rendered first, and
    nothing from one call is kept for the next.
    """

    template_fields: Sequence[str] = ()

    def notify(self, context: Context) -> None:
        """Send it; raise whatever went wrong."""
        raise NotImplementedError(f"{type(self).__name__} has no notify()")

    def __call__(self, context: Context) -> None:
        """Render the fields for the event, and call `notify`."""
        rendered = object.__new__(type(self))
        rendered.__dict__.update(self.__dict__)
        renderer = Renderer(context["task"], context, files=False)
        for name in self.template_fields:
            object.__setattr__(rendered, name, renderer.render(getattr(self, name)))
        rendered.notify(context)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


BaseNotifier = Notifier
"""The same, under the name of old files."""


def message_text(value: Any, name: str) -> str:
    """Return a string; None is refused."""
    if not isinstance(value, str):
        refuse(f"{name} must be a string, not {shown(value)}")
    return value


def address_list(value: Any, name: str) -> str | list[str] | None:
    """Return addresses as one string or a list of strings, still with templates.

    Raises `DagFileError` for anything else.
    """
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, list | tuple | set | frozenset) or not all(
        isinstance(one, str) for one in value
    ):
        refuse(f"{name} must be an e-mail address, or a list of them, not {shown(value)}")
    return list(value)


def addresses(value: Any, name: str) -> list[str]:
    """Return e-mail addresses, given as one string (separated by commas or semicolons) or a list.

    Raises ValueError for anything that is not an address.
    """
    given = value.replace(";", ",").split(",") if isinstance(value, str) else value or ()
    found = [str(one).strip() for one in given if str(one).strip()]
    for one in found:
        if "@" not in one or any(character in one for character in "\r\n"):
            raise ValueError(f"{name}: {one!r} is not an e-mail address")
    return found
