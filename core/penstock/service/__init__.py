"""The daemon: wiring, signals, socket, lock."""
