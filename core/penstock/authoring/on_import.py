"""Runs code on a module when, and only if, it is imported."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def when_imported(name: str, action: Callable[[], None]) -> None:
    """Call *action* once module *name* has been executed: now, or when it is imported."""
    if name in sys.modules:
        action()
    else:
        sys.meta_path.insert(0, _Watch(name, action))


def when_asked_for(name: str, action: Callable[[], None]) -> None:
    """Call *action* when somebody is about to import module *name*, before it is looked for; once."""
    sys.meta_path.insert(0, _BeforeIt(name, action))


class _BeforeIt:
    """Finds nothing itself: what *action* has added to the finders is asked next."""

    def __init__(self, name: str, action: Callable[[], None]) -> None:
        self._name = name
        self._action = action

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Act, and return what the finders find then."""
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        self._action()
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
        return None


class _Watch:
    """Finds one module as usual, once."""

    def __init__(self, name: str, action: Callable[[], None]) -> None:
        self._name = name
        self._action = action

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's spec, with our action after its loader."""
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _ThenAct(spec.loader, self._action)  # type: ignore[assignment]  # acts as one
        return spec


class _ThenAct:
    # Not a subclass of Loader: importing that imports tempfile, zipfile and more.
    def __init__(self, loader: Loader, action: Callable[[], None]) -> None:
        self._loader = loader
        self._action = action

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._action()
