"""PythonSensor: a function decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from penstock.authoring.exceptions import PokeReturnValue
from penstock.authoring.place import refuse
from penstock.authoring.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs


class PythonSensor(Sensor):
    """Waits until *python_callable* returns something true; `PokeReturnValue` also carries a value."""

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Sequence[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: Mapping[str, Any] | None = None,
        task_id: str,
        **sensor: Unpack[SensorArgs],
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        if not callable(python_callable):
            refuse(f"python_callable must be something that can be called, not {python_callable!r}")
        self.python_callable = python_callable
        self.op_args = tuple(op_args or ())
        self.op_kwargs = dict(op_kwargs or {})
        self.templates_dict = None if templates_dict is None else dict(templates_dict)

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Call the function."""
        from penstock.task_process.call import call

        context["templates_dict"] = self.templates_dict
        answer = call(self.python_callable, self.op_args, self.op_kwargs, context)
        return answer if isinstance(answer, PokeReturnValue) else bool(answer)
