"""One tick: obey, settle, reap, create, dispatch."""
