"""Widgets draw and emit messages; they never ask the engine."""
