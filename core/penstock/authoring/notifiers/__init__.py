"""Ready-made callbacks that tell people."""
