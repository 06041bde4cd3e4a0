"""Maintains a database: health, backups, retention."""
