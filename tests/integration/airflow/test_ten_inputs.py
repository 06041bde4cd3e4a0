"""Ten small files with Airflow's words, and what each means here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from penstock.loading.parse import parse_file_sync
from penstock.model.spec import DagSpec, ParsedFile
from penstock.settings import Settings
from penstock.testing.ran import Ran, run

Write = Callable[..., Path]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    return Settings(home=home, dags_folder=tmp_path / "dags")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "file.py") -> Path:
        path = tmp_path / "dags" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(dedent(text))
        return path

    return write


def loaded(path: Path, settings: Settings) -> ParsedFile:
    parsed = parse_file_sync(path, settings=settings)
    assert parsed.errors == ()
    return parsed


def only(path: Path, settings: Settings) -> DagSpec:
    [dag] = loaded(path, settings).dags
    return dag


def ran(path: Path, settings: Settings, dag_id: str | None = None) -> Ran:
    return run(path, dag_id, logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)


def test_1_words_of_1_10_run(write: Write, settings: Settings) -> None:
    path = write("""
        from airflow import DAG
        from airflow.operators.bash_operator import BashOperator
        from airflow.operators.dummy_operator import DummyOperator
        from airflow.operators.python_operator import PythonOperator
        from airflow.utils.dates import days_ago

        dag = DAG("old", default_args={"owner": "me", "provide_context": True}, schedule_interval="@daily",
                  start_date=days_ago(2), concurrency=4)
        start = DummyOperator(task_id="start", dag=dag)
        say = BashOperator(task_id="say", bash_command="echo {{ yesterday_ds }}", dag=dag)
        ask = PythonOperator(task_id="ask", python_callable=lambda **c: c["tomorrow_ds"], dag=dag,
                             provide_context=True)
        say.set_upstream(start)
        ask.set_upstream(say)
        """)
    dag = only(path, settings)
    assert (dag.dialect, dag.schedule.kind, dag.catchup, dag.max_active_tasks) == (
        "2",
        "cron_interval",
        "all",
        4,
    )
    assert dag.catchup_unsaid
    assert dag.dialect_because == "line 3: imports BashOperator from airflow.operators.bash_operator"
    done = ran(path, settings)
    done.check()
    assert (done.xcom("say"), done.xcom("ask")) == ("2026-01-14", "2026-01-16")


def test_2_a_schedule_that_is_not_said(write: Write, settings: Settings) -> None:
    old = only(
        write("""
            from airflow import DAG
            from datetime import datetime
            dag = DAG("x", start_date=datetime(2024, 1, 1))
            """),
        settings,
    )
    new = only(
        write("""
            from airflow.sdk import DAG
            from datetime import datetime
            dag = DAG("x", start_date=datetime(2024, 1, 1))
            """),
        settings,
    )
    assert (old.dialect, old.schedule.kind, old.schedule.seconds, old.catchup) == (
        "2",
        "delta_interval",
        86400.0,
        "all",
    )
    assert any("no schedule is said" in warning for warning in old.warnings)
    assert (new.dialect, new.schedule.kind, new.catchup) == ("3", "none", "latest")


def test_3_what_is_set_later_is_taken_over_and_checked(write: Write, settings: Settings) -> None:
    text = """
        from airflow import DAG
        from airflow.operators.dummy import DummyOperator
        from datetime import datetime
        dag = DAG("x", schedule_interval="@daily", start_date=datetime(2024, 1, 1))
        t = DummyOperator(task_id="t", dag=dag)
        dag.catchup = False
        dag.schedule_interval = "@weekly"
        dag.concurrency = 3
        t.retries = 3
        t.trigger_rule = "dummy"
        t.task_concurrency = 2
        """
    dag = only(write(text), settings)
    task = dag.tasks[0]
    assert (dag.catchup, dag.catchup_unsaid, dag.schedule.text, dag.max_active_tasks) == (
        "latest",
        False,
        "@weekly",
        3,
    )
    assert (task.retries, task.trigger_rule, task.max_active_tis_per_dag) == (3, "always", 2)
    wrong = parse_file_sync(write(text.replace("t.retries = 3", "t.retries = -3")), settings=settings)
    assert (wrong.errors[0].line, "retries must be" in wrong.errors[0].message) == (10, True)


def test_4_a_pull_without_ids_asks_every_task(write: Write, settings: Settings) -> None:
    path = write("""
        from airflow import DAG
        from airflow.operators.python import PythonOperator
        from datetime import datetime

        def pull(ti):
            return ti.xcom_pull(key="n")

        with DAG("x", schedule_interval=None, start_date=datetime(2024, 1, 1)) as dag:
            one = PythonOperator(task_id="one", python_callable=lambda ti: ti.xcom_push(key="n", value=7))
            one >> PythonOperator(task_id="two", python_callable=pull)
        """)
    assert ran(path, settings).xcom("two") == 7
    new = (
        path.read_text()
        .replace("schedule_interval", "schedule")
        .replace("from airflow import", "from airflow.sdk import")
    )
    assert "return_value" not in ran(write(new), settings).task("two").xcoms


def test_5_an_operator_that_is_not_installed(write: Write, settings: Settings) -> None:
    path = write("""
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from airflow.providers.amazon.aws.operators.s3 import S3DeleteObjectsOperator
        from datetime import datetime
        with DAG("x", schedule=None, start_date=datetime(2024, 1, 1)):
            first = EmptyOperator(task_id="first")
            delete = S3DeleteObjectsOperator.partial(
                task_id="delete", aws_conn_id="aws", bucket="b", retries=5
            ).expand(keys=["a", "b"])
            first >> delete
        """)
    parsed = loaded(path, settings)
    task = parsed.dags[0].task("delete")
    assert task is not None
    assert (task.operator, task.upstream, task.expand is not None) == (
        "S3DeleteObjectsOperator",
        ("first",),
        True,
    )
    package = "apache-airflow-providers-amazon"
    assert parsed.missing == (("airflow.providers.amazon.aws.operators.s3.S3DeleteObjectsOperator", package),)
    assert any(package in warning for warning in parsed.dags[0].warnings)
    done = ran(path, settings)
    assert not done.ok
    failed = done.task("delete[0]")
    assert (failed.state, failed.try_number) == ("failed", 1)
    assert package in str(failed.reason)


def test_6_schedules_dates_and_rules_as_text(write: Write, settings: Settings) -> None:
    dag = only(
        write("""
            from airflow import DAG
            from airflow.operators.empty import EmptyOperator
            dag = DAG("x", schedule_interval="None", default_args={"start_date": "2024-01-01"})
            t = EmptyOperator(task_id="t", trigger_rule="none_failed_or_skipped", dag=dag)
            """),
        settings,
    )
    assert (dag.schedule.kind, dag.start_date) == ("none", datetime(2024, 1, 1, tzinfo=UTC))
    assert dag.tasks[0].trigger_rule == "none_failed_min_one_success"


def test_7_a_branch_that_skipped_keeps_its_value(write: Write, settings: Settings) -> None:
    path = write("""
        from airflow import DAG
        from airflow.operators.dummy import DummyOperator
        from airflow.operators.python import BranchPythonOperator
        from datetime import datetime
        with DAG("x", schedule_interval=None, start_date=datetime(2024, 1, 1)) as dag:
            branch = BranchPythonOperator(task_id="branch", python_callable=lambda: "x")
            branch >> [DummyOperator(task_id="x"), DummyOperator(task_id="y")]
        """)
    done = ran(path, settings)
    assert (done.states["x"], done.states["y"], done.xcom("branch")) == ("success", "skipped", "x")


def test_8_a_file_named_like_a_package_that_it_imports(write: Write, settings: Settings) -> None:
    path = write(
        """
        import jinja2
        from airflow import DAG
        from datetime import datetime
        assert jinja2.__version__
        dag = DAG("x", start_date=datetime(2024, 1, 1), schedule=None)
        """,
        "jinja2.py",
    )
    assert only(path, settings).dag_id == "x"


def test_9_a_sub_dag_is_a_group(write: Write, settings: Settings) -> None:
    path = write("""
        from airflow import DAG
        from airflow.operators.dummy_operator import DummyOperator
        from airflow.operators.subdag_operator import SubDagOperator
        from datetime import datetime

        def part(parent, child):
            inner = DAG(parent + "." + child, schedule_interval="@daily", start_date=datetime(2024, 1, 1))
            DummyOperator(task_id="a", dag=inner) >> DummyOperator(task_id="b", dag=inner)
            return inner

        inner = part("outer", "part")
        dag = DAG("outer", schedule_interval="@daily", start_date=datetime(2024, 1, 1))
        start = DummyOperator(task_id="start", dag=dag)
        sub = SubDagOperator(task_id="part", subdag=inner, dag=dag)
        end = DummyOperator(task_id="end", dag=dag)
        start >> sub >> end
        """)
    dag = only(path, settings)
    assert dag.dag_id == "outer"
    assert [group.group_id for group in dag.groups] == ["part"]
    after = {task.task_id: task.upstream for task in dag.tasks}
    assert after == {"start": (), "part.a": ("start",), "part.b": ("part.a",), "end": ("part.b",)}


OWN = """
    from airflow import DAG
    from airflow.timetables.base import DagRunInfo, DataInterval, Timetable
    import pendulum

    class Weekends(Timetable):
        def infer_manual_data_interval(self, *, run_after):
            return DataInterval.exact(run_after)

        def next_dagrun_info(self, *, last_automated_data_interval, restriction):
            if last_automated_data_interval is not None:
                day = last_automated_data_interval.start.add(days=1)
            else:
                day = restriction.earliest
            while day.weekday() not in (5, 6):
                day = day.add(days=1)
            {answer}

    dag = DAG("x", start_date=pendulum.datetime(2024, 1, 1, tz="UTC"), catchup=True, schedule=Weekends())
    """


def test_10_a_timetable_of_the_authors_own_is_asked_while_the_file_loads(
    write: Write, settings: Settings
) -> None:
    dag = only(write(OWN.format(answer="return DagRunInfo.interval(day, day.add(days=1))")), settings)
    assert (dag.schedule.kind, dag.schedule.text, dag.schedule.goes_on) == ("listed", "Weekends", True)
    days = [datetime.fromtimestamp(start, UTC) for start, _, _ in dag.schedule.points[:3]]
    assert [day.isoformat()[:10] for day in days] == ["2024-01-06", "2024-01-07", "2024-01-13"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("raise RuntimeError('no calendar')", "no calendar"),
        ("return day", "DagRunInfo"),
        ("return None", "no run"),
    ],
)
def test_10_a_timetable_that_gives_no_dates_is_refused_by_name(
    write: Write, settings: Settings, answer: str, told: str
) -> None:
    parsed = parse_file_sync(write(OWN.format(answer=answer)), settings=settings)
    [problem] = parsed.errors
    assert "Weekends" in problem.message
    assert told in problem.message
