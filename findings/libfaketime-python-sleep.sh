#!/usr/bin/env bash
# libfaketime 0.9.10 of Debian 12: if the monotonic clock is not faked, Python's time.sleep fails.
#
# Since 3.11, CPython sleeps with clock_nanosleep() until a time on the monotonic clock. With
# FAKETIME_DONT_FAKE_MONOTONIC=1 the library returns EINVAL from that call, so a program that runs with
# only its wall clock faked cannot sleep. The library that the Python package 3.0.1 builds works.
#
# Unpacks Debian's libfaketime=0.9.10-2.1 and installs libfaketime==3.0.1 from Python's packages in a
# temporary folder (a C compiler is needed); exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
chmod 755 "$dir"
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download libfaketime=0.9.10-2.1 >/dev/null 2>&1
dpkg -x libfaketime_*.deb debian
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check libfaketime==3.0.1
cat >sleep.py <<'CODE'
import time

try:
    time.sleep(0.1)
except OSError as error:
    print(f"time.sleep(0.1): {error}")
else:
    print("time.sleep(0.1): slept")
CODE
moved() {
  LD_PRELOAD=$1 FAKETIME=+7200s FAKETIME_DONT_FAKE_MONOTONIC=1 venv/bin/python sleep.py
}
debian=$(moved "$(find "$dir/debian" -name libfaketime.so.1)")
package=$(moved "$(find "$dir/venv" -name libfaketime.so.1)")
echo "Debian 0.9.10-2.1: $debian"
echo "Python package 3.0.1: $package"
[[ $debian == *"Invalid argument"* && $package == *slept ]]
echo "seen: the same call fails with one and sleeps with the other"
