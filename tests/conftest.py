"""What holds for all tests."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# DAG files that tests write must not be everybody's, whatever the umask of whoever runs the tests.
os.umask(0o022)

# What a shell starts in the background ignores ctrl-c, and so would every program that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is: no test asserts it. The suite tries the same
# examples each time, so that a change fails for what it changed; `make fuzz` looks for new ones.
settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("new", settings.get_profile("same"), derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("PENSTOCK_EXAMPLES", "same"))
