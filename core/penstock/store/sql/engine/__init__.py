"""Statements as text, made from `penstock.store.statements.engine`: do not change them here."""
