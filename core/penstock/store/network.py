"""Finds folders on network file systems: database locks cannot be trusted there."""

from __future__ import annotations

from pathlib import Path

_NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "9p",
        "fuse.sshfs",
        "ceph",
        "glusterfs",
        "lustre",
        "ncpfs",
    }
)


def network_file_system(folder: Path) -> str | None:
    """Return the type of the network file system of *folder*, or None for a local one."""
    try:
        mounts = Path("/proc/self/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return None
    best, kind = "", ""
    target = str(folder.resolve())
    for line in mounts:
        parts = line.split()
        point = parts[1].replace("\\040", " ")
        if (target == point or target.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind if kind in _NETWORK_FILE_SYSTEMS else None
