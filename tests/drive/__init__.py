"""What runs a part for a test, from the loop in this process to a whole instance, and waits for it."""
