"""What one worker does for engines on other machines: over a local executor, and knowing no network."""
