"""What was measured on the reference system, tried here and compared."""
