"""Statements as text, made from `penstock.store.statements.upkeep`: do not change them here."""
