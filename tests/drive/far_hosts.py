"""One sshd on loopback, and behind it an instance whose engine runs and one whose engine does not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drive.instance import Instance
from drive.sshd import BIN, Sshd

DAG = """
from datetime import datetime
from penstock import DAG, BashOperator

with DAG("{name}", schedule=None, start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="say", bash_command="echo hello from the far side; {then}")
"""


@dataclass
class Far:
    """The other side: sshd, and two homes there: ``prod`` (and ``far``) and ``quiet`` of hosts.toml."""

    sshd: Sshd
    home: Path
    """Where an engine runs."""
    quiet: Path
    """Where none runs, and something is stored."""
    instance: Instance


@contextmanager
def far_hosts() -> Iterator[Far]:
    """Give them, and tidy up."""
    with tempfile.TemporaryDirectory(prefix="pk") as folder:
        root = Path(folder)
        home, quiet, keys = root / "home", root / "quiet", root / "keys"
        for each in (home, quiet, keys):
            each.mkdir(mode=0o700)
        sshd = Sshd(keys, {"PATH": f"{BIN}:/usr/bin:/bin", "PENSTOCK_HOME": str(home)})
        sleeping, instance = Instance(quiet), Instance(home)
        try:
            sleeping.write_dag("asleep", DAG.format(name="asleep", then="true"))
            sleeping.start()
            sleeping.stop()
            for name, then in (("etl", "true"), ("fails", "exit 3"), ("waits", "sleep 600")):
                instance.write_dag(name, DAG.format(name=name, then=then))
            instance.start()
            sshd.hosts.write_text(
                f'[prod]\nssh = "other"\nhome = "{home}"\nproduction = true\nword = "LIVE"\n'
                f'[quiet]\nssh = "far"\nhome = "{quiet}"\n'
            )
            sshd.start()
            yield Far(sshd, home, quiet, instance)
        finally:
            sshd.stop()
            instance.close()
            sleeping.close()
