"""Statements of `penstock.store.views.search`."""
