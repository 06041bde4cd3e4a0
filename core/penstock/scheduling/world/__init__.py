"""The engine's working set of live rows, and what is derived from it."""
