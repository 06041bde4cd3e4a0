"""``@asset``: a function that makes an asset, as a DAG of one task."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from penstock.authoring.assets import Asset, AssetAlias, AssetRef
from penstock.authoring.dag import DAG
from penstock.authoring.place import refuse
from penstock.authoring.signatures import CONTEXT_KEYS, shape_of
from penstock.operators.decorators import TaskFactory
from penstock.operators.python import PythonOperator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context


class AssetTask(PythonOperator):
    """Calls a function under ``@asset``: other assets are given by argument name, ``self`` is its own."""

    def __init__(self, *, own: Any, named: Mapping[str, Any], task_id: str, **python: Any) -> None:
        super().__init__(task_id=task_id, **python)
        self.own = own
        self.named = dict(named)

    def call(self, context: Context) -> Any:
        """Call the function."""
        given: dict[str, Any] = {**self.named, **({"self": self.own} if self.own is not None else {})}
        shape = shape_of(self.python_callable)
        names = shape.names if shape else ()
        self.op_kwargs = {name: given[name] for name in names if name in given}
        if "context" in names:
            self.op_kwargs["context"] = context
        return super().call(context)


class AssetDefinition(Asset):
    """The asset that a function under ``@asset`` makes; its DAG has the same name."""

    def __init__(self, function: Callable[..., Any], dag: DAG, **asset: Any) -> None:
        super().__init__(**asset)
        self.function = function
        self.dag = dag


class MultiAssetDefinition:
    """Several assets that one function makes."""

    def __init__(self, function: Callable[..., Any], dag: DAG) -> None:
        self.function = function
        self.dag = dag
        self.name = dag.dag_id


class AssetDecorator:
    """``@asset(schedule=...)``, and ``@asset.multi(outlets=[...])`` for several at once."""

    def __call__(
        self,
        *,
        schedule: Any,
        name: str | None = None,
        uri: str | None = None,
        group: str = "asset",
        extra: Mapping[str, Any] | None = None,
        watchers: object = None,
        **dag: Any,
    ) -> Callable[[Callable[..., Any]], AssetDefinition]:
        """Make the function an asset with its name; other options are those of the DAG."""

        def define(function: Callable[..., Any]) -> AssetDefinition:
            called = name or function.__name__
            own = {"name": called, "uri": uri, "group": group, "extra": extra, "watchers": watchers}
            with _dag(function, called, schedule, dag) as made:
                asset = AssetDefinition(function, made, **own)
                _task(function, called, [asset], asset)
            return asset

        return define

    def multi(
        self, *, schedule: Any, outlets: Any, name: str | None = None, **dag: Any
    ) -> Callable[[Callable[..., Any]], MultiAssetDefinition]:
        """Make the function a DAG that changes all of *outlets*.

        Raises `DagFileError` without outlets.
        """
        if not outlets:
            refuse("@asset.multi needs outlets")

        def define(function: Callable[..., Any]) -> MultiAssetDefinition:
            called = name or function.__name__
            with _dag(function, called, schedule, dag) as made:
                _task(function, called, list(outlets), None)
            return MultiAssetDefinition(function, made)

        return define


asset = AssetDecorator()


def _dag(function: Callable[..., Any], name: str, schedule: Any, options: Mapping[str, Any]) -> DAG:
    if not callable(function):
        refuse(f"@asset takes a function, not {function!r}")
    return DAG(name, schedule=schedule, **{"doc_md": function.__doc__, **options})


def _task(function: Callable[..., Any], name: str, outlets: list[Any], own: Asset | None) -> None:
    shape = shape_of(function)
    known: dict[str, Any] = {}
    for argument in shape.names if shape else ():
        if argument in {"self", "context"} or argument in CONTEXT_KEYS:
            continue
        if shape is not None and argument in shape.defaults:
            continue
        known[argument] = AssetRef(name=argument)
    if "self" in (shape.names if shape else ()) and own is None:
        refuse(f"@asset.multi function {name!r} cannot take self, because it makes several assets")
    if isinstance(function, TaskFactory):  # @asset over @task: its operator, its arguments
        given: dict[str, Any] = {argument: Asset(name=argument) for argument in known}
        if own is not None and "self" in (shape.names if shape else ()):
            given["self"] = own
        options: dict[str, Any] = {
            "task_id": name,
            "inlets": list(known.values()),
            "outlets": _makes(outlets),
        }
        function.override(**options).bound(given)()
        return
    AssetTask(
        task_id=name,
        python_callable=function,
        inlets=list(known.values()),
        outlets=_makes(outlets),
        own=own,
        named={argument: Asset(name=argument) for argument in known},
    )


def _makes(outlets: list[Any]) -> list[Any]:
    return [one for one in outlets if isinstance(one, Asset | AssetAlias)]
