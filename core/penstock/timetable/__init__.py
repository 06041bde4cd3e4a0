"""Schedules as pure functions: spec and time in, points out."""
