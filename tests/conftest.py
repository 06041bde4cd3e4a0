"""What holds for all tests."""

from __future__ import annotations

import os

# DAG files that tests write must not be everybody's, whatever the umask of whoever runs the tests.
os.umask(0o022)
