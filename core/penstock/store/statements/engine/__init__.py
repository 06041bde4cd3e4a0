"""Statements of `penstock.store.engine`."""
