"""The engine's part of the store: the gate, the records and the working set."""
