"""Screens arrange widgets and answer their messages."""
