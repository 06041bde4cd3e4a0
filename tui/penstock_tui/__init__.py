"""The console: Textual over the engine port."""
