"""Runs one function under another Python: ``python run.py FOLDER``, from a copy of this file in FOLDER.

Uses only the standard library (Python 3.10 and newer). Beside it are ``function.py`` with the
function's source, ``call.json`` with its name and arguments, and copies of the codec of values. It
writes ``value.json`` or ``error.json``.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable


def main(folder: str) -> int:
    """Call the function and write what it returned, or what it raised; return the exit code."""
    if sys.version_info < (3, 10):  # noqa: UP036 - another Python runs this
        write(folder, "error.json", {"type": "TaskError", "message": "needs Python 3.10 or newer"})
        return 1
    from xcom_codec import decode, encode  # type: ignore[import-not-found]  # a copy in the folder

    with open(f"{folder}/call.json") as file:  # noqa: PTH123 - nothing here needs more
        call = json.load(file)
    sys.path.remove(folder)
    names: dict[str, object] = {"__name__": "penstock_function", "__file__": f"{folder}/function.py"}
    names["virtualenv_string_args"] = call["string_args"]
    try:
        with open(f"{folder}/function.py") as file:  # noqa: PTH123
            exec(compile(file.read(), f"{folder}/function.py", "exec"), names)  # noqa: S102
        function: Callable[..., object] = names[call["name"]]  # type: ignore[assignment]
        value = function(*decode(call["args"]), **decode(call["kwargs"]))
        text = encode(value)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the function raises is reported
        traceback.print_exc()
        lines = str(error).strip().splitlines()
        write(folder, "error.json", {"type": type(error).__name__, "message": lines[0] if lines else ""})
        return 1
    with open(f"{folder}/value.json", "w") as file:  # noqa: PTH123
        file.write(text)
    return 0


def write(folder: str, name: str, body: dict[str, str]) -> None:
    """Write *body* as JSON."""
    with open(f"{folder}/{name}", "w") as file:  # noqa: PTH123
        json.dump(body, file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
