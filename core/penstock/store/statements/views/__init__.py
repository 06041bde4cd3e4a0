"""Statements of `penstock.store.views`."""
