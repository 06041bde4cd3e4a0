"""Executors on other hosts, from the engine's side: what is said, what travels, what is known. No Dask."""
