#!/bin/sh
# The demo: `make demo` calls it as  sh sample_dags/demo.sh HOME  with `penstock` on the PATH.
#
# Makes HOME an instance with the samples in it, starts its engine in the background, sets a few
# things in motion and opens the console. Run again, it only does what is not done yet.
set -eu

home=${1:?usage: sh sample_dags/demo.sh HOME}
samples=$(cd "$(dirname "$0")" && pwd)
PENSTOCK_HOME=$home
export PENSTOCK_HOME

# Runs a command and shows what it said only when it fails.
quietly() {
    said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2; exit 1; }
}

# What everybody may write does not run as us, and a checkout made with an open umask is such a thing.
umask 022
chmod go-w "$(dirname "$home")" 2>/dev/null || true
chmod -R go-w "$samples" 2>/dev/null || true

[ -e "$home/penstock.toml" ] || quietly penstock init "$home"
# A link, not a copy: change a sample and the running engine takes it up.
[ -e "$home/dags/samples" ] || ln -s "$samples" "$home/dags/samples"
quietly penstock up -d

if [ ! -e "$home/demo.started" ]; then
    for dag in host_health hello flaky long_log waits_for_file nyc_flights; do
        quietly penstock unpause "$dag"
    done
    quietly penstock trigger nyc_flights --logical-date 2013-01-01
    for dag in host_health flaky waits_for_file; do
        quietly penstock trigger "$dag"
    done
    touch "$home/demo.started"
fi
# Something to look at and a log to follow, every time.
for dag in long_log hello; do
    quietly penstock trigger "$dag"
done

cat <<END
home        $home
DAG files   $samples
engine log  $home/engine.log
dashboard   $home/nyc_flights/dashboard.html, once a run of nyc_flights has ended
stop        make demo-stop
END

# Without a terminal there is nobody to show a console to.
if [ -t 0 ] && [ -t 1 ]; then
    exec penstock console
fi
penstock dags list
exec penstock status
