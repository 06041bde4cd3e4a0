"""`penstock completion`: completion scripts for shells, and what they complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.output import tell
from penstock.cli.session import Session

if TYPE_CHECKING:
    from penstock.api.engine import Engine

VARIABLE = "_PENSTOCK_COMPLETE"
_RUNS = 50


@click.command
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands and options, and the DAGs, runs and tasks that the engine knows.

    Examples:
      penstock completion bash > ~/.local/share/bash-completion/completions/penstock
      penstock completion zsh  > ~/.zfunc/_penstock
      penstock completion fish > ~/.config/fish/completions/penstock.fish
    """
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    assert maker is not None
    tell(maker(ctx.find_root().command, {}, "penstock", VARIABLE).source())


def candidates(ctx: click.Context, what: str, incomplete: str) -> list[str]:
    """Return ids of DAGs, runs or tasks that begin with *incomplete*.

    Asks the running engine only. Returns nothing if there is none, because a shell is waiting.
    """
    if ctx.find_root().params.get("hosts"):  # another host knows, and it is too far away for a key
        return []
    try:
        session = ctx.find_object(Session) or Session()
        names = _names(session.engine(), what, ctx.params)
    except Exception:  # noqa: BLE001  (an error would break the prompt)
        return []
    return [name for name in names if name.startswith(incomplete)]


def _names(engine: Engine, what: str, given: dict[str, str]) -> list[str]:
    from penstock.cli.lookup import run_id_of

    if what == "dags":
        return [row.dag_id for row in engine.dags(strip=0)]
    dag_id = given["dag"]
    if what == "runs":
        return ["latest", *(row.run_id for row in engine.runs(dag_id, limit=_RUNS))]
    run_id = run_id_of(engine, dag_id, given["run"])
    return list(dict.fromkeys(task.task_id for task in engine.run(dag_id, run_id).tasks))
