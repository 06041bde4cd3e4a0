"""The statements that the store runs, as Core expressions over the tables, by the file that runs them.

Nothing that runs imports them: ``python -m penstock.store.statements`` writes each file's names, as text,
into the file of the same name in `penstock.store.sql`, and readers import that. A test holds the two equal.

What can be said when a file is written is said: values stand in the text. What is known only when the
statement is run is a ``bindparam`` without a value; ``expanding=True`` makes it a list. A statement with
`places.WHERE` or `places.ORDER` is completed by its reader, with conditions that are names of this room
too or put together from columns of it (`penstock.store.query`). Names that begin with ``_`` stay here.
"""
