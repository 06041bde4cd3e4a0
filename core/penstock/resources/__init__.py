"""CPU, memory and I/O of running attempts."""
