#!/usr/bin/env bash
# cron-descriptor 2.2.1 describes `*/45` as every 45 minutes and `*/61` as every 61.
#
# A step starts again at each hour: `*/45` is :00 and :45, with gaps of 45 and 15 minutes, and `*/61`
# is once an hour. The description names an interval that does not exist, also for days and months.
#
# Installs cron-descriptor==2.2.1, cronsim==2.8 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check cron-descriptor==2.2.1 cronsim==2.8
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
from datetime import datetime
from itertools import islice

from cron_descriptor import get_description
from cronsim import CronSim

def times(expression, count):
    return [each.strftime("%d %H:%M") for each in islice(CronSim(expression, datetime(2025, 12, 31, 23, 59)), count)]

SEEN = {
    "*/45 * * * *": ("Every 45 minutes", ["01 00:00", "01 00:45", "01 01:00", "01 01:45"]),
    "*/61 * * * *": ("Every 61 minutes", ["01 00:00", "01 01:00", "01 02:00", "01 03:00"]),
    "0 0 */10 * *": ("At 12:00 AM, every 10 days", ["01 00:00", "11 00:00", "21 00:00", "31 00:00", "01 00:00"]),
}
for expression, (words, moments) in SEEN.items():
    told, found = get_description(expression), times(expression, len(moments))
    print(f"{expression}: {told!r}, but {found}")
    assert (told, found) == (words, moments)
print("seen: cron-descriptor 2.2.1 describes the step as an interval")
CODE
