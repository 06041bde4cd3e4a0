#!/usr/bin/env bash
# croniter 7.0.0 reads a range of one value as every value.
#
# `5-5` in the minute field is minute 5 in cron daemons. croniter widens a range with two equal ends to
# the whole field. A program can make such a range from two numbers that happen to be the same: a job
# for `1-1` runs every day.
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

def following(expression, count=4):
    times = croniter(expression, datetime(2025, 12, 31, 23, 59))
    return [times.get_next(datetime).isoformat(sep=" ", timespec="minutes") for _ in range(count)]

minutes, days = following("5-5 * * * *"), following("0 6 * * 1-1")
print("5-5 * * * *", minutes)
print("0 6 * * 1-1", days)
assert minutes == [f"2026-01-01 00:0{n}" for n in range(4)], "minute 5 alone would be 00:05, 01:05, ..."
assert days == [f"2026-01-0{n} 06:00" for n in range(1, 5)], "Mondays alone would be the 5th, 12th, ..."
print("seen: croniter 7.0.0 runs at every minute, and on every day")
CODE
