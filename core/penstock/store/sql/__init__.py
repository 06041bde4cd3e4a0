"""Statements as text, made from `penstock.store.statements`: do not change them here."""
