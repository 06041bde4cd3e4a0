#!/usr/bin/env bash
# celery 5.7.0 and huey 3.5.4: both day fields of crontab() must match, unlike cron.
#
# Both have a function named crontab with cron's fields. In cron, day 13 and weekday 5 mean either one;
# here both must match. So a line that is copied from a crontab runs three times a year instead of five
# times a month.
#
# Installs celery==5.7.0, huey==3.5.4 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check celery==5.7.0 huey==3.5.4
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
from datetime import datetime, timedelta, timezone

from celery.schedules import crontab as celery_crontab
from huey import crontab as huey_crontab

days = [datetime(2026, 1, 1) + timedelta(days=n) for n in range(365)]
matches = huey_crontab(minute="0", hour="0", day="13", day_of_week="5")
of_huey = [f"{day:%m-%d}" for day in days if matches(day)]

moments = [datetime(2026, 1, 1, tzinfo=timezone.utc)]
schedule = celery_crontab(minute="0", hour="0", day_of_month="13", day_of_week="5")
schedule.nowfun = lambda: moments[-1]
of_celery = []
while len(of_celery) < 3:
    moments.append(moments[-1] + schedule.remaining_estimate(moments[-1]))
    of_celery.append(f"{moments[-1]:%m-%d}")
print("huey 3.5.4  ", of_huey)
print("celery 5.7.0", of_celery)
assert of_huey == ["02-13", "03-13", "11-13"]
assert of_celery == of_huey
print("seen: only Fridays that are the 13th")
CODE
