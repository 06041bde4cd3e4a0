"""Computes the points of a schedule. Pure: no clock, no files.

`timetable_of` gives the points of a schedule, `due.decide` what the engine does with them.
"""

from penstock.timetable.point import Point
from penstock.timetable.schedule import timetable_of
from penstock.timetable.timetable import Timetable

__all__ = ["Point", "Timetable", "timetable_of"]
