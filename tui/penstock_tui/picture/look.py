"""`Look`: how a cell is drawn, and the shortest escape sequence from one look to another. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style

_ON = (1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 51, 52, 53)
"""The SGR parameters of Rich's attributes, in the order of its bits."""
_OFF = {1: 22, 2: 22, 3: 23, 4: 24, 21: 24, 5: 25, 6: 25, 7: 27, 8: 28, 9: 29, 51: 54, 52: 54, 53: 55}
"""What switches each of them off; some go together."""
_SEEN_ON_BLANKS = frozenset({4, 7, 9, 21, 51, 52, 53})
_SHADES = frozenset({1, 2})
"""Bold and dim: some terminals draw them in another shade of the colour."""


class Look(NamedTuple):
    """How a cell is drawn: SGR parameters, "" for the terminal's own colours; a link's id and address."""

    attributes: frozenset[int] = frozenset()
    colour: str = ""
    background: str = ""
    link: str = ""


PLAIN = Look()


@lru_cache(4096)
def look_of(style: Style | None, system: ColorSystem) -> Look:
    """Return the look of *style* on a terminal with the colours of *system*."""
    if style is None:
        return PLAIN
    attributes = frozenset(code for code, name in zip(_ON, _NAMES, strict=True) if getattr(style, name))
    colour = background = ""
    if style.color is not None and not style.color.is_default:
        colour = ";".join(style.color.downgrade(system).get_ansi_codes())
    if style.bgcolor is not None and not style.bgcolor.is_default:
        background = ";".join(style.bgcolor.downgrade(system).get_ansi_codes(foreground=False))
    link = f"id={style.link_id};{style.link}" if style.link else ""
    return Look(attributes, colour, background, link)


_NAMES = (
    "bold", "dim", "italic", "underline", "blink", "blink2", "reverse", "conceal", "strike", "underline2",
    "frame", "encircle", "overline",
)  # fmt: skip


@lru_cache(4096)
def on_blank(look: Look) -> Look:
    """Return what of *look* can be seen where there is no character."""
    seen = look.attributes & _SEEN_ON_BLANKS
    if not seen:
        return Look(background=look.background, link=look.link)
    return look._replace(attributes=seen | look.attributes & _SHADES)


@lru_cache(4096)
def change(before: Look, after: Look) -> str:
    """Return the shortest sequence after which what is written has the look *after*."""
    out = ""
    if before[:3] != after[:3]:
        steps, anew = _steps(before, after), _anew(after)
        out = f"\x1b[{min(steps, anew, key=len)}m"
    if before.link != after.link:
        out += f"\x1b]8;{after.link or ';'}\x1b\\"
    return out


def _anew(after: Look) -> str:
    """Return the parameters that begin with a reset; an empty one is a zero."""
    return ";".join(["", *map(str, sorted(after.attributes)), *filter(None, after[1:3])])


def _steps(before: Look, after: Look) -> str:
    """Return the parameters for what differs, one by one."""
    off = {_OFF[code] for code in before.attributes - after.attributes}
    on = {code for code in after.attributes if code not in before.attributes or _OFF[code] in off}
    parts = [str(code) for code in (*sorted(off), *sorted(on))]
    if before.colour != after.colour:
        parts.append(after.colour or "39")
    if before.background != after.background:
        parts.append(after.background or "49")
    return ";".join(parts)
