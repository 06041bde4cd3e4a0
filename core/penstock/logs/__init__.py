"""Attempts' output: bytes, times and offsets. No meaning, no SQL, no screen."""
