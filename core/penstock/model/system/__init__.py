"""How the instance is, in words: sections with a verdict, a line and rows. Pure."""
