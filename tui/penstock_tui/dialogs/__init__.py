"""Dialogs: ask, preview, confirm."""
