"""Statements as text, made from `penstock.store.statements.views`: do not change them here."""
