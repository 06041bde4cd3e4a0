"""Operators: tasks that do something."""
