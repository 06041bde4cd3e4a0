"""How a state is drawn: one character or a word, with a style. Pure.

`penstock.model.looks` says how each looks; `Looks(ascii=True)` gives letters for glyphs.
"""

from __future__ import annotations

from penstock.model.backfills import BACKFILL_POINTS, BACKFILLS, CANARIES, CHOICES, REPROCESSES
from penstock.model.callbacks import CALLBACKS
from penstock.model.looks import LOOKS, Look
from penstock.model.pauses import PAUSES, PauseKind
from penstock.model.points import POINTS
from penstock.model.subject import SUBJECTS

_VOCABULARIES = (BACKFILLS, BACKFILL_POINTS, CANARIES, CHOICES, REPROCESSES, CALLBACKS, POINTS, SUBJECTS)
_OF_KIND: dict[type, dict[str, Look]] = {
    **{words.kind: words.looks() for words in _VOCABULARIES},
    PauseKind: {kind: term.look for kind, term in PAUSES.items()},
}
"""Words of small vocabularies may differ from a state of the same name."""


class Looks:
    """The looks of all states, with glyphs or in plain ASCII."""

    __slots__ = ("_ascii",)

    def __init__(self, *, ascii: bool = False) -> None:  # noqa: A002
        self._ascii = ascii

    @property
    def ascii(self) -> bool:
        """Whether only ASCII may be drawn."""
        return self._ascii

    def look(self, state: str) -> Look:
        """Return how *state* looks; unknown states look like none."""
        return _OF_KIND.get(type(state), LOOKS).get(state, LOOKS["none"])

    def knows(self, state: str) -> bool:
        """Return whether *state* has a look of its own."""
        return state in _OF_KIND.get(type(state), LOOKS)

    def glyph(self, state: str) -> str:
        """Return the character of *state*."""
        look = self.look(state)
        return look.letter if self._ascii else look.glyph

    def style(self, state: str) -> str:
        """Return the Rich style of *state*."""
        return self.look(state).style

    def cell(self, state: str) -> tuple[str, str]:
        """Return glyph and style: one span."""
        return self.glyph(state), self.look(state).style

    def worded(self, state: str) -> tuple[str, str]:
        """Return glyph with word, and style: one span."""
        look = self.look(state)
        return f"{self.glyph(state)} {look.word}".rstrip(), look.style


def known_states() -> tuple[str, ...]:
    """Return every state that has a look of its own."""
    return tuple(LOOKS)
