"""Airflow's vocabulary: DAG files that import from ``airflow`` load and run as they are.

`hook` serves the modules, from the table of names in names.txt; `dialect` finds out whether a file means
2.x or 3.x; `speech` says what its words mean; `missing` stands in for what is not installed; `places` knows
where such a file looks for its own modules. What ours have no counterpart for is in ``served/``.
"""
