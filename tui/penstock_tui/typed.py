"""`Typed`: what arrives from the terminal, as messages; nothing that arrives can end it or silence it.

Textual's parser does the reading of single keys, mouse and reports. It takes one piece of text that is not
UTF-8 for the end of everything, and a paste whose end arrives in two pieces for one that never ends: all
that is typed afterwards would belong to it. So text is decoded and pastes are gathered here.
"""

from __future__ import annotations

import logging
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

PASTE, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
PAUSES = 20
"""Times that nothing came, a tenth of a second each, after which a paste without an end has ended."""
log = logging.getLogger(__name__)


class _Parser(XTermParser):
    def expired(self) -> Iterable[Message]:
        """Return what is certain when the time to wait for more has passed."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
        return self.tick()


class Typed:
    """Give it what was read with `take`, and call `idle` when nothing has come for a tenth of a second."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = _Parser()
        self._held = ""
        """What may be the beginning of a paste's mark."""
        self._paste: str | None = None
        self._pauses = 0

    def take(self, data: bytes) -> list[Message]:
        """Return what *data* means together with what came before it."""
        self._pauses = 0
        text, self._held = self._held + self._decode(data), ""
        found: list[Message] = []
        while text:
            if self._paste is not None:
                text = self._gather(text, found)
                continue
            before, mark, after = text.partition(PASTE)
            if mark:
                self._paste = ""
            else:
                self._held = _beginning(before)
                before = before.removesuffix(self._held)
            found += self._parsed(before)
            text = after
        return found

    def idle(self) -> list[Message]:
        """Return what is certain now that nothing follows: a lone escape, a paste whose end was lost."""
        self._pauses += 1
        if self._paste is not None:
            if self._pauses < PAUSES:
                return []
            pasted, self._paste = self._paste, None
            return [_pasted(pasted)]
        held, self._held = self._held, ""
        found = self._parsed(held)
        return [*found, *self._safe(self._parser.expired())]

    def _gather(self, text: str, found: list[Message]) -> str:
        """Add *text* to the paste up to its end; return what follows."""
        assert self._paste is not None
        so_far = len(self._paste)
        whole = self._paste + text
        end = whole.find(PASTE_ENDS, max(0, so_far - len(PASTE_ENDS)))
        if end < 0:
            self._paste = whole
            return ""
        self._paste = None
        found.append(_pasted(whole[:end]))
        return whole[end + len(PASTE_ENDS) :]

    def _parsed(self, text: str) -> list[Message]:
        return list(self._safe(self._parser.feed(text))) if text else []

    def _safe(self, parsed: Iterable[Message]) -> Iterator[Message]:
        """Yield what is *parsed*. What the parser fails over is dropped; a new one takes the rest."""
        try:
            yield from parsed
        except Exception:
            log.exception("what was typed could not be read")
            self._parser = _Parser()


def _beginning(text: str) -> str:
    """Return the end of *text* that may be the beginning of a paste's mark."""
    for length in range(min(len(PASTE) - 1, len(text)), 0, -1):
        if text.endswith(PASTE[:length]):
            return PASTE[:length]
    return ""


def _pasted(text: str) -> events.Paste:
    return events.Paste(text.replace("\x00", ""))
