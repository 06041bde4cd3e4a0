#!/usr/bin/env bash
# Monthly from 31 January: four libraries give three series.
#
# If a month is added again and again (dateutil's relativedelta, isodate's Duration), the day falls to
# the 28th and stays there. dateutil's rrule leaves out short months. pendulum's interval counts from its
# start and gives the end of each month. So a schedule of "last run plus a month" drifts for good.
#
# Installs python-dateutil==2.9.0.post0, isodate==0.7.2, pendulum==3.3.0 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0 isodate==0.7.2 pendulum==3.3.0
cd "$dir"
"$dir/venv/bin/python" - <<'CODE'
from datetime import datetime
from itertools import islice

import isodate
import pendulum
from dateutil.relativedelta import relativedelta
from dateutil.rrule import MONTHLY, rrule

def added(step):
    moments = [datetime(2026, 1, 31)]
    while len(moments) < 4:
        moments.append(moments[-1] + step)
    return [f"{each:%m-%d}" for each in moments]

span = pendulum.interval(pendulum.datetime(2026, 1, 31), pendulum.datetime(2027, 1, 1))
series = {
    "relativedelta, added": added(relativedelta(months=1)),
    "isodate P1M, added": added(isodate.parse_duration("P1M")),
    "rrule MONTHLY": [f"{each:%m-%d}" for each in rrule(MONTHLY, dtstart=datetime(2026, 1, 31), count=4)],
    "pendulum range": [each.format("MM-DD") for each in islice(span.range("months"), 4)],
    "relativedelta, multiplied": [f"{datetime(2026, 1, 31) + relativedelta(months=1) * n:%m-%d}" for n in range(4)],
}
for name, found in series.items():
    print(f"{name:26}", found)
assert series["relativedelta, added"] == series["isodate P1M, added"] == ["01-31", "02-28", "03-28", "04-28"]
assert series["rrule MONTHLY"] == ["01-31", "03-31", "05-31", "07-31"]
assert series["pendulum range"] == series["relativedelta, multiplied"] == ["01-31", "02-28", "03-31", "04-30"]
print("seen: as above")
CODE
