"""Operators and the decorators that make tasks from functions."""
