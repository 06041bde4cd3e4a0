#!/usr/bin/env bash
# Six cron fields: croniter 7.0.0 computes another schedule than cron-descriptor 2.2.1 describes.
#
# Both libraries are used together to show a schedule with its next times. With six fields,
# cron-descriptor and cronsim read the first field as the second, croniter the last. So `0 0 6 * * 1-5`
# is described as 06:00 on weekdays, but runs five times within five seconds on the 6th of a month. Seven
# fields differ in the same way.
#
# Installs croniter==7.0.0, cron-descriptor==2.2.1, cronsim==2.8 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check croniter==7.0.0 cron-descriptor==2.2.1 cronsim==2.8
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
from datetime import datetime
from itertools import islice

from cron_descriptor import get_description
from croniter import croniter
from cronsim import CronSim

expression, start = "0 0 6 * * 1-5", datetime(2026, 1, 1)
told = get_description(expression)
times = croniter(expression, start)
computed = [times.get_next(datetime).isoformat(sep=" ") for _ in range(5)]
simulated = [each.isoformat(sep=" ") for each in islice(CronSim(expression, start), 2)]
print("cron-descriptor 2.2.1:", told)
print("croniter 7.0.0:       ", computed)
print("cronsim 2.8:          ", simulated)
assert told == "At 06:00 AM, Monday through Friday"
assert computed == [f"2026-01-06 00:00:0{n}" for n in range(1, 6)]
assert simulated == ["2026-01-01 06:00:00", "2026-01-02 06:00:00"]
seven = "0 0 1 1 * 0 2027"
year = croniter(seven, start).get_next(datetime)
print(seven, "|", get_description(seven), "|", year)
assert get_description(seven) == "At 01:00 AM, on day 1 of the month, or on Sunday, only in 2027"
assert year == datetime(2027, 1, 1)
first = croniter(expression, start, second_at_beginning=True).get_next(datetime)
assert first == datetime(2026, 1, 1, 6), "croniter reads it so with that option"
print("seen: the description and the times belong to different schedules")
CODE
