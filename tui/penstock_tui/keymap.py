"""The user's own keys: ``keys.toml`` in the home, one line an action: ``retry = "ctrl+r"``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from penstock_tui.actions import ALL, BY_ID, PRINTED, actions_of


def read_keymap(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the user's keys from a ``keys.toml`` (``retry = "ctrl+r"``) and what is wrong with it.

    Keys are Textual's names; a printed character (``/``) is accepted too. A missing file is empty.
    """
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"{path.name}: {error}"]
    keymap, wrong = {}, []
    for name, keys in _flat(table):
        if name not in BY_ID:
            wrong.append(f"{path.name}: there is no action {name!r}")
        elif not isinstance(keys, str) or not keys.strip():
            wrong.append(f'{path.name}: {name} must be a key such as "ctrl+r", not {keys!r}')
        else:
            keymap[name] = ",".join(
                _SPELLED.get(key.strip(), key.strip()) for key in keys.split(",") if key.strip()
            )
    return keymap, [*wrong, *_clashes(keymap)]


def _flat(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def _clashes(keymap: Mapping[str, str]) -> list[str]:
    wrong = []
    for view in ALL:
        holders: dict[str, str] = {}
        for action in actions_of(view):
            for key in keymap.get(action.id, action.keys).split(","):
                other = holders.setdefault(key, action.id)
                if other != action.id and (action.id in keymap or other in keymap):
                    wrong.append(f"keys.toml: {key} means both {other} and {action.id} in {view}")
    return list(dict.fromkeys(wrong))


_SPELLED = {printed: key for key, printed in PRINTED.items()}
