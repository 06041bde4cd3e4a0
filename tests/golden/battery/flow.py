"""What the reference ran to measure flow."""

import time
from datetime import UTC, datetime, timedelta

from penstock import (
    DAG,
    AirflowFailException,
    AirflowSkipException,
    BranchPythonOperator,
    PokeReturnValue,
    ShortCircuitOperator,
    TaskGroup,
    task,
)
from penstock import BashOperator as B
from penstock import EmptyOperator as E
from penstock import PythonOperator as P

K = {"schedule": None, "start_date": datetime(2026, 1, 1, tzinfo=UTC)}


def bad():
    raise ValueError("x")


def skip():
    raise AirflowSkipException


def with_teardown(dag_id, setup, work, teardown, **counts):
    """Set up, work, tear down."""
    with DAG(dag_id, **K):
        s, w, t = setup(task_id="s").as_setup(), work(task_id="w"), teardown(task_id="t")
        s >> w >> t.as_teardown(setups=s, **counts)


class Bad(P):
    def __init__(self, **arguments):
        super().__init__(python_callable=bad, **arguments)


class Skip(P):
    def __init__(self, **arguments):
        super().__init__(python_callable=skip, **arguments)


with DAG("fl_branch_join", **K):
    b = BranchPythonOperator(task_id="b", python_callable=lambda: "x")
    x, y, y2, j = (E(task_id=name) for name in ("x", "y", "y2", "j"))
    j2 = E(task_id="j2", trigger_rule="none_failed_min_one_success")
    b >> [x, y]
    y >> y2
    [x, y2] >> j
    [x, y2] >> j2
with DAG("fl_branch_direct_join", **K):
    b = BranchPythonOperator(task_id="b", python_callable=lambda: "x")
    x = E(task_id="x")
    j = E(task_id="j", trigger_rule="none_failed_min_one_success")
    b >> [x, j]
    x >> j
with DAG("fl_branch_none", **K):
    b = BranchPythonOperator(task_id="b", python_callable=lambda: None)
    b >> [E(task_id="x"), E(task_id="y")]
with DAG("fl_branch_bad_id", **K):
    b = BranchPythonOperator(task_id="b", python_callable=lambda: "nope")
    b >> [E(task_id="x"), E(task_id="y")]
with DAG("fl_branch_not_downstream", **K):
    b = BranchPythonOperator(task_id="b", python_callable=lambda: "far")
    x = E(task_id="x")
    far = E(task_id="far")
    b >> x
with DAG("fl_branch_group", **K):
    b = BranchPythonOperator(task_id="b", python_callable=lambda: "g")
    with TaskGroup("g") as g:
        E(task_id="a") >> E(task_id="c")
    y = E(task_id="y")
    b >> [g, y]
with DAG("fl_short_false", **K):
    s = ShortCircuitOperator(task_id="s", python_callable=lambda: False)
    a = E(task_id="a")
    c = E(task_id="c", trigger_rule="all_done")
    d = E(task_id="d", trigger_rule="all_done")
    o = E(task_id="o")
    s >> a >> c
    o >> d
    a >> d
with DAG("fl_short_false_respect", **K):
    s = ShortCircuitOperator(task_id="s", python_callable=lambda: 0, ignore_downstream_trigger_rules=False)
    s >> E(task_id="a") >> E(task_id="c", trigger_rule="all_done")
with DAG("fl_short_true", **K):
    ShortCircuitOperator(task_id="s", python_callable=lambda: "yes") >> E(task_id="a")
with DAG("fl_all_skipped", **K):
    P(task_id="s", python_callable=skip)
with DAG("fl_fail_side", **K):
    P(task_id="f", python_callable=bad) >> E(task_id="d")
    E(task_id="ok")
with DAG("fl_retry", **K):

    @task(retries=2, retry_delay=timedelta(seconds=0.1))
    def flaky(ti=None):
        if ti.try_number < 3:
            raise ValueError("x")
        return ti.try_number

    @task(retries=2, retry_delay=timedelta(seconds=0.1))
    def failfast():
        raise AirflowFailException("no retry")

    @task(retries=1, retry_delay=timedelta(seconds=0.1))
    def always():
        raise ValueError("x")

    flaky()
    failfast()
    always()
with DAG("fl_bash", **K):
    B(task_id="exit0", bash_command="echo a; echo last")
    B(task_id="exit1", bash_command="echo x; exit 1")
    B(task_id="exit99", bash_command="exit 99")
    B(task_id="exit5skip", bash_command="exit 5", skip_on_exit_code=5)
    B(task_id="empty_out", bash_command="true")
    B(task_id="nopush", bash_command="echo q", do_xcom_push=False)
    B(task_id="multi_line", bash_command='printf "a\\nb\\n"')
    B(task_id="trail_space", bash_command='echo "x  "')
    B(task_id="stderr", bash_command="echo out; echo err >&2")
    show = 'echo "${FOO:-none}:${HOME:+home}"'
    B(task_id="env_only", bash_command=show, env={"FOO": "1"})
    B(task_id="env_append", bash_command=show, env={"FOO": "1"}, append_env=True)
    B(task_id="outproc", bash_command="echo 41", output_processor=lambda o: int(o) + 1)
    B(task_id="pipefail", bash_command="false | true")
    B(
        task_id="ctxenv",
        bash_command="echo $AIRFLOW_CTX_DAG_ID/$AIRFLOW_CTX_TASK_ID/$AIRFLOW_CTX_TRY_NUMBER",
    )
with DAG("fl_sensor", **K):

    @task.sensor(poke_interval=0.1, timeout=5)
    def ok():
        return PokeReturnValue(is_done=True, xcom_value="v")

    @task.sensor(poke_interval=0.1, timeout=0.5)
    def never():
        return False

    @task.sensor(poke_interval=0.1, timeout=0.5, soft_fail=True)
    def soft():
        return False

    @task.sensor(poke_interval=0.1, timeout=2, mode="reschedule")
    def plain():
        return True

    ok()
    never() >> E(task_id="dn")
    soft() >> E(task_id="ds")
    plain()
with DAG("fl_args", **K):

    @task
    def f(x, ds, ti, params, logical_date, missing="dflt", **kw):
        return [x, ds, ti.task_id, missing, sorted(kw)]

    f("X")
    P(task_id="po", python_callable=lambda ds, y, **kw: [ds, y, "run_id" in kw], op_kwargs={"y": 1})
    P(task_id="pa", python_callable=lambda a, b: [a, b], op_args=["{{ ds }}", "lit"])
with DAG("fl_xcom", **K):

    @task
    def ret():
        return {"a": 1, "b": [2]}

    @task(multiple_outputs=True)
    def multi():
        return {"p": 1, "q": 2}

    @task
    def annotated() -> dict[str, int]:
        return {"m": 5}

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
        return {3, 1}

    @task
    def unser():
        return object()

    @task
    def pull(a, b, c):
        return [a, b, c]

    m = multi()
    [push(), none(), annotated()] >> pull(ret()["a"], m["p"], m["q"])
    tup()
    st()
    unser()
with DAG("fl_skip_chain", **K):
    Skip(task_id="s") >> E(task_id="a") >> E(task_id="b", trigger_rule="all_done")
with DAG("fl_fail_leaf_green", **K):
    Bad(task_id="f") >> E(task_id="end", trigger_rule="all_done")
with DAG("fl_fail_fast", fail_fast=True, **K):
    Bad(task_id="f") >> E(task_id="a")
    E(task_id="z")
with DAG("fl_timeout", **K):

    @task(execution_timeout=timedelta(seconds=1))
    def slow():
        time.sleep(5)

    slow()
with DAG("fl_run_if", **K):

    @task.run_if(lambda context: False, skip_message="no")
    @task
    def a():
        return 1

    @task.skip_if(lambda context: False)
    @task
    def b():
        return 2

    a()
    b()
with_teardown("fl_teardown_after_fail", E, Bad, E)
with_teardown("fl_teardown_fails", E, E, Bad)
with_teardown("fl_teardown_fails_run", E, E, Bad, on_failure_fail_dagrun=True)
with_teardown("fl_setup_skipped", Skip, E, E)
with DAG("fl_two_setups_one_fails", **K):
    s1, s2, w = E(task_id="s1").as_setup(), Bad(task_id="s2").as_setup(), E(task_id="w")
    [s1, s2] >> w >> E(task_id="t").as_teardown(setups=[s1, s2])
