"""Steps decide: one file for each step of a tick."""
