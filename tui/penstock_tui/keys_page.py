"""docs/keys.md, written from the table of actions: ``python -m penstock_tui.keys_page > docs/keys.md``."""

from __future__ import annotations

import sys

from penstock_tui import actions

_HEAD = """\
# Keys of the console

Made from the table of actions in `tui/penstock_tui/actions.py` by `python -m penstock_tui.keys_page`.

Every action has an id. To give it another key, write `keys.toml` into the instance's folder, one line an
action; several keys are separated by commas:

```toml
retry = "ctrl+r"
mark_as = "M,f5"
"attempt.next" = "}"
```

What changes the instance is marked: **act** shows its plan or can be undone with the same key, **danger**
always asks, with Cancel focused. `penstock console --read-only` hides both.
"""


def keys_page() -> str:
    """Return the page."""
    lines = [
        _HEAD,
        "## Actions",
        "",
        "| key | id | where | what it does | command line |",
        "|---|---|---|---|---|",
    ]
    lines += [
        _row(action, ", ".join(action.where) if action.where != actions.ALL else "everywhere")
        for action in actions.ACTIONS
    ]
    lines += ["", "## Moving in lists", "", "| key | id | what it does |", "|---|---|---|"]
    lines += [f"| {_keys(action)} | `{action.id}` | {action.help} |" for action in actions.MOVES]
    lines += ["", "## In dialogs", "", _DIALOGS]
    return "\n".join(lines)


def _row(action: actions.Action, where: str) -> str:
    mark = " **danger**" if action.danger else " **act**" if action.acts else ""
    twin = f"`{action.cli}`".replace("|", "\\|") if action.cli else ""
    return f"| {_keys(action)} | `{action.id}` | {where} | {action.help}{mark} | {twin} |"


def _keys(action: actions.Action) -> str:
    return " ".join(f"`{name}`" for name in actions.key_names(action, {}, first=False).split())


_DIALOGS = """\
`tab` and the arrows move between fields, `space` chooses, `y` does it, `n` and `esc` leave, `Y` copies the
command that does the same, `PgUp` and `PgDn` turn the pages of the plan. In a text field, letters are
typed: leave it with `tab` first. Its text is selected when you enter it, so typing replaces it.
Clear, retry, mark, cancel and undo of more than 25 task instances ask for their number; a backfill says on
its button how many runs it makes: `Create 30`.
"""

if __name__ == "__main__":
    sys.stdout.write(keys_page())
