"""Operators and the decorators that make tasks of functions."""
