"""What leaves the store: frozen values for the console, the command line and scripts."""
