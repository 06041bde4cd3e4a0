"""All commands by name, and the group that imports a command only when it is used."""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import click

from penstock.cli.session import Session
from penstock.version import __version__

SECTIONS: dict[str, dict[str, str]] = {
    "Instance": {
        "init": "init:init",
        "up": "up:up",
        "down": "down:down",
        "status": "status:status",
        "doctor": "doctor:doctor",
        "system": "system:system",
        "db": "db:db",
        "console": "console:console",
        "api": "api:api",
    },
    "Look": {
        "dags": "dags:dags",
        "runs": "runs:runs",
        "now": "now:now",
        "coming": "coming:coming",
        "failures": "failures:failures",
        "digest": "digest:digest",
        "tasks": "tasks:tasks",
        "attempts": "attempts:attempts",
        "logs": "logs:logs",
        "xcom": "xcom:xcom",
        "history": "history:history",
        "grid": "grid:grid",
        "timeline": "timeline:timeline",
        "graph": "graph:graph",
        "why": "why:why",
        "points": "points:points",
        "events": "events:events",
        "callbacks": "callbacks:callbacks",
        "quarantine": "quarantine:quarantine",
        "pools": "pools:pools",
        "assets": "assets:assets",
        "variables": "variables:variables",
        "connections": "connections:connections",
    },
    "Act": {
        "trigger": "trigger:trigger",
        "rerun": "rerun:rerun",
        "retry": "retry:retry",
        "clear": "clear:clear",
        "mark": "mark:mark",
        "undo": "undo:undo",
        "cancel": "cancel:cancel",
        "run-next": "rush:run_next",
        "run-now": "rush:run_now",
        "run-in-turn": "rush:run_in_turn",
        "pause": "pause:pause",
        "unpause": "pause:unpause",
        "resume": "resume:resume",
        "hold": "hold:hold",
        "release": "hold:release",
        "breakpoint": "breakpoint:breakpoint_group",
        "runbook": "runbook:runbook",
        "note": "note:note",
        "backfill": "backfill:backfill",
    },
    "Write DAGs": {
        "parse": "parse:parse",
        "test": "test:test",
        "airflow": "airflow:airflow",
        "schedule": "schedule:schedule",
        "import": "importing:import_group",
        "completion": "completion:completion",
    },
}
"""Command -> "module:attribute" below penstock.cli, by section of the help."""

VERBS: dict[str, str] = {name: place for section in SECTIONS.values() for name, place in section.items()}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section."""
        for title, names in SECTIONS.items():
            with formatter.section(title):
                verbs = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl([(name, verb.get_short_help_str(70)) for name, verb in verbs if verb])


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
@click.option("--ascii", "in_ascii", is_flag=True, help="Draw the console in plain ASCII.")
@click.option("--read-only", is_flag=True, help="Open the console without anything that changes something.")
@click.pass_context
def penstock(ctx: click.Context, home: Path | None, *, in_ascii: bool, read_only: bool) -> int | None:
    """Run data pipelines and operate them from the terminal.

    Without a command, it opens the console.

    Examples:
      penstock init ~/pipelines           make an instance with a first DAG
      penstock up -d                      start the engine in the background
      penstock trigger first_dag --wait   run a DAG and wait for its end
      penstock why first_dag latest       why does it not run?
      penstock                            open the console

    Exit codes: 0 done, 1 the run or task failed or the act was refused, 2 wrong usage,
    3 no engine where one is needed.
    """
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
