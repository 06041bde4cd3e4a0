"""The steps of the nyc_flights pipeline, as plain functions that need no engine.

``places``     where everything lies, and which day a run stands for
``source``     the "source system": publishes the files of one day
``tables``     the five tables: columns and keys
``quality``    checks of a day's drop that can fail, naming the rows
``warehouse``  one short transaction at a time on the DuckDB file
``ingest``     by delta: the partition of a day
``reference``  by delta: the rows of a reference table that are new or changed
``dashboard``  one HTML page from the mart's figures, drawn by ``charts``
``sql/``       the transformations

DuckDB is imported inside functions: most tasks never need it, and they start faster without.
"""
