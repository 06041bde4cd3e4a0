"""Keeping pairs of backgrounds by their colours, so that widgets that are gone can be forgotten.

Textual keeps the last 1,024 answers of a method of every widget's cache of drawn lines. The cache itself is
part of the key, so the lines of 1,024 widgets that were closed stay in memory.
"""

from __future__ import annotations

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style


@lru_cache(256)
def _pair(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)


def _inner_outer(_cache: StylesCache, base: Color, background: Color) -> tuple[Style, Style]:
    return _pair(base, background)


def keep_by_colour() -> None:
    """Let Textual ask for the backgrounds inside and outside a border here. Calling it again does no harm."""
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[assignment, method-assign]
