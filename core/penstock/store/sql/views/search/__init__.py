"""Statements as text, made from `penstock.store.statements.views.search`: do not change them here."""
