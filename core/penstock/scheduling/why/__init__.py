"""Why something does not run."""
