"""Turns rows into views, for people and scripts."""
