"""All that is only about SQLite."""
