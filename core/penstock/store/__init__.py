"""The state in SQLite: one writer, frozen views out. Rows and sessions never leave this room."""
