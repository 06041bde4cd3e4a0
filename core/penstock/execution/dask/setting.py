"""How Dask is set in our processes: no dashboard to others, no memory rules, no stealing, few records."""

from __future__ import annotations

import logging
from typing import Any

import dask
from distributed.security import Security

from penstock.execution.dask.access import Access

_CONFIG = {
    "distributed.admin.log-length": 100,
    "distributed.admin.low-level-log-length": 100,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.cycle": "10s",
    "distributed.admin.tick.interval": "1s",  # Dask's own has each process wake up 50 times a second
    "distributed.comm.compression": None,
    "distributed.comm.timeouts.connect": "5s",
    "distributed.comm.timeouts.tcp": "30s",
    "distributed.logging.distributed": "warning",
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.lifetime.duration": None,
}


def settle() -> None:
    """Set Dask for this process; call it before anything of it is made."""
    dask.config.set(_CONFIG)
    logging.getLogger("distributed").setLevel(
        logging.WARNING
    )  # its own setting counts only before its import


def security_of(access: Access) -> Any:
    """Return what Dask needs for mutual TLS, None without it."""
    if not access.encrypted:
        return None
    return Security(
        require_encryption=True,
        tls_ca_file=access.ca,
        tls_scheduler_cert=access.cert,
        tls_scheduler_key=access.key,
        tls_worker_cert=access.cert,
        tls_worker_key=access.key,
        tls_client_cert=access.cert,
        tls_client_key=access.key,
    )
