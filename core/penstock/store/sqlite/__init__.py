"""All code that is only about SQLite."""
