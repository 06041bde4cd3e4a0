"""Pure: views in, cells and text out. No Textual."""
