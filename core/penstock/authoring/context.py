"""The type of a task's context: the keys that authors know, filled in the task's process."""

from __future__ import annotations

from collections.abc import Callable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Poking:
    """How long a sensor has waited: its first check in seconds since 1970, and the checks before this one."""

    def __init__(self, first_poke_at: float, pokes: int = 0) -> None:
        self.first_poke_at = first_poke_at
        self.pokes = pokes


class Context(dict):  # type: ignore[type-arg]  # dict[str, Any] would need typing
    """The keys that authors know, and as attributes what only our own operators use."""

    def __init__(
        self,
        keys: Mapping[str, Any],
        *,
        poking: Poking,
        socket: str | None = None,
        timezone: str = "UTC",
        max_map_length: int = 1024,
        keep_rendered: bool = False,
        resumes: str | None = None,
        reply: Mapping[str, Any] | None = None,
        render: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(keys)
        self.poking = poking
        self.socket = socket
        self.timezone = timezone
        self.max_map_length = max_map_length
        self.keep_rendered = keep_rendered
        self.resumes = resumes
        """The directory of the attempt that deferred, from which this one goes on."""
        self.reply = reply
        """What a person answered to the question of that attempt."""
        self.render: Callable[[Any], Any] = render or (lambda value: value)
        """Returns a value with its templates and references replaced by their values in this run."""
