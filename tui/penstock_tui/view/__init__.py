"""Turns views into cells and text. Pure: no Textual."""
