#!/usr/bin/env bash
# APScheduler 3.11.3: from_crontab counts weekdays from Monday, and both day fields must match.
#
# A crontab line with weekday numbers shifts by a day: 1 is Monday in cron and Tuesday here, and 7 is
# refused. In cron one of two day fields is enough; here both must match. So `0 0 13 * 5` runs on
# Saturdays that are the 13th, a few times a year.
#
# Installs apscheduler==3.11.3, tzdata==2025.2 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check apscheduler==3.11.3 tzdata==2025.2
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
from datetime import datetime, timedelta, timezone

from apscheduler.triggers.cron import CronTrigger

def days(expression, count):
    trigger = CronTrigger.from_crontab(expression, timezone=timezone.utc)
    now, found = datetime(2026, 1, 1, tzinfo=timezone.utc), []
    while len(found) < count:
        now = trigger.get_next_fire_time(None, now)
        found.append(f"{now:%a %Y-%m-%d}")
        now += timedelta(seconds=1)
    return found

one, both = days("0 0 * * 1", 2), days("0 0 13 * 5", 3)
print("0 0 * * 1 ", one)
print("0 0 13 * 5", both)
assert one == ["Tue 2026-01-06", "Tue 2026-01-13"]
assert both == ["Sat 2026-06-13", "Sat 2027-02-13", "Sat 2027-03-13"]
assert days("0 0 * * mon", 1) == ["Mon 2026-01-05"], "names are right"
try:
    days("0 0 * * 7", 1)
except ValueError as error:
    print("0 0 * * 7 ", type(error).__name__, error)
else:
    raise AssertionError("7 is taken")
print("seen: APScheduler 3.11.3 as in the first line")
CODE
