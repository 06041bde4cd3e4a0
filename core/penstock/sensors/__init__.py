"""Sensors: operators that wait for a condition."""
