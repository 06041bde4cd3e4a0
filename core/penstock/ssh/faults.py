"""What ssh says when it cannot get there, as a message with its remedy. Pure."""

from __future__ import annotations

import re

_TABLE: tuple[tuple[str, str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed",
        (
            "the key of {host} is not the one that was remembered: it was installed again, or somebody is "
            "in between. Ask who runs it; if the new key is right: `ssh-keygen -R {address}`, then "
            "`ssh {dest}` once"
        ),
    ),
    (
        r"Host key verification failed|No .* host key is known|authenticity of host",
        "the key of {host} is not known here yet: run `ssh {dest}` once by hand and compare its fingerprint",
    ),
    (
        r"Permission denied \([^)]*(?:password|keyboard-interactive)",
        (
            "{host} takes none of your keys and wants a password, which cannot be typed here: "
            "`ssh-copy-id {dest}` puts a key there; `ssh-add` opens a key that has a passphrase; or keep a "
            "connection of your own open (ControlMaster in the configuration of ssh)"
        ),
    ),
    (
        r"Permission denied|Too many authentication failures|no mutual signature",
        (
            "{host} takes none of your keys: `ssh-add -l` lists those of the agent (`ssh-add` opens one with "
            "a passphrase), `ssh -v {dest}` says which were tried"
        ),
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        "the name {dest} is not known: see Host in ~/.ssh/config, hosts.toml and the network's names",
    ),
    (
        r"Connection refused",
        "{host} answers, but no sshd listens there: see Port in ~/.ssh/config, and its sshd",
    ),
    (
        r"timed out|No route to host|Network is unreachable|Host is down",
        "{host} cannot be reached from here: is it up, and is the network (a VPN, a jump host) there?",
    ),
    (
        r"Bad configuration option|Bad owner or permissions|terminating, \d+ bad configuration|UNPROTECTED",
        "ssh does not accept its own files, on the way to {host}: {said}",
    ),
    (
        r"Connection (?:closed|reset) by|kex_exchange_identification|Broken pipe",
        "{host} closed the connection before the login was done: `ssh -v {dest}` says how far it came",
    ),
    (r"no matching .* found", "ssh here and sshd on {host} have no method in common: {said}"),
    (r"administratively prohibited|PTY allocation", "sshd on {host} does not allow it: {said}"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in _TABLE)


def explain(said: str, code: int | None, host: str, dest: str) -> str:
    """Return why *host* cannot be reached, from what ssh *said* and its exit *code* (None: too late)."""
    address = dest.removeprefix("ssh://").rpartition("@")[2]
    last = _last(said)
    for pattern, words in _PATTERNS:
        if pattern.search(said):
            return words.format(host=host, dest=dest, address=address, said=last)
    if code is None:
        return f"{host} did not let us in within the time: `ssh -v {dest}` says where it waits"
    if not last:
        return f"ssh to {host} ended with exit code {code} and said nothing: `ssh -v {dest}` says more"
    return f"ssh to {host}: {last}"


def not_penstock(said: str, code: int | None, host: str, program: str) -> str:
    """Return why there is no bridge on *host*, from what its shell *said* and the exit *code* of it."""
    if code == 127:
        return (
            f"{program} is not installed on {host}, or not on the PATH of its shell ({_path(said)}): "
            '`pipx install penstock` there, or name it in hosts.toml: program = "/where/it/is/penstock"'
        )
    if code == 126:
        return f"{program} on {host} cannot be run: {_last(said)}"
    if "bridge" in said and "does not exist" in said:
        return (
            f"penstock on {host} is older than `penstock bridge`: update it there (`pipx upgrade penstock`). "
            "Commands work with it as it is: `penstock --host ... runs list`"
        )
    if code == 255:
        return f"the connection to {host} ended before penstock there answered"
    told = _last(said)
    if code is None:
        return f"penstock on {host} does not answer{': ' + told if told else ''}"
    return f"penstock on {host} ended with exit code {code}{': ' + told if told else ' and said nothing'}"


def _path(said: str) -> str:
    found = re.search(r"PATH there: (\S+)", said)
    return found[1] if found else "see `echo $PATH` there"


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("penstock: ") if lines else ""
