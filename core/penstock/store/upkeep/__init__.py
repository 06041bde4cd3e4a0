"""Looking after a database: health, backups, retention, bad rows."""
