"""Lists over all DAGs: filtered, ordered and counted by the database, a page at a time."""
