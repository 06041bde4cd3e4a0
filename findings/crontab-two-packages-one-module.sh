#!/usr/bin/env bash
# crontab 1.0.5 and python-crontab 3.4.0 install one module name; both stay installed, one is hidden.
#
# Both provide `import crontab` with a class CronTab, and pip reports no conflict. One is a folder, the
# other a file beside it. Python imports the folder, and code written for the other fails later.
#
# Installs crontab==1.0.5, python-crontab==3.4.0 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check crontab==1.0.5 python-crontab==3.4.0
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
import importlib.metadata
import inspect
from pathlib import Path

import crontab

found = {name: importlib.metadata.version(name) for name in ("crontab", "python-crontab")}
files = sorted(
    str(path) for name in found for path in importlib.metadata.files(name) if path.parts[0] in ("crontab.py", "crontab")
    and path.suffix == ".py"
)
words = list(inspect.signature(crontab.CronTab.__init__).parameters)
print("installed:", found)
print("files:", files)
print("imported:", Path(crontab.__file__).relative_to(Path(crontab.__file__).parents[1]), "with CronTab", words)
assert found == {"crontab": "1.0.5", "python-crontab": "3.4.0"}
assert "crontab.py" in files and "crontab/__init__.py" in files
has_next, has_user = hasattr(crontab.CronTab, "next"), "user" in words
assert has_next != has_user, "it would be one of the two"
print("seen: both are installed; the one with", "next()" if has_next else "user=", "is imported")
CODE
