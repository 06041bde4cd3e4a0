"""Statements of `penstock.store.upkeep`."""
