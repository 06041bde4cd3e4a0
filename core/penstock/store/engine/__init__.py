"""What the engine works with: the gate, its records and its working set."""
