"""Running attempts: the executor port, supervisors that outlive the engine, and what they write down.

Knows no SQL. The attempt directory is the ground truth; the database is an index of it.
"""
