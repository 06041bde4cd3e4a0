#!/usr/bin/env bash
# A stepped range past the end of its field: croniter 7.0.0 and celery 5.7.0 disagree by one.
#
# `22-6/3` in the hour field means every third hour of a night. celery goes on across midnight: 22, 1,
# 4. croniter starts again after midnight, one hour late: 22, 2, 5, so one gap is four hours.
#
# Installs croniter==7.0.0, celery==5.7.0 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check croniter==7.0.0 celery==5.7.0
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
from celery.schedules import crontab
from croniter import croniter

theirs = sorted(croniter("0 22-6/3 * * *").expanded[1])
other = sorted(crontab(minute="0", hour="22-6/3").hour)
print("croniter 7.0.0", theirs)
print("celery 5.7.0  ", other)
assert theirs == [2, 5, 22]
assert other == [1, 4, 22]
minutes = sorted(croniter("50-10/7 * * * *").expanded[0])
print("croniter, 50-10/7:", minutes)
assert minutes == [5, 50, 57], "every seventh minute would be 50, 57, 4"
print("seen: croniter starts one later than the step says")
CODE
