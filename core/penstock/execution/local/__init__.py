"""The executor of one machine."""
