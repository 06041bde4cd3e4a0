"""Memory of a process: proportional and resident, and what is left when the kernel does not tell."""

from __future__ import annotations

import os
import sys

import pytest

from penstock.process import LINUX
from penstock.process_memory import Memory, memory_of


def test_our_own_memory_is_known() -> None:
    memory = memory_of(os.getpid())
    assert memory.rss is not None
    assert memory.rss > 5 << 20
    if LINUX:
        assert memory.pss is not None
        assert 0 < memory.pss <= memory.rss


def test_a_process_that_is_not_there_has_none() -> None:
    assert memory_of(2**22 + 1) == Memory(None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this file")
def test_a_process_that_hides_its_memory_still_shows_how_much_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    read = Path.read_text

    def hidden(path: Path, *words: str) -> str:
        if path.name == "smaps_rollup":
            raise PermissionError(path)
        return read(path, *words)

    monkeypatch.setattr(Path, "read_text", hidden)
    memory = memory_of(os.getpid())
    assert memory.pss is None
    assert memory.rss is not None
    assert memory.rss > 5 << 20
