"""What runs in a supervisor: the standard library and these files."""
