"""Runs attempts: the executor port, and an executor with supervisors that outlive the engine.

No SQL here. The attempt directory is the truth; the database is an index of it.
"""
