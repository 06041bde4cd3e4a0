"""One rule for each field of a spec, whichever way a value came: argument, default, class, assignment."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.errors import DagFileError
from penstock.loading.sound import settled
from penstock.model.spec import DagSpec, SensorSpec, TaskSpec

NAN, INF = "float('nan')", "float('inf')"
Fields = dict[str, tuple[list[tuple[str, Any]], list[str]]]
"""Argument -> (source text of good values with what the spec has then, source text of bad values)."""

DURATION = (
    [("3", 3.0), ("1.5", 1.5), ("timedelta(days=2)", 172800.0)],
    ["-1", "'5m'", "True", NAN, INF, "timedelta(seconds=-1)", "timedelta.max", "[]", "10**30"],
)
MAYBE = ([*DURATION[0], ("None", None)], DURATION[1])
TRUTH = ([("True", True), ("False", False)], ["'yes'", "1", "None", "[]"])
TEXT = ([("'x'", "x"), ("None", None)], ["3", "['x']", "b'x'", "True"])
LIMIT = ([("2", 2), ("'2'", 2), ("None", None)], ["0", "-1", "1.5", "True", "2**31", "'x'", "10**5000"])
PLACE = ([("'grid'", "grid"), ("None", None)], ["3", "''", "['a']", "' a'", "'a\\n'"])
TASK: Fields = {
    "owner": TEXT,
    "trigger_rule": (
        [("'all_done'", "all_done"), ("TriggerRule.ONE_FAILED", "one_failed")],
        ["'none_failed_or_skipped'", "None", "3", "''", "['all_done']"],
    ),
    "retries": ([("2", 2), ("'2'", 2), ("None", 0)], ["-1", "1.5", "True", "'many'", "2**31", "[1]", NAN]),
    "retry_delay": (DURATION[0], [*DURATION[1], "None"]),
    "retry_exponential_backoff": ([("True", 2.0), ("3", 3.0)], ["-1", "'x'", "None", NAN, INF, "10**400"]),
    "max_retry_delay": MAYBE,
    "execution_timeout": MAYBE,
    "stop_grace": MAYBE,
    "on_lost": ([("'fail'", "fail")], ["'ignore'", "None", "1"]),
    "pool": (
        [("'p'", "p"), ("None", "default_pool"), ("Pool('q')", "q")],
        ["''", "'a b'", "3", "'x' * 300", "['p']"],
    ),
    "executor": PLACE,
    "queue": PLACE,
    "resources": (
        [("{'GPU': 1, 'MEM': 8e9}", {"GPU": 1.0, "MEM": 8e9}), ("None", {})],
        ["'8G'", "{'GPU': 0}", "{'GPU': True}", "{1: 2}", "{'GPU': -1}"],
    ),
    "pool_slots": ([("2", 2), ("'2'", 2)], ["0", "-1", "None", "True", "2**31"]),
    "priority_weight": ([("-3", -3)], ["1.5", "None", "True", "'1'", "2**31", "-2**31"]),
    "weight_rule": ([("'absolute'", "absolute")], ["'up'", "None", "3"]),
    "max_active_tis_per_dag": LIMIT,
    "max_active_tis_per_dagrun": LIMIT,
    "depends_on_past": TRUTH,
    "wait_for_downstream": TRUTH,
    "task_display_name": TEXT,
    "doc": TEXT,
    "doc_md": TEXT,
    "log": ([("'direct'", True), ("'captured'", False)], ["'loud'", "None", "3"]),
    "secrets": ([("{'A': 'env:B'}", {"A": "env:B"}), ("None", {})], ["{'A': 'B'}", "{'a b': 'env:B'}", "3"]),
    "inlets": ([("None", ())], ["'x'", "3", "['x']", "[None]"]),
    "outlets": ([("None", ())], ["'x'", "3", "[3]", "[Asset.ref(name='a')]"]),
    "on_failure_callback": ([("print", ("failure",)), ("None", ())], ["3", "'print'", "[3]", "[None]"]),
    "map_index_template": ([("None", None)], TEXT[1]),
}
AS_SPEC = {
    "task_display_name": "display_name",
    "log": "log_direct",
    "doc_md": "doc",
    "on_failure_callback": "callbacks",
    "tags": "tags",
    "deadline": "deadlines",
    "is_paused_upon_creation": "paused_upon_creation",
    "max_consecutive_failed_dag_runs": "max_consecutive_failed_runs",
    "doc_md of DAG": "doc",
}
NOT_BY_A_TABLE = {
    *("task_id", "operator", "launch", "upstream", "group", "line", "command", "sensor", "push_last_line"),
    *("expand", "is_setup", "is_teardown", "on_failure_fail_dagrun", "skip_on_exit_code"),
    "cannot_run",
    "row_of",
}
"""Fields that are made of others, or tried by `test_what_only_some_tasks_have`."""
SENSOR: Fields = {
    "mode": ([("'reschedule'", "reschedule")], ["'pock'", "None", "3"]),
    "poke_interval": (DURATION[0], [*DURATION[1], "None"]),
    "timeout": ([*DURATION[0], ("None", 604800.0)], DURATION[1]),
    "exponential_backoff": ([("True", True), ("2", True), ("0", False)], []),
    "max_wait": MAYBE,
    "soft_fail": TRUTH,
}
DAG: Fields = {
    "description": TEXT,
    "doc_md": TEXT,
    "tags": (
        [("['b', 'a']", ("a", "b")), ("{'x'}", ("x",)), ("None", ()), ("['x' * 100]", ("x" * 100,))],
        ["'abc'", "3", "[3]", "['']", "['x' * 101]", "{'a': 1}", "['a\\nb']"],
    ),
    "timezone": ([("'Europe/Paris'", "Europe/Paris"), ("None", "UTC")], ["'Mars/Base'", "3", "object()"]),
    "start_date": (
        [
            ("'2026-01-31'", "2026-01-31T00:00:00+00:00"),
            ("'2026-01-31T06:00+01:00'", "2026-01-31T05:00:00+00:00"),
            ("datetime(2026, 1, 31)", "2026-01-31T00:00:00+00:00"),
            ("None", None),
        ],
        [
            "'yesterday'",
            "3",
            "date(2026, 1, 31)",
            "True",
            "datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3)))",
        ],
    ),
    "end_date": ([("'2026-01-31'", "2026-01-31T00:00:00+00:00")], ["'32'", "3", "[]"]),
    "catchup": (
        [("False", "latest"), ("True", "all"), ("None", "latest"), ("'none'", "none")],
        ["'yes'", "3", "[]"],
    ),
    "overlap": ([("'skip'", "skip")], ["'jump'", "None", "True"]),
    "max_active_runs": ([("2", 2), ("'2'", 2)], LIMIT[1]),
    "max_active_tasks": ([("2", 2)], LIMIT[1]),
    "dagrun_timeout": MAYBE,
    "fail_fast": TRUTH,
    "on_failure_callback": ([("print", ("failure",))], ["3", "'print'", "[None]"]),
    "deadline": ([("None", ())], ["3", "'x'", "[print]", "timedelta(1)"]),
    "max_consecutive_failed_dag_runs": ([("2", 2)], ["-1", "True", "'x'", "2**31"]),
    "is_paused_upon_creation": ([("True", True), ("None", None)], ["'no'", "1", "[]"]),
    "params": ([("{}", {}), ("None", {})], ["3", "['x']", "{3: 4}", "'x'"]),
    "schedule": (
        [("None", "none"), ("'@daily'", "cron"), ("timedelta(1)", "delta"), ("'@once'", "once")],
        [
            "3",
            "True",
            "timedelta(0)",
            "'not a cron'",
            "[]",
            "object()",
            "timedelta(milliseconds=1)",
            "timedelta.max",
        ],
    ),
}
NOT_ARGUMENTS = {"dag_id", "file", "line", "owner", "tasks", "groups", "labels", "pools", "warnings"} | {
    "dialect", "dialect_because", "catchup_unsaid",
}  # fmt: skip


def _cases(fields: Fields) -> tuple[list[Any], list[Any]]:
    good = [(name, text, value) for name, (values, _) in fields.items() for text, value in values]
    bad = [(name, text) for name, (_, texts) in fields.items() for text in texts]
    return good, bad


GOOD_TASK, BAD_TASK = _cases(TASK)
GOOD_SENSOR, BAD_SENSOR = _cases(SENSOR)
GOOD_DAG, BAD_DAG = _cases(DAG)
TASK_WAYS = {
    "argument": ("schedule=None", "EmptyOperator(task_id='a', {name}={text})"),
    "default_args": ("schedule=None, default_args={{'{name}': {text}}}", "EmptyOperator(task_id='a')"),
    "group": (
        "schedule=None",
        "with TaskGroup('g', False, default_args={{'{name}': {text}}}): EmptyOperator(task_id='a')",
    ),
    "partial": (
        "schedule=None",
        "BashOperator.partial(task_id='a', {name}={text}).expand(bash_command=['x'])",
    ),
    "later": ("schedule=None", "a = EmptyOperator(task_id='a'); a.{name} = {text}"),
    "mapped later": (
        "schedule=None",
        "a = BashOperator.partial(task_id='a').expand(bash_command=['x']); a.{name} = {text}",
    ),
    "class": ("schedule=None", "class Mine(EmptyOperator): {name} = {text}\nMine(task_id='a')"),
    "past the check": ("schedule=None", "a = EmptyOperator(task_id='a'); a.__dict__['{name}'] = {text}"),
}
SENSOR_WAYS = {
    "argument": ("schedule=None", "FileSensor(task_id='a', filepath='x', {name}={text})"),
    "default_args": (
        "schedule=None, default_args={{'{name}': {text}}}",
        "FileSensor(task_id='a', filepath='x')",
    ),
    "partial": ("schedule=None", "FileSensor.partial(task_id='a', {name}={text}).expand(filepath=['x'])"),
    "later": ("schedule=None", "a = FileSensor(task_id='a', filepath='x'); a.{name} = {text}"),
    "mapped later": (
        "schedule=None",
        "a = FileSensor.partial(task_id='a').expand(filepath=['x']); a.{name} = {text}",
    ),
}
DAG_WAYS = {
    "argument": ("{name}={text}", "EmptyOperator(task_id='a')"),
    "later": ("", "EmptyOperator(task_id='a'); dag.{name} = {text}"),
}
KEPT_APART = {
    "log": ("class", "past the check"),
    **dict.fromkeys(["executor", "queue", "resources"], ("past the check",)),
}
"""Arguments that are kept under another name, and the ways that so do not exist."""
BEFORE = "from datetime import date, datetime, timedelta, timezone\n"


def _load(load: Any, way: tuple[str, str], name: str, text: str) -> DagSpec:
    arguments, body = (part.format(name=name, text=text) for part in way)
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    (spec,) = load.specs(f"{BEFORE}with DAG('d', {arguments}) as dag:\n{indented}\n")
    return settled(spec)


def _refused(load: Any, way: tuple[str, str], name: str, text: str) -> None:
    with pytest.raises(DagFileError) as error:
        _load(load, way, name, text)
    assert error.value.file == "the_file.py"
    assert error.value.line in (2, 3, 4, 5), error.value
    assert len(error.value.message) < 500


def _plain(value: Any) -> Any:
    if hasattr(value, "kind"):
        return value.kind
    return value.isoformat() if hasattr(value, "isoformat") else value


def _ways_for(name: str) -> dict[str, tuple[str, str]]:
    # `log` is a name of every operator's own in a class body, and the rest is no attribute of its name.
    return {
        key: way for key, way in TASK_WAYS.items() if name not in KEPT_APART or key not in KEPT_APART[name]
    }


@pytest.mark.parametrize(("name", "text", "value"), GOOD_TASK)
def test_a_good_value_of_a_task_is_the_same_whichever_way_it_came(
    load: Any, name: str, text: str, value: Any
) -> None:
    for key, way in _ways_for(name).items():
        if "print" in text and key == "class":
            continue
        spec = _load(load, way, name, text)
        assert getattr(spec.tasks[0], AS_SPEC.get(name, name)) == value, key
        load_again(load)


@pytest.mark.parametrize(("name", "text"), BAD_TASK)
def test_a_bad_value_of_a_task_is_refused_whichever_way_it_came(load: Any, name: str, text: str) -> None:
    for way in _ways_for(name).values():
        _refused(load, way, name, text)
        load_again(load)


@pytest.mark.parametrize(("name", "text", "value"), GOOD_SENSOR)
def test_a_good_value_of_a_sensor_is_the_same_whichever_way_it_came(
    load: Any, name: str, text: str, value: Any
) -> None:
    for key, way in SENSOR_WAYS.items():
        found = _load(load, way, name, text).tasks[0].sensor
        assert getattr(found, name) == value, key
        load_again(load)


@pytest.mark.parametrize(("name", "text"), BAD_SENSOR)
def test_a_bad_value_of_a_sensor_is_refused_whichever_way_it_came(load: Any, name: str, text: str) -> None:
    for way in SENSOR_WAYS.values():
        _refused(load, way, name, text)
        load_again(load)


@pytest.mark.parametrize(("name", "text", "value"), GOOD_DAG)
def test_a_good_value_of_a_dag_is_the_same_set_later(load: Any, name: str, text: str, value: Any) -> None:
    for way in DAG_WAYS.values():
        field = AS_SPEC.get("doc_md of DAG" if name == "doc_md" else name, name)
        assert _plain(getattr(_load(load, way, name, text), field)) == value
        load_again(load)


@pytest.mark.parametrize(("name", "text"), BAD_DAG)
def test_a_bad_value_of_a_dag_is_refused_set_later(load: Any, name: str, text: str) -> None:
    for way in DAG_WAYS.values():
        _refused(load, way, name, text)
        load_again(load)


def load_again(load: Any) -> None:
    """Let the next text be another file: what was registered is forgotten."""
    from penstock.authoring import scope

    current = scope.current()
    for listed in (current.dags, current.groups, current.registered, current.declared, current.blocks):
        listed.clear()


def test_every_field_has_a_rule() -> None:
    task = {AS_SPEC.get(name, name) for name in TASK} | NOT_BY_A_TABLE
    assert set(TaskSpec.__struct_fields__) <= task
    assert set(SensorSpec.__struct_fields__) == set(SENSOR)
    dag = {AS_SPEC.get("doc_md of DAG" if name == "doc_md" else name, name) for name in DAG} | NOT_ARGUMENTS
    assert set(DagSpec.__struct_fields__) <= dag


LATER = [
    ("a.skip_on_exit_code = 'x'", "exit codes from 0 to 255"),
    ("a.skip_on_exit_code = [256]", "exit codes from 0 to 255"),
    ("a.is_teardown = 'yes'", "is_teardown must be True or False"),
    ("a.is_setup = a.is_teardown = True", "a setup and a teardown"),
    ("a.on_failure_fail_dagrun = 1", "must be True or False"),
    ("a.env = 3", "env must be a mapping"),
    ("a.append_env = 'no'", "append_env must be True or False"),
    ("a.shell = '/bin/sh'", "the path of a bash such as '/bin/bash'"),
    ("a.output_encoding = 'utf-9'", "name of a text encoding"),
    ("a.env = {'A=B': 'x'}", "not an environment name"),
    ("a.bash_command = 'a\\0b'", "NUL character"),
    ("a.task_id = 'b'", "was renamed to 'b'"),
    ("a.retry_policy = 3", "must have a method evaluate"),
    ("a.task_concurrency = 3", "use max_active_tis_per_dag"),
    ("a.upstream_task_ids.add('nobody')", "depends on 'nobody', which is not in the DAG"),
    ("a.secrets['A'] = 'plain'", "is not a reference to a secret"),
    ("a.outlets = [Asset('x')]; a.outlets[0].name = ''", "printable characters"),
    ("a.outlets = [Asset('x')]; a.outlets[0].extra['x'] = {1}", "which is not JSON"),
    (
        "m = BashOperator.partial(task_id='m').expand(bash_command=['x']); m.cwd = '/'",
        "give cwd to partial()",
    ),
    (
        "m = BashOperator.partial(task_id='m').expand(bash_command=a.output); m.trigger_rule = 'always'",
        "'always'",
    ),
    (
        "s = FileSensor(task_id='s', filepath='x'); s.soft_fail = s.never_fail = True",
        "cannot be used together",
    ),
    (
        "p = PythonOperator(task_id='p', python_callable=print); p.python_callable = 3",
        "something that can be called",
    ),
    ("g = TaskGroup('g'); g.tooltip = 3", "tooltip must be a string"),
    ("g = TaskGroup('g'); g.group_id = 'h'", "was renamed to 'h'"),
    ("g = TaskGroup('g'); g.default_args = 3", "default_args must be a mapping"),
    ("g = TaskGroup('g'); g.prefix_group_id = 3", "prefix_group_id must be True or False"),
    ("dag.params['x'] = Param(3); dag.params['x'].schema = 3", "schema must be a mapping"),
    ("dag.params['x'] = Param(3); dag.params['x'].description = 3", "description must be a string"),
    ("dag.params['x'] = Param(3); dag.params['x'].default = {1, 2}", "has a set, which is not JSON"),
    ("dag.params['x'] = float('inf')", "not a number in JSON"),
    ("dag.params['x'] = '\\ud800'", "half a character (U+D800)"),
    ("dag.params['x'] = {'y': [1, b'x']}", "has a bytes, which is not JSON (at ['y'][1])"),
    ("dag.params['x'] = {3: 4}", "has the key 3, but keys must be strings"),
    ("dag.params['x'] = 2**65", "a number of 66 bits; write it as a string"),
    ("dag.params['x'] = y = []; y.append(y)", "levels deep"),
    ("dag.params['x'] = Param(3, type='nonsense')", "its JSON Schema is wrong"),
    ("dag.description = 'half a \\ud83d'", "half a character"),
    ("a.doc = 'half a \\ud83d'", "half a character"),
    ("dag.tags.add(3)", "a tag must be a printable string"),
    ("dag.tags.add('x' * 101)", "a tag may have 100 characters, not 101"),
    ("dag.dag_id = 'a b'", "dag_id 'a b' is not allowed"),
    ("dag.concurrency = 3", "use max_active_tasks"),
    ("dag.schedule_interval = '@daily'", "use schedule"),
    ("dag.owner_links = {'me': 'nowhere'}", "is not a link"),
    ("dag.template_searchpath = 3", "template_searchpath must be the path of a folder"),
    ("dag.user_defined_filters = ['x']", "user_defined_filters must be a mapping"),
    ("dag.schedule = '@continuous'", "needs max_active_runs=1"),
    ("dag.default_args['retries'] = -1; EmptyOperator(task_id='b')", "retries must be a whole number"),
    ("t = CronTriggerTimetable('0 0 * * *', timezone='UTC'); t.cron = '1 0 * * *'", "cannot be changed"),
    ("t = CronTriggerTimetable('0 0 * * *', timezone='UTC'); t.fields.kind = 'x'; dag.schedule = t", "kind"),
    ("Pool('p').slots = -1", "slots must be a whole number"),
    ("Pool('p').name = 'a b'", "pool 'a b' is not allowed"),
    ("d = DeadlineAlert(DeadlineReference.RUN_DUE, 3, print); d.interval = -1", "interval must be"),
    ("d = DeadlineAlert(DeadlineReference.RUN_DUE, 3, print); d.callback = None", "needs a callback"),
    ("AssetAlias('x').name = 3", "printable characters"),
    ("a >> Label(3) >> EmptyOperator(task_id='b')", "a Label must be a string"),
    ("SmtpNotifier(to='x').to = 3", "to must be"),
    ("ShellNotifier('x').env = 3", "env must be a mapping"),
    ("BellNotifier().message = 3", "message must be a string"),
    ("WebhookNotifier('https://x').timeout = -1", "timeout must be"),
]


@pytest.mark.parametrize(("line", "message"), LATER)
def test_what_is_set_later_is_refused_with_the_line(load: Any, line: str, message: str) -> None:
    body = f"a = BashOperator(task_id='a', bash_command='x')\n{line}"
    with pytest.raises(DagFileError) as error:
        settled(load.one(body, "schedule=None"))
    assert message in error.value.message
    assert error.value.file == "the_file.py"
    # What is set is refused there; what is put inside something, where that something was made.
    assert error.value.line in (1, 2, 3)


def test_the_line_is_that_of_the_assignment(load: Any) -> None:
    with pytest.raises(DagFileError) as error:
        load.one("a = EmptyOperator(task_id='a')\n\n\na.trigger_rule = 'none_failed_or_skipped'")
    assert error.value.line == 5
    assert "is called 'none_failed_min_one_success' now" in error.value.message


def test_what_is_nearly_a_word_is_warned_of(load: Any) -> None:
    spec = load.one(
        "a = EmptyOperator(task_id='a')\na.retrys = 3\na.note = 1\na.sla = 5\ndag.catch_up = True"
    )
    assert spec.warnings == (
        "task 'a': setting 'retrys' changes nothing (did you mean 'retries'?)",
        "argument sla is ignored: there are no SLA misses",
        "setting 'catch_up' of the DAG changes nothing (did you mean 'catchup'?)",
    )


def test_a_class_of_the_author_s_has_attributes_of_its_own(load: Any) -> None:
    spec = load.one(
        "class Mine(EmptyOperator):\n"
        "    def __init__(self, *, email, queue=None, **more):\n"
        "        super().__init__(**more)\n"
        "        self.email, self.queue, self.concurrency, self.retrys = email, queue, 3, 4\n"
        "Mine(task_id='a', email='x@y', queue=[]).execution_date = 3"
    )
    assert spec.warnings == ()
