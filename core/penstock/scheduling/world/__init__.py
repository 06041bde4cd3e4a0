"""The engine's picture of what is going on, and what can be read from it."""
