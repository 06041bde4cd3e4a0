#!/usr/bin/env bash
# croniter 7.0.0 drops one of two day fields when the other has # or W.
#
# If both day fields are restricted, either one is enough: `0 0 13 * 5` is the 13th and every Friday.
# With `5#2` in place of `5` the 13th is dropped, and with `15W` the weekday is. No error is raised.
#
# Installs croniter==7.0.0 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check croniter==7.0.0
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
from datetime import datetime
from croniter import croniter

def days(expression):
    times, found = croniter(expression, datetime(2025, 12, 31)), []
    while (day := times.get_next(datetime)) < datetime(2026, 4, 1):
        found.append(f"{day:%m-%d}")
    return found

either, nth, near = days("0 0 13 * 5"), days("0 0 13 * 5#2"), days("0 0 15W * 1")
for name, found in (("13 * 5", either), ("13 * 5#2", nth), ("15W * 1", near)):
    print(name, found)
assert "01-13" in either and "01-02" in either
assert nth == ["01-09", "02-13", "03-13"], "the 13th of January, a Tuesday, would be the field that is dropped"
assert near == ["01-15", "02-16", "03-16"], "no Monday but those nearest to the 15th"
print("seen: croniter 7.0.0 keeps only # and only W")
CODE
