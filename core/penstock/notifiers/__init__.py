"""Notifiers: callbacks that notify people."""
