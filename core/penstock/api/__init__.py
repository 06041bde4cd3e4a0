"""What console and command line may ask of an engine: the port, and its two implementations."""
