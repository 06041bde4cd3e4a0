"""Makes docs/cli.md, the page about the command line, from the commands themselves.

``python -m penstock.cli.reference > docs/cli.md``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc

import click

from penstock.cli.root import SECTIONS, penstock

_INTRODUCTION = """\
# The command line

This page is made from the commands (`python -m penstock.cli.reference > docs/cli.md`).

Data goes to stdout, messages to stderr. With `--json`, stdout is exactly one JSON document, with
lists under their plural noun: `{"runs": [...]}`. Errors go to stderr. With `--json`, stdout is then
`{"error": {"kind": ..., "message": ...}}`, except for commands that have their own document for that
case (`status`, `parse`).

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | the run or task failed, or the act was refused |
| 2 | wrong usage |
| 3 | no engine where one is needed |
| 5 | with `--host`: the host cannot be reached; nothing was done there |
| 255 | with `--host`: the connection was lost; what was done there is not known |

With `penstock --host DEST [--home PATH] COMMAND ...` the command runs on another host, through ssh,
and everything here is so there; see [many hosts](hosts.md).

Every command finds its instance in this order: `penstock --home DIR ...`, the folder in
`PENSTOCK_HOME`, the nearest parent folder with a `penstock.toml`, the platform's data folder.

- **RUN** is a run id, `latest`, or the logical date of one run (without a time: the run of that day).
  `latest` is the run that was due last. A triggered run was due when it was requested, a backfill run
  on its date.
- **TASK** is a task id, or `task[3]` for one instance of a mapped task.
- **Dates** are ISO: `2013-01-05`, `2013-01-05T06:00`, `2013-01-05T06:00+01:00`, or `now`. Without an
  offset they are in the DAG's time zone, and a date without a time is midnight.
- Without an engine, commands that only read use the database and say on stderr how old the data is.
"""


def render() -> str:
    """Return the page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield _INTRODUCTION
    context = click.Context(penstock, info_name="penstock")
    for title, names in SECTIONS.items():
        yield f"## {title}\n"
        for name in names:
            verb = penstock.get_command(context, name)
            assert verb is not None
            yield from _verb(verb, click.Context(verb, info_name=name, parent=context))


def _verb(verb: click.Command, context: click.Context) -> Iterator[str]:
    yield f"### `{context.command_path}`\n"
    if not isinstance(verb, click.Group):
        yield f"```\n{' '.join([context.command_path, *verb.collect_usage_pieces(context)])}\n```\n"
    yield _help(verb.help or "")
    options = [
        record
        for param in verb.params
        if isinstance(param, click.Option) and (record := param.get_help_record(context))
    ]
    if options:
        yield "| Option | |\n|---|---|"
        yield from (f"| `{left}` | {right.replace('|', '&#124;')} |" for left, right in options)
        yield ""
    if isinstance(verb, click.Group):
        for name, inner in verb.commands.items():
            yield from _verb(inner, click.Context(inner, info_name=name, parent=context))


def _help(text: str) -> str:
    """Return a help text as Markdown, with its examples as a block of code."""
    words, _, examples = cleandoc(text).replace("\b\n", "").partition("Examples:\n")
    block = "\n".join(line.removeprefix("  ") for line in examples.splitlines())
    return f"{words.strip()}\n\n```sh\n{block}\n```\n" if block else f"{words.strip()}\n"


if __name__ == "__main__":
    sys.stdout.write(render())
