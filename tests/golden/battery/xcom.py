"""What the reference ran to measure XComs, without what does not exist here yet."""

import datetime as dt
import decimal
import pathlib
import uuid

from penstock import DAG, BashOperator, PythonOperator, task

CASES = {
    "by_task": lambda ti: ti.xcom_pull(task_ids="ret"),
    "by_task_key": lambda ti: ti.xcom_pull(task_ids="push", key="k"),
    "missing_returns": lambda ti: ti.xcom_pull(task_ids="none"),
    "missing_task": lambda ti: ti.xcom_pull(task_ids="nosuchtask"),
    "list_of_tasks": lambda ti: list(ti.xcom_pull(task_ids=["ret", "multi"])),
    "list_with_missing": lambda ti: list(ti.xcom_pull(task_ids=["ret", "none", "push"])),
    "list_of_one": lambda ti: list(ti.xcom_pull(task_ids=["ret"])),
    "no_task_ids": lambda ti: ti.xcom_pull(key="k"),
    "own_pushed": lambda ti: (ti.xcom_push("z", 3), ti.xcom_pull(task_ids=ti.task_id, key="z"))[1],
    "own_no_ids": lambda ti: (ti.xcom_push("z", 4), ti.xcom_pull(key="z"))[1],
    "multi_key": lambda ti: ti.xcom_pull(task_ids="multi", key="p"),
    "pushed_none": lambda ti: ti.xcom_pull(task_ids="push", key="k2", default="D"),
    "tuple_roundtrip": lambda ti: type(ti.xcom_pull(task_ids="tup")).__name__,
    "set_roundtrip": lambda ti: type(ti.xcom_pull(task_ids="st")).__name__,
    "include_prior": lambda ti: ti.xcom_pull(task_ids="ret", include_prior_dates=True),
    "mapped_all": lambda ti: list(ti.xcom_pull(task_ids="m")),
    "mapped_all_type": lambda ti: type(ti.xcom_pull(task_ids="m")).__name__,
    "mapped_one": lambda ti: ti.xcom_pull(task_ids="m", map_indexes=1),
    "mapped_list": lambda ti: list(ti.xcom_pull(task_ids="m", map_indexes=[0, 2])),
    "mapped_in_list": lambda ti: [
        list(x) if hasattr(x, "__iter__") else x for x in ti.xcom_pull(task_ids=["m"])
    ],
    "other_dag": lambda ti: ti.xcom_pull(task_ids="x", dag_id="nosuchdag"),
    "missing_default": lambda ti: ti.xcom_pull(task_ids="none", default="D"),
}
with DAG("bx", schedule=None):

    @task
    def ret():
        return {"a": 1}

    @task(multiple_outputs=True)
    def multi():
        return {"p": 1, "q": 2}

    @task
    def push(ti=None):
        ti.xcom_push("k", "v")
        ti.xcom_push("k2", None)

    @task
    def none():
        return None

    @task
    def tup():
        return (1, 2)

    @task
    def st():
        return {1}

    @task
    def m(v):
        return v * 10

    src = [ret(), multi(), push(), none(), tup(), st(), m.expand(v=[1, 2, 3])]
    BashOperator.partial(task_id="bm").expand(bash_command=["echo 1", "echo 2"])
    for name, function in CASES.items():
        src >> PythonOperator(task_id=f"c_{name}", python_callable=function)
    src >> BashOperator(
        task_id="tpl",
        bash_command="echo {{ ti.xcom_pull(task_ids='ret')['a'] }}-{{ ti.xcom_pull(task_ids='none') }}"
        "-{{ ti.xcom_pull('push', key='k') }}",
    )

    @task
    def keyed(v):
        return v

    @task
    def keyed_missing(v):
        return v

    @task
    def none_arg(v):
        return [v]

    keyed(src[0]["a"])
    keyed_missing(src[0]["zzz"])
    none_arg(src[3])

VALUES = {
    "int": 1,
    "float": 1.5,
    "bool": True,
    "str": "s",
    "bytes": b"x",
    "list": [1],
    "dict_int_key": {1: 2},
    "nan": float("nan"),
    "decimal": decimal.Decimal("1.5"),
    "date": dt.date(2026, 1, 1),
    "timedelta": dt.timedelta(1),
    "uuid": uuid.UUID(int=1),
    "path": pathlib.Path("/x"),
    "frozenset": frozenset([1]),
    "complex": 1j,
    "range": range(3),
    "nested_tuple": [(1, 2)],
    "big": "x" * 70000,
}
with DAG("bx_types", schedule=None):
    for name, value in VALUES.items():
        PythonOperator(task_id=name, python_callable=lambda v=value: v)
