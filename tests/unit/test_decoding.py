"""One decoder a type, whoever asks first and however many at once."""

from __future__ import annotations

import threading

import msgspec

from penstock.decoding import decoder


def test_threads_that_ask_together_get_the_same_decoder() -> None:
    kind = msgspec.defstruct("Fresh", [("name", str), ("more", list[int], [])])
    start = threading.Barrier(8)
    found: list[object] = []

    def ask() -> None:
        start.wait()
        found.append(decoder(kind))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(each) for each in found}) == 1
    assert decoder(kind).decode(b'{"name":"x"}') == kind("x")
