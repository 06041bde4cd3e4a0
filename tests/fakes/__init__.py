"""What stands in for a part: a clock, an executor, an engine, servers of others, a small disk."""
