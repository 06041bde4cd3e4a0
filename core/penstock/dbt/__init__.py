"""dbt projects as DAGs: their graph at load, their nodes as tasks (extra ``penstock[dbt]``).

``project``, ``manifest`` and ``graph`` find out what there is, ``dag`` and ``tasks`` make tasks of it: they
run where a DAG file loads. ``run`` and ``row`` are the programs of tasks, ``ask_dbt`` is run by dbt's own
Python. None of them but the last imports dbt, which is a program of the author's.
"""
