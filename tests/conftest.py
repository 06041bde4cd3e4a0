"""What holds for all tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# DAG files that tests write must not be everybody's, whatever the umask of whoever runs the tests.
os.umask(0o022)

# How long an example takes says how busy the machine is: no test asserts it.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
