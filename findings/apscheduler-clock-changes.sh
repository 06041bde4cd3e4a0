#!/usr/bin/env bash
# APScheduler 3.11.3: a daily 02:30 runs twice in autumn, and at a time that does not exist in spring.
#
# Tested in Europe/Amsterdam on the nights of 2026 on which clocks change. In October a cron daemon runs
# a daily job once; the trigger returns both 02:30. In March, when 02:00 to 03:00 is skipped, it returns
# 02:30 with the winter offset, a wall time that did not exist.
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
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

trigger = CronTrigger.from_crontab("30 2 * * *", timezone=ZoneInfo("Europe/Amsterdam"))

def times(start, count):
    now, found, last = start, [], None
    for _ in range(count):
        last = trigger.get_next_fire_time(last, now)
        found.append(last)
        now = last.astimezone(timezone.utc) + timedelta(seconds=1)
    return found

autumn = times(datetime(2026, 10, 24, 12, tzinfo=timezone.utc), 2)
spring = times(datetime(2026, 3, 28, 12, tzinfo=timezone.utc), 1)[0]
print("autumn", [each.isoformat() for each in autumn])
print("spring", spring.isoformat(), "that is", spring.astimezone(timezone.utc).isoformat())
assert [each.isoformat() for each in autumn] == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]
assert spring.isoformat() == "2026-03-29T02:30:00+01:00"
there_and_back = spring.astimezone(timezone.utc).astimezone(ZoneInfo("Europe/Amsterdam"))
assert there_and_back.isoformat() == "2026-03-29T03:30:00+02:00"
print("seen: two runs in autumn, a wall time that does not exist in spring")
CODE
