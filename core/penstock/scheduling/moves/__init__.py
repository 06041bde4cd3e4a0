"""Moves change state: tasks, runs, pauses, backfills."""
