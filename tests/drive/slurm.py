"""A real Slurm of one node on loopback: munged, slurmctld and slurmd as processes of the test.

Debian's packages bring them; where the tests run as root and they are missing, they are installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from drive.debian import PATH, installed
from drive.waiting import wait_for
from penstock.execution.dask.keeper import free_port

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "squeue", "sinfo")
_CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ReturnToService=2
KillWait=5
NodeName=node NodeAddr=127.0.0.1 NodeHostname={host} CPUs=4 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=node Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """The cluster; skips the test, saying why, where it cannot be had."""

    def __init__(self, folder: Path) -> None:
        installed(PROGRAMS, "munge", "slurmctld", "slurmd", "slurm-client")
        if os.geteuid() != 0:
            pytest.skip("slurmd needs root")
        self.folder = folder
        for name in ("state", "spool"):
            (folder / name).mkdir(parents=True, mode=0o755)
        self.conf = folder / "slurm.conf"
        self.conf.write_text(
            _CONF.format(folder=folder, controller=free_port(), daemon=free_port(), host=os.uname().nodename)
        )
        self._daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start all three, and wait until the node takes jobs."""
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        names = {
            "socket": "munge.socket",
            "pid-file": "munge.pid",
            "log-file": "munge.log",
            "seed-file": "seed",
        }
        places = [f"--{option}={self.folder / name}" for option, name in names.items()]
        self._begin("munged", "--foreground", "--force", f"--key-file={key}", *places)
        wait_for((self.folder / "munge.socket").exists, 30, "munged does not answer")
        self._begin("slurmctld", "-D", "-f", str(self.conf))
        self._begin("slurmd", "-D", "-f", str(self.conf), "-N", "node")
        wait_for(lambda: "idle" in self.run("sinfo", "-h", "-o", "%t"), 60, "the node takes jobs")

    def run(self, program: str, *words: str, check: bool = False) -> str:
        """Run one of its commands, and return what it printed."""
        environment = {**os.environ, "SLURM_CONF": str(self.conf), "PATH": f"{os.environ['PATH']}:/usr/sbin"}
        done = subprocess.run(
            [program, *words], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert not check or done.returncode == 0, f"{program} {words}: {done.stderr}"
        return done.stdout

    def submit(self, script: Path) -> str:
        """Submit a batch script, and return the number of its job."""
        log = self.folder / "job-%j.log"
        return self.run("sbatch", "--parsable", f"--output={log}", str(script), check=True).strip()

    def state(self, job: str) -> str:
        """Return a job's state; empty once it is over and forgotten."""
        return self.run("squeue", "-h", "-o", "%T", "-j", job).strip()

    def close(self) -> None:
        """Cancel all jobs, and end the three."""
        if self._daemons:
            self.run("scancel", "--user=root", "--signal=KILL", "--full")
            self.run("scancel", "--user=root")
        for daemon in reversed(self._daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def _begin(self, program: str, *words: str) -> None:
        path = shutil.which(program, path=PATH)
        assert path is not None
        with (self.folder / f"{program}.out").open("ab") as log:
            self._daemons.append(
                subprocess.Popen([path, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            )
