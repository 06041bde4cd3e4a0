"""`penstock cluster`: a Dask cluster for attempts, on this machine or over many."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session
from penstock.cli.worker import certs_options, missing, named_files
from penstock.errors import EngineNotRunningError, UsageError

if TYPE_CHECKING:
    from penstock.execution.dask.messages import Sighting

NOW_SECONDS = 30.0
"""Seconds that `stop --now` waits for the end of what runs."""
DOWN = 1
_ENGINE_SECONDS = 15.0
"""Seconds that `start` waits for the engine to get into contact with the workers."""
_LOOK_AGAIN = 0.1


@click.group
def cluster() -> None:
    """Run attempts on Dask workers: a cluster here, or over many machines.

    After `cluster start`, tasks with executor="cluster" run on its workers.

    Examples:
      penstock cluster start --workers 2 --slots 2
      penstock cluster status
      penstock cluster stop
    """


@cluster.command
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="How many workers.")
@click.option("--slots", type=click.IntRange(1, 4096), default=2, show_default=True, help="Attempts on each.")
@pass_session
def start(session: Session, *, workers: int, slots: int) -> int:
    """Start a scheduler and workers on this machine, for this instance.

    They are kept alive. It returns when all workers are there, and the engine knows them if one runs. They
    listen on the loopback address only, with certificates of their own if openssl is installed. Their
    attempts have roots of their own in cluster/.

    Examples:
      penstock cluster start
      penstock cluster start --workers 4 --slots 8
    """
    _require()
    from penstock.execution.dask.cluster import access, begin
    from penstock.trust import make_folder

    home = session.settings.home
    make_folder(home)
    begun = begin(home, workers, slots)
    _await_engine(session, workers)
    state = "started" if begun else "runs already"
    tell(f"cluster {state}: {workers} workers of {slots} slots, scheduler at {access(home).address}")
    say('tasks with executor="cluster" run there')
    return 0


def _await_engine(session: Session, workers: int) -> None:
    """Wait until a running engine knows the workers, so that what is asked next finds them."""
    try:
        reader = session.engine()
        until = time.monotonic() + _ENGINE_SECONDS
        while sum((row.executor, row.state) == ("cluster", "ready") for row in reader.workers()) < workers:
            if time.monotonic() > until:
                say("the engine has no contact with them yet; see: penstock status")
                return
            time.sleep(_LOOK_AGAIN)
    except EngineNotRunningError:
        pass


@cluster.command
@json_option
@pass_session
def status(session: Session, *, as_json: bool) -> int:
    """Show the processes of this machine's cluster, and what its workers do.

    Exit code 1 if a part of it is down.

    Examples:
      penstock cluster status
      penstock cluster status --json
    """
    from penstock.execution.dask.cluster import kept, parts

    home = session.settings.home
    found = parts(home)
    seen = {each.facts.name: each for each in _sightings(home)} if found else {}
    good = bool(found) and kept(home) and all(part.pid is not None for part in found)
    if as_json:
        rows = [{"name": part.name, "pid": part.pid, "ready": part.ready} for part in found]
        told = [
            {
                "name": each.facts.name,
                "slots": each.facts.slots,
                "used": len(each.facts.holds),
                "draining": each.facts.draining,
                "pid": each.facts.pid,
                "gone": each.gone,
            }
            for each in seen.values()
        ]
        print_json({"up": good, "kept": kept(home), "processes": rows, "workers": told})
        return 0 if good else DOWN
    if not found:
        tell(f"no cluster was started for {home}: penstock cluster start")
        return DOWN
    from penstock.cli.text import table

    by_pid = {each.facts.pid: each for each in seen.values()}
    lines = [
        (part.name, str(part.pid or "-"), *_words(part.ready, by_pid.get(part.pid or -1))) for part in found
    ]
    tell(
        table(
            ("PROCESS", "PID", "STATE", "SLOTS"),
            [(a, b, "down" if b == "-" else c, d) for a, b, c, d in lines],
        )
    )
    if not kept(home):
        say("its keeper is gone, so nothing is started again when it ends: penstock cluster start")
    return 0 if good else DOWN


@cluster.command
@click.option("--now", is_flag=True, help="Kill the attempts that run there, too.")
@pass_session
def stop(session: Session, *, now: bool) -> int:
    """Stop this machine's cluster, but no task unless --now.

    What runs goes on for as long as its lease lasts (10 minutes, unless the executor says otherwise), and
    the next `penstock cluster start` finds it.

    Examples:
      penstock cluster stop
      penstock cluster stop --now
    """
    from penstock.execution.dask.cluster import stop as end

    home = session.settings.home
    running = sum(len(each.facts.holds) for each in _sightings(home) if not each.gone)
    if now:
        _kill_all(home)
    if not end(home):
        tell(f"no cluster runs for {home}")
        return 0
    tell("cluster stopped")
    if running and not now:
        say(f"{running} attempt(s) go on; penstock cluster start finds them")
    return 0


@cluster.group
def certs() -> None:
    """Make the certificates of a cluster.

    Examples:
      penstock cluster certs init ~/penstock-certs
    """


@certs.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def init_certs(folder: Path) -> None:
    """Make an authority and a certificate for mutual TLS in DIR.

    Copy ca.pem, cert.pem and key.pem to each host of the cluster, where only you may read them: anyone who
    has them can run anything there as you. ca-key.pem stays here.

    Examples:
      penstock cluster certs init ~/penstock-certs
    """
    from penstock.execution.dask.certs import CA, CERT, KEY, make

    make(folder)
    for name in (CA, CERT, KEY):
        tell(str(folder.absolute() / name))
    say(f"give the folder to each part of the cluster: --certs {folder}")


@cluster.command
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:8786", show_default=True, help="Its address."
)
@click.option(
    "--file", type=click.Path(dir_okay=False, path_type=Path), help="Write the address there, as JSON."
)
@certs_options[0]
@certs_options[1]
@certs_options[2]
@certs_options[3]
@certs_options[4]
def scheduler(
    *,
    listen: str,
    file: Path | None,
    certs: Path | None,
    ca: Path | None,
    cert: Path | None,
    key: Path | None,
    insecure: bool,
) -> int:
    """Run the scheduler of a cluster over many machines, in the foreground.

    It keeps nothing on disk: after a restart, workers and engines find it again.

    Examples:
      penstock cluster scheduler --listen 10.0.0.1:8786 --certs ~/penstock-certs
    """
    from penstock.execution.dask.access import access_to

    names = {"ca": ca, "cert": cert, "key": key}
    access = access_to(listen, named_files(certs, **names), insecure=insecure)
    try:
        from penstock.execution.dask.serving import serve
    except ModuleNotFoundError as error:
        raise missing(error) from None
    return serve(access, None if file is None else file.absolute(), say)


def _require() -> None:
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise UsageError("distributed is missing; install it with: pip install 'penstock[dask]'")


def _sightings(home: Path) -> list[Sighting]:
    """Return the workers as the scheduler sees them; none if it does not answer."""
    _require()
    from penstock.errors import PenstockError
    from penstock.execution.dask.cluster import access
    from penstock.execution.dask.look import look

    try:
        return look(access(home))
    except (OSError, PenstockError):
        return []


def _kill_all(home: Path) -> None:
    from penstock.errors import EngineError, PenstockError
    from penstock.execution.dask.cluster import access
    from penstock.execution.dask.look import end_all

    try:
        left = end_all(access(home), "the cluster was stopped with --now", NOW_SECONDS)
    except (OSError, PenstockError) as error:
        raise EngineError(f"what runs cannot be killed: {error}") from None
    if left:
        raise EngineError(f"still running after {NOW_SECONDS:g} s: {', '.join(left)}")


def _words(ready: bool, seen: Sighting | None) -> tuple[str, str]:
    if seen is None:
        return ("up" if not ready else "connected", "")
    return "draining" if seen.facts.draining else "ready", f"{len(seen.facts.holds)}/{seen.facts.slots}"
