"""Makes orders that travel: paths become placeholders, code a bundle, and secrets go along if they must."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from penstock.attempts.protocol import AttemptSpec
from penstock.errors import RefusedError
from penstock.execution.local.environment import matches
from penstock.execution.remote import copies, protocol
from penstock.execution.remote.bundles import Bundles
from penstock.execution.remote.config import RemoteConfig
from penstock.execution.remote.orders import place_in_bundle, portable
from penstock.execution.remote.secrets import values_of
from penstock.settings import Settings
from penstock.supervisor.secrets import UnresolvedError
from penstock.values import clear_secrets


@dataclass(slots=True)
class Packed:
    """Orders to submit, and why others can never run, by id."""

    orders: list[protocol.Order] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


class Packing:
    """Packs the orders of one executor. `pack` reads files: call it in a thread, one call at a time."""

    def __init__(self, settings: Settings, config: RemoteConfig) -> None:
        self._settings = settings
        self._config = config
        self.bundles = Bundles(settings.home, settings.dags_folder)

    def hello(self) -> protocol.Hello:
        """Return the engine's first message to its client."""
        settings = self._settings
        hello = protocol.Hello(
            version=protocol.VERSION,
            executor=self._config.name,
            instance=self.instance(),
            home=os.fspath(settings.home),
            config=self._config.table,
        )
        if self._config.secrets == "worker":
            return hello
        passed = {name: value for name, value in os.environ.items() if matches(name, settings.pass_env)}
        return protocol.Hello(
            version=hello.version,
            executor=hello.executor,
            instance=hello.instance,
            home=hello.home,
            config=hello.config,
            environment=passed,
            shown=tuple(name for name in passed if matches(name, settings.show_env)),
            hidden=tuple(
                secret for entry in settings.connections.values() for secret in clear_secrets(entry) if secret
            ),
        )

    def instance(self) -> str:
        """Return what names this home among the homes that use the same workers; made once."""
        path = self._settings.attempts / ".instance"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            pass
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        path.write_text(name)
        return name

    def pack(self, specs: Sequence[AttemptSpec]) -> Packed:
        """Return the orders of *specs*."""
        packed = Packed()
        for spec in specs:
            try:
                packed.orders.append(self._order(spec))
            except (OSError, RefusedError, UnresolvedError) as error:
                packed.refused[spec.attempt_id] = str(error)
        return packed

    def _order(self, spec: AttemptSpec) -> protocol.Order:
        context, placement = spec.context, spec.placement
        bundle = None
        if context:
            place = place_in_bundle(str(context["file"]), os.fspath(self._settings.dags_folder))
            bundle = self.bundles.of(place, Path(context["source"]))
        resumed = context.get("resumes")
        left = None
        if resumed:
            left = protocol.Left(os.path.basename(resumed), copies.earlier_files(resumed))  # noqa: PTH119
        lease = self._config.lease
        return protocol.Order(
            spec=portable(spec, self._settings),
            queue=placement.get("queue"),
            resources=dict(placement.get("resources") or {}),
            lease=lease.seconds,
            on_partition=lease.on_partition,
            bundle=bundle,
            secrets=values_of(spec.secrets.values()) if self._config.secrets == "engine" else {},
            resumes=left,
        )
