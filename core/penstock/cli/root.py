"""All commands by name, and the group that imports a command only when it is used."""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import click

from penstock.cli.session import Session
from penstock.version import __version__

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Instance": {
        "init": ("init:init", "Make a folder into an instance."),
        "up": ("up:up", "Start the engine."),
        "down": ("down:down", "End the engine, but no task."),
        "status": ("status:status", "Show the state of the engine in a few lines."),
        "doctor": ("doctor:doctor", "Check the instance, and say what to do about each problem."),
        "system": ("system:system", "Show how engine, disk, pools and executors are, and what needs a hand."),
        "db": ("db:db", "Maintain the database."),
        "cluster": (
            "cluster:cluster",
            "Run attempts on Dask workers: a cluster here, or over many machines.",
        ),
        "worker": ("worker:worker", "Run attempts on this machine for engines elsewhere."),
        "console": ("console:console", "Open the console; `penstock` alone does the same."),
        "bridge": ("bridge:bridge", "Speak the engine's protocol on stdin and stdout."),
        "api": ("api:api", "Serve the HTTP API of Airflow 3, and manage its tokens."),
    },
    "Look": {
        "dags": ("dags:dags", "List DAGs, or show one."),
        "runs": ("runs:runs", "List runs, of one DAG or of all, or show one."),
        "now": ("now:now", "Show what runs now and what it uses, and what waits and why."),
        "hosts": ("hosts:hosts", "Show how the instances on several hosts are."),
        "coming": ("coming:coming", "Show what the schedules of all DAGs (or of these) will do."),
        "failures": (
            "failures:failures",
            "List failures of all DAGs and runs, grouped by the line that says why.",
        ),
        "digest": ("digest:digest", "Show what happened while you were away."),
        "tasks": ("tasks:tasks", "List the task instances of a run."),
        "attempts": ("attempts:attempts", "List every attempt of a task, oldest first."),
        "logs": ("logs:logs", "Print the log of a task's newest attempt, or of a whole run (--merged)."),
        "xcom": ("xcom:xcom", "Show what the tasks of a run pushed, or one task of it."),
        "history": (
            "history:history",
            "Show how a task went in its last runs, newest first, and what is usual.",
        ),
        "grid": ("grid:grid", "Show the tasks of a DAG by its last runs."),
        "timeline": (
            "timeline:timeline",
            "Show when the tasks of a run did what, and which decided its end.",
        ),
        "graph": ("graph:graph", "Draw the tasks of a DAG and what joins them, from left to right."),
        "why": ("why:why", "Say why a DAG, a run or a task is not running."),
        "points": ("points:points", "Show what happened to each point of a DAG's schedule."),
        "events": ("events:events", "Show what happened and who did it, newest first."),
        "questions": ("questions:questions", "List what waits for a person's answer."),
        "callbacks": ("callbacks:callbacks", "Show the callbacks and notifiers of a DAG, newest first."),
        "quarantine": ("quarantine:quarantine", "List what is in quarantine; take it back, or drop it."),
        "pools": ("pools:pools", "List pools, make them, change their size."),
        "workers": ("workers:workers", "List the workers on other hosts, drain them, use them again."),
        "assets": (
            "assets:assets",
            "List assets, the tasks that make them, and the DAGs that wait for them.",
        ),
        "variables": ("variables:variables", "List variables, set and delete those of the store."),
        "connections": ("connections:connections", "List connections, set and delete those of the store."),
    },
    "Act": {
        "trigger": ("trigger:trigger", "Start a manual run of a DAG."),
        "rerun": ("rerun:rerun", "Start a new run that repeats another one."),
        "retry": ("retry:retry", "Run failed tasks, and the tasks that they blocked, again."),
        "clear": ("clear:clear", "Run task instances of a run again, in the same run."),
        "mark": ("mark:mark", "Set the state of tasks by hand; a running task is killed first."),
        "undo": ("undo:undo", "Undo a clear, retry or mark, or a change of a pool."),
        "cancel": ("cancel:cancel", "End a run or a task and kill its processes."),
        "run-next": ("rush:run_next", "Let a task or a queued run go before all others."),
        "run-now": ("rush:run_now", "Launch a task or start a queued run now, ignoring limits."),
        "run-in-turn": (
            "rush:run_in_turn",
            "Take back run-next or run-now of a task or run that still waits.",
        ),
        "pause": ("pause:pause", "Pause the schedule of DAGs, or freeze them."),
        "unpause": ("pause:unpause", "Lift the pause of the schedule of DAGs, or their freeze."),
        "resume": ("resume:resume", "Resume exactly what `penstock pause --all` stopped."),
        "hold": ("hold:hold", "Hold a run or a task: it launches nothing."),
        "release": ("hold:release", "Lift the hold of a run, or of one task."),
        "breakpoint": (
            "breakpoint:breakpoint_group",
            "Stop a run before or after a task, and go on from there.",
        ),
        "runbook": ("runbook:runbook", "Record what is done as commands, and do it again with a preview."),
        "answer": ("questions:answer", "Answer what a task asks a person; it goes on with the answer."),
        "note": ("note:note", "Write a note about a run, or about one of its tasks."),
        "backfill": ("backfill:backfill", "Run a range of schedule points, and control that while it runs."),
    },
    "Write DAGs": {
        "parse": ("parse:parse", "Load a DAG file and show what is in it."),
        "test": ("test:test", "Run a DAG once, at once and without an engine."),
        "airflow": (
            "airflow:airflow",
            "Move from Airflow: check files, install providers, import its settings.",
        ),
        "schedule": ("schedule:schedule", "Try out schedules."),
        "import": ("importing:import_group", "Write DAG files from what other schedulers run."),
        "completion": ("completion:completion", "Print the completion script of a shell."),
    },
}
"""Command -> "module:attribute" below penstock.cli and its line of the help, by section of the help.

The line is the command's own: the help would otherwise import every command for it.
"""

VERBS: dict[str, str] = {name: place for section in SECTIONS.values() for name, (place, _) in section.items()}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports each when it is first used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Return the commands in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command, imported now; None if it does not exist."""
        place = VERBS.get(cmd_name)
        if place is None:
            return None
        module, attribute = place.split(":")
        verb = getattr(import_module(f"penstock.cli.{module}"), attribute)
        assert isinstance(verb, click.Command)
        _keep_examples(verb)
        return verb

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that was asked for; for an unknown one the error names similar ones."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"command {args[0]!r} does not exist{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands by section."""
        for title, verbs in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, says) for name, (_, says) in verbs.items()])


def _keep_examples(verb: click.Command) -> None:
    """Keep click from joining the lines of the examples into a paragraph."""
    if sys.flags.optimize >= 2:
        from penstock.cli.help_text import fill_help

        fill_help(verb)
    if verb.help and "\b" not in verb.help:
        verb.help = cleandoc(verb.help).replace("Examples:\n", "\b\nExamples:\n")
    if isinstance(verb, click.Group):
        for inner in verb.commands.values():
            _keep_examples(inner)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="penstock", message="%(prog)s %(version)s")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The instance's folder, instead of $PENSTOCK_HOME or the nearest parent with a penstock.toml.",
)
@click.option(
    "--host",
    "hosts",
    metavar="DEST",
    multiple=True,
    help="Do it on this host, through ssh: a name of hosts.toml, or what ssh takes; several for the console.",
)
@click.option(
    "--confirm", metavar="NAME", multiple=True, help="The name of the production host on which this may act."
)
@click.option("--ascii", "in_ascii", is_flag=True, help="Draw the console in plain ASCII.")
@click.option("--read-only", is_flag=True, help="Open the console without anything that changes something.")
@click.pass_context
def penstock(
    ctx: click.Context,
    home: Path | None,
    hosts: tuple[str, ...],
    confirm: tuple[str, ...],
    *,
    in_ascii: bool,
    read_only: bool,
) -> int | None:
    """Run data pipelines and operate them from the terminal.

    Without a command, it opens the console.

    Examples:
      penstock init ~/pipelines           make an instance with a first DAG
      penstock up -d                      start the engine in the background
      penstock trigger first_dag --wait   run a DAG and wait for its end
      penstock why first_dag latest       why does it not run?
      penstock                            open the console
      penstock --host user@prod           open the console of another host
      penstock --host prod runs list      the same command, there

    Exit codes: 0 done, 1 the run or task failed or the act was refused, 2 wrong usage,
    3 no engine where one is needed; with --host also 5 the host cannot be reached and nothing
    was done, 255 the connection was lost and what was done is not known.
    """
    assert not hosts  # `penstock.cli.far` has taken them
    if confirm:
        raise click.UsageError("--confirm is only for acts on another host: --host DEST --confirm NAME", ctx)
    session = ctx.ensure_object(Session)
    if home is not None:
        session.home = home.absolute()
    session.console_options = (*(["--ascii"] * in_ascii), *(["--read-only"] * read_only))
    if session.console_options and ctx.invoked_subcommand not in {None, "console"}:
        raise click.UsageError(f"{session.console_options[0]} is only for the console", ctx)
    if ctx.invoked_subcommand is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise click.UsageError("the console needs a terminal; give a command", ctx)
        from penstock.cli.console import open_console

        return open_console(session, ())
    return None


_keep_examples(penstock)
