"""Answers, field by field: every field is always there, because some clients fail on one that is not."""
