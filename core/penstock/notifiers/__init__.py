"""Notifiers: callbacks that tell people."""
