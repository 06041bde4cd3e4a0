"""What a DAG file says, as data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import penstock
from penstock.errors import DagFileError
from penstock.model.spec import CommandSpec, PoolSpec, SensorSpec, decode_spec, encode_spec


def test_defaults_are_the_references(load: Any) -> None:
    spec = load.one("EmptyOperator(task_id='a')")
    (task,) = spec.tasks
    assert (spec.catchup, spec.max_active_runs, spec.max_active_tasks, spec.timezone) == (
        "latest",
        16,
        16,
        "UTC",
    )
    assert (task.retries, task.retry_delay) == (0, 300.0)
    assert (task.pool, task.trigger_rule) == ("default_pool", "all_success")
    assert (task.launch, task.line, spec.line) == ("empty", 2, 1)
    assert decode_spec(encode_spec(spec)) == spec


def test_edges_set_by_a_method_may_be_labelled(load: Any) -> None:
    spec = load.one(
        "a, b, c = (EmptyOperator(task_id=name) for name in 'abc')\n"
        "a.set_downstream(b, edge_modifier=Label('then'))\n"
        "c.set_upstream([a, b], edge_modifier=Label('at last'))"
    )
    assert sorted(spec.labels) == [("a", "b", "then"), ("a", "c", "at last"), ("b", "c", "at last")]


def test_task_arguments_reach_the_spec(load: Any) -> None:
    (task,) = load.one(
        "from datetime import timedelta\n"
        "EmptyOperator(task_id='a', owner='me', retries='3', retry_delay=timedelta(minutes=1), "
        "retry_exponential_backoff=True, max_retry_delay=90, execution_timeout=timedelta(hours=1), "
        "stop_grace=5, on_lost='fail', pool='p', pool_slots=2, priority_weight=7, weight_rule='absolute', "
        "max_active_tis_per_dag=3, max_active_tis_per_dagrun=2, wait_for_downstream=True, "
        "trigger_rule=TriggerRule.ALL_DONE, doc_md='  why', task_display_name='A', log='direct')"
    ).tasks
    wanted = {
        "owner": "me",
        "retries": 3,
        "retry_delay": 60.0,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": 90.0,
        "execution_timeout": 3600.0,
        "stop_grace": 5.0,
        "on_lost": "fail",
        "pool": "p",
        "pool_slots": 2,
        "priority_weight": 7,
        "weight_rule": "absolute",
        "max_active_tis_per_dag": 3,
        "max_active_tis_per_dagrun": 2,
        "wait_for_downstream": True,
        "depends_on_past": True,
        "trigger_rule": "all_done",
        "doc": "why",
        "display_name": "A",
        "log_direct": True,
    }
    assert {name: getattr(task, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("arguments", "launch", "command"),
    [
        ("bash_command='echo hi'", "command", CommandSpec(argv=("bash", "-c", "echo hi"))),
        (
            "bash_command='x', env={'A': 1}, cwd='/tmp'",
            "command",
            CommandSpec(argv=("bash", "-c", "x"), env={"A": "1"}, replace_env=True, cwd="/tmp"),
        ),
        (
            "bash_command='x', env={'A': '1'}, append_env=True",
            "command",
            CommandSpec(argv=("bash", "-c", "x"), env={"A": "1"}),
        ),
        ("bash_command='run.sh '", "command", CommandSpec(argv=("bash", "-c", "run.sh "))),
        (
            "bash_command='x', shell='/bin/bash'",
            "command",
            CommandSpec(argv=("/bin/bash", "-c", "x")),
        ),
        ("bash_command='echo {{ ds }}'", "python", None),
        ("bash_command='{% if 1 %}x{% endif %}'", "python", None),
        ("bash_command='x', env={'A': '{{ ds }}'}", "python", None),
        ("bash_command='x', cwd='/{{ ds }}'", "python", None),
        ("bash_command='x', output_processor=len", "python", None),
        ("bash_command='x', pre_execute=print", "python", None),
        ("bash_command=EmptyOperator(task_id='e').output", "python", None),
    ],
)
def test_a_command_needs_no_python_unless_it_does(
    arguments: str, launch: str, command: CommandSpec | None, load: Any
) -> None:
    task = load.one(f"BashOperator(task_id='a', {arguments})").task("a")
    assert (task.launch, task.command) == (launch, command)
    assert task.skip_on_exit_code == (99,)
    assert task.push_last_line is ("output_processor" not in arguments)


def test_a_subclass_of_bash_is_executed_as_python(load: Any) -> None:
    spec = load.one(
        "class Mine(BashOperator):\n    def execute(self, context): return 1\n"
        "class Nothing(EmptyOperator):\n    def execute(self, context): return 1\n"
        "Mine(task_id='a', bash_command='x', do_xcom_push=False)\nNothing(task_id='b')"
    )
    assert [(task.launch, task.operator, task.push_last_line) for task in spec.tasks] == [
        ("python", "Mine", False),
        ("python", "Nothing", False),
    ]


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        ("None", {"kind": "none", "text": "None"}),
        ("'@once'", {"kind": "once"}),
        ("'@daily'", {"kind": "cron", "crons": ("@daily",), "text": "@daily"}),
        ("'5 4 * * *'", {"kind": "cron", "crons": ("5 4 * * *",)}),
        ("timedelta(hours=6)", {"kind": "delta", "seconds": 21600.0, "text": "6:00:00"}),
        ("relativedelta(months=1, days=2)", {"kind": "delta", "relative": {"months": 1, "days": 2}}),
        (
            "CronTriggerTimetable('0 18 * * 5', timezone='America/New_York', interval=timedelta(days=4))",
            {"kind": "cron", "timezone": "America/New_York", "interval": 345600.0},
        ),
        ("CronTriggerTimetable('@hourly', run_immediately=True)", {"run_immediately": True}),
        ("CronTriggerTimetable('0 0 6 * * 1-5', seconds='first')", {"cron_seconds": "first"}),
        ("CronDataIntervalTimetable('0 0 6 * * 1-5', seconds='last')", {"cron_seconds": "last"}),
        (
            "MultipleCronTriggerTimetable('0 6 * * *', '0 0 */2 * 1 0', seconds='last', days='both')",
            {"cron_seconds": "last", "cron_days": "both"},
        ),
        (
            "CronTriggerTimetable('@hourly', run_immediately=timedelta(minutes=45))",
            {"run_immediately": 2700.0},
        ),
        (
            "CronDataIntervalTimetable('@hourly', 'Asia/Kolkata')",
            {"kind": "cron_interval", "timezone": "Asia/Kolkata"},
        ),
        ("MultipleCronTriggerTimetable('10 1 * * *', '40 2 * * 1')", {"crons": ("10 1 * * *", "40 2 * * 1")}),
        (
            "DeltaTriggerTimetable(timedelta(hours=6), interval=timedelta(hours=6))",
            {"kind": "delta", "seconds": 21600.0, "interval": 21600.0},
        ),
        (
            "DeltaDataIntervalTimetable(relativedelta(weeks=2))",
            {"kind": "delta_interval", "relative": {"days": 14}},
        ),
    ],
)
def test_schedules(schedule: str, wanted: dict[str, Any], load: Any) -> None:
    text = "from datetime import timedelta\nfrom dateutil.relativedelta import relativedelta\n"
    (spec,) = load.specs(f"{text}d = DAG('d', schedule={schedule}, timezone='Europe/Amsterdam')")
    told = {name: getattr(spec.schedule, name) for name in wanted}
    assert told == wanted
    assert spec.schedule.timezone == wanted.get("timezone", "Europe/Amsterdam")
    assert spec.timezone == "Europe/Amsterdam"


@pytest.mark.parametrize(
    ("arguments", "zone", "start"),
    [
        ("start_date=datetime(2026, 1, 1)", "UTC", datetime(2026, 1, 1, tzinfo=UTC)),
        (
            "start_date=datetime(2026, 7, 1), timezone='America/New_York'",
            "America/New_York",
            datetime(2026, 7, 1, 4, tzinfo=UTC),
        ),
        (
            "start_date=datetime(2026, 7, 1, tzinfo=ZoneInfo('Asia/Tokyo'))",
            "Asia/Tokyo",
            datetime(2026, 6, 30, 15, tzinfo=UTC),
        ),
        (
            "start_date=datetime(2026, 7, 1, tzinfo=ZoneInfo('Asia/Tokyo')), timezone=ZoneInfo('UTC')",
            "UTC",
            datetime(2026, 6, 30, 15, tzinfo=UTC),
        ),
        (
            "start_date=datetime.fromisoformat('2026-07-01T00:00:00+02:00')",
            "Etc/GMT-2",
            datetime(2026, 6, 30, 22, tzinfo=UTC),
        ),
        (
            "default_args={'start_date': datetime(2026, 1, 1, tzinfo=timezone.utc)}",
            "UTC",
            datetime(2026, 1, 1, tzinfo=UTC),
        ),
    ],
)
def test_time_zones(arguments: str, zone: str, start: datetime, load: Any) -> None:
    text = "from datetime import datetime, timezone\nfrom zoneinfo import ZoneInfo\n"
    (spec,) = load.specs(f"{text}d = DAG('d', {arguments})")
    assert (spec.timezone, spec.start_date) == (zone, start)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("True", "all"), ("False", "latest"), ("'none'", "none"), ("'all'", "all"), ("'latest'", "latest")],
)
def test_catchup(value: str, wanted: str, load: Any) -> None:
    assert load.one("", f"catchup={value}").catchup == wanted


def test_default_args_fill_what_the_inner_ones_do_not(load: Any) -> None:
    spec = load.one(
        "with TaskGroup('g', default_args={'retries': 5, 'mode': 'reschedule'}):\n"
        "    with TaskGroup('h', default_args={'owner': 'h'}):\n"
        "        EmptyOperator(task_id='a')\n"
        "        FileSensor(task_id='s', filepath='x', retries=0)\n"
        "EmptyOperator(task_id='b', owner='b')\n"
        "BashOperator(task_id='c')",
        "default_args={'retries': 1, 'owner': 'me', 'pool': 'p', 'nonsense': 1, 'bash_command': 'true'}",
    )
    assert [(task.task_id, task.retries, task.owner, task.pool) for task in spec.tasks] == [
        ("g.h.a", 5, "h", "p"),
        ("g.h.s", 0, "h", "p"),
        ("b", 1, "b", "p"),
        ("c", 1, "me", "p"),
    ]
    assert spec.task("g.h.s").sensor == SensorSpec(mode="reschedule")
    assert spec.owner == "b, h, me"


def test_knowingly_ignored_arguments_are_warnings_once(load: Any) -> None:
    spec = load.one(
        "EmptyOperator(task_id='a', executor_config={'x': 1}, email_on_failure=False)\n"
        "EmptyOperator(task_id='b', executor_config={'x': 1})",
        "access_control={'x': 'y'}, default_args={'email_on_retry': True, 'sla': None}",
    )
    assert spec.warnings == (
        "argument access_control is ignored: there is one user",
        "argument executor_config is ignored: no executor here takes it; use executor, queue and resources",
        "argument email_on_retry is ignored: give SmtpNotifier as on_retry_callback",
    )


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("'0 0 */2 * 1'", ["either is enough here and in Airflow, both must match in cron"]),
        ("CronTriggerTimetable('0 0 */2 * 1', days='both', run_immediately=False)", []),
        ("'0 22-6 * * *'", ["'22-6' goes past the end of the hour field"]),
        ("MultipleCronTriggerTimetable('0 22-6 * * *', '0 22-6 * * *')", ["'22-6' goes past the end"]),
        ("'0 0 1 1 * 0 2099'", ["seven fields are read with the second sixth"]),
        (
            "CronTriggerTimetable('0 0 1 1 * 0 2005', seconds='last')",
            ["last match was 2005-01-01 00:00"],
        ),
        ("'0 6 * * *'", []),
        ("timedelta(days=30)", []),
    ],
)
def test_what_a_schedule_may_mean_elsewhere_is_a_warning_once(
    schedule: str, said: list[str], load: Any
) -> None:
    text = "from datetime import timedelta\n"
    (spec,) = load.specs(f"{text}d = DAG('d', schedule={schedule}, catchup='none')")
    assert len(spec.warnings) == len(said)
    assert all(part in warning for part, warning in zip(said, spec.warnings, strict=True))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("schedule='0 0 28 * *'", True),
        ("schedule='@weekly'", True),
        ("schedule='@daily'", False),
        ("schedule='0 0 28 * *', catchup='none'", False),
        ("schedule='0 0 28 * *', start_date=datetime(2026, 1, 1)", False),
        ("schedule=CronTriggerTimetable('0 0 28 * *', run_immediately=False)", False),
        ("schedule=CronDataIntervalTimetable('0 0 28 * *')", False),
    ],
)
def test_a_long_grace_for_the_first_run_is_said(arguments: str, said: bool, load: Any) -> None:
    (spec,) = load.specs(f"from datetime import datetime\nd = DAG('d', {arguments})")
    assert [("runs at once" in warning, "run_immediately=False" in warning) for warning in spec.warnings] == [
        (True, True)
    ] * said


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("'0 0 6 * * 1-5'", "as in CronTriggerTimetable('0 0 6 * * 1-5', seconds=\"first\")"),
        ("CronDataIntervalTimetable('0 0 6 * * 1-5')", "as in CronDataIntervalTimetable('0 0 6 * * 1-5', "),
        ("MultipleCronTriggerTimetable('0 6 * * *', '0 0 6 * * 1-5')", "cron '0 0 6 * * 1-5' has six fields"),
        ("'0 0 13 * 5#2'", "cannot be used with another day field"),
        ("'@every 5m'", "timedelta(minutes=5)"),
        ("'0 0 * * 5L'", "written L5"),
        ("CronTriggerTimetable('0 6 * * *', seconds='first')", "'0 6 * * *' has fewer"),
        ("'0 9 * * 1-5 30'", "as in CronTriggerTimetable('0 9 * * 1-5 30', seconds=\"last\")"),
        ("CronTriggerTimetable('0 6 * * *', run_immediately='yes')", "must be True, False or a timedelta"),
        ("CronTriggerTimetable('0 6 * * *', run_immediately=5)", "not int 5"),
        ("CronTriggerTimetable('0 6 * * *', run_immediately=timedelta(-1))", "that is not negative"),
        ("'@dayly'", "did you mean '@daily'?"),
        ("CronTriggerTimetable('0 6 * * *', seconds='middle')", "seconds must be 'first' or 'last'"),
        ("CronTriggerTimetable('0 6 * * *', days='all')", "days must be 'either' or 'both'"),
        ("'0 0 1 1 * 0 2020', start_date=datetime(2026, 1, 1)", "never matches any date from 2026-01-01 on"),
    ],
)
def test_a_schedule_that_may_mean_two_things_is_refused_at_its_line(
    schedule: str, message: str, load: Any
) -> None:
    with pytest.raises(DagFileError) as caught:
        load.specs(f"from datetime import datetime, timedelta\n\nd = DAG('d', schedule={schedule})")
    assert message in caught.value.message
    assert "fewer, as in" not in caught.value.message
    assert caught.value.line is not None


@pytest.mark.parametrize(
    ("dates", "warned"),
    [
        ("start_date='2026-01-01', end_date='2025-01-01'", "end_date is before start_date"),
        ("start_date='9000-01-01'", "schedules end with the year 8999"),
        ("start_date='2026-01-01', end_date='2026-01-01'", None),
    ],
)
@pytest.mark.parametrize("schedule", ["'@daily'", "timedelta(days=1)", "'@once'", "None"])
def test_dates_between_which_nothing_is_ever_due_are_said(
    schedule: str, dates: str, warned: str | None, load: Any
) -> None:
    (spec,) = load.specs(f"from datetime import timedelta\nd = DAG('d', schedule={schedule}, {dates})")
    said = [text for text in spec.warnings if text.startswith("no point is ever due")]
    assert len(said) == (warned is not None and schedule != "None")
    assert all(str(warned) in text for text in said)


def test_a_cron_is_shown_on_one_line(load: Any) -> None:
    (spec,) = load.specs("d = DAG('d', schedule=' 0\\t6 * *  *\\r\\n')")
    assert spec.schedule.text == "0 6 * * *"


def test_pools_go_to_every_dag_of_the_file(load: Any) -> None:
    one, two = load.specs(
        "w = Pool('warehouse', slots=1, description='one writer')\n"
        "with DAG('one'):\n    EmptyOperator(task_id='a', pool=w)\nwith DAG('two'): pass\n"
    )
    assert one.pools == two.pools == (PoolSpec(name="warehouse", slots=1, description="one writer"),)
    assert one.tasks[0].pool == "warehouse"


def test_params_keep_schema_and_description(load: Any) -> None:
    spec = load.one(
        "", "params={'n': Param(3, 'how many', type='integer', minimum=1), 's': 'x', 'must': Param()}"
    )
    assert {
        name: (p.default, p.required, p.json_schema, p.description) for name, p in spec.params.items()
    } == {
        "n": (3, False, {"type": "integer", "minimum": 1}, "how many"),
        "s": ("x", False, {}, None),
        "must": (None, True, {}, None),
    }


def test_dags_are_found_where_authors_leave_them(load: Any) -> None:
    specs = load.specs(
        "def factory(name):\n    with DAG(name):\n        EmptyOperator(task_id='a')\n"
        "factory('by_factory')\n"
        "@dag(schedule=None, tags=['x'])\ndef decorated(n=3, must=Param(type='string')):\n"
        "    '''\n    Why.\n    '''\n"
        "    @task\n    def f(v): pass\n    f(n)\n"
        "decorated()\n"
        "for i in range(2): globals()[f'd{i}'] = DAG(f'd{i}')\n"
        "with DAG('hidden', auto_register=False): pass\n"
    )
    assert [spec.dag_id for spec in specs] == ["by_factory", "decorated", "d0", "d1"]
    assert specs[1].doc == "Why."
    assert specs[1].params["n"].default == 3
    assert specs[1].params["must"].required


def test_decorated_tasks_say_what_they_are(load: Any) -> None:
    spec = load.one(
        "@task(retries=2)\ndef f(): 'Doc.'\n"
        "@task.bash\ndef b(): return 'x'\n@task.branch\ndef c(): pass\n"
        "@task.short_circuit\ndef d(): pass\n"
        "@task.sensor(poke_interval=5, mode='reschedule')\ndef e(): pass\n"
        "f(); b(); c(); d(); e(); f.override(task_id='g', retries=0)()"
    )
    assert [(task.task_id, task.operator, task.launch, task.retries) for task in spec.tasks] == [
        ("f", "@task", "python", 2),
        ("b", "@task.bash", "python", 0),
        ("c", "@task.branch", "python", 0),
        ("d", "@task.short_circuit", "python", 0),
        ("e", "@task.sensor", "python", 0),
        ("g", "@task", "python", 0),
    ]
    assert spec.task("f").doc == "Doc."
    assert spec.task("b").push_last_line
    assert spec.task("e").sensor == SensorSpec(mode="reschedule", poke_interval=5.0)


def test_nested_empty_groups_let_edges_through(load: Any) -> None:
    spec = load.one(
        "a, b = EmptyOperator(task_id='a'), EmptyOperator(task_id='b')\n"
        "with TaskGroup('g') as g:\n    with TaskGroup('inner'): pass\n"
        "with TaskGroup('h') as h: pass\n"
        "g >> h >> b\na >> g"
    )
    assert spec.task("b").upstream == ("a",)
    assert [(group.group_id, group.parent) for group in spec.groups] == [
        ("g", None),
        ("g.inner", "g"),
        ("h", None),
    ]


def test_empty_groups_in_a_circle_lead_nowhere(load: Any) -> None:
    spec = load.one(
        "with TaskGroup('g') as g: pass\nwith TaskGroup('h') as h: pass\n"
        "g >> h >> g\ng >> g\nEmptyOperator(task_id='a') >> g >> EmptyOperator(task_id='b')"
    )
    assert spec.task("b").upstream == ("a",)


def test_the_same_file_gives_the_same_bytes(load: Any) -> None:
    from penstock.authoring import scope

    text = (
        "with DAG('d', tags={'b', 'a', 'c'}):\n"
        "    [EmptyOperator(task_id=i) for i in 'cab'] >> EmptyOperator(task_id='z')"
    )
    seen = set()
    for _ in range(3):
        with scope.fresh():
            seen.add(encode_spec(load.specs(text)[0]))
    assert len(seen) == 1


def test_every_public_name_is_real() -> None:
    for name in penstock.__all__:
        assert getattr(penstock, name) is not None
    assert penstock.AirflowSkipException is penstock.SkipException
    assert penstock.BaseOperator is penstock.Operator
    with pytest.raises(AttributeError):
        _ = penstock.Dataset
