"""Mistakes in templates are told when the file loads, with the task's line and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import penstock
from penstock.errors import DagFileError
from penstock.loading.serialize import collect, to_spec
from penstock.model.spec import DagSpec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "good.sh": "echo {{ ds }}",
        "bad.sh": "echo one\necho {{.State}}\n",
        "inner.sql": "select {{ params.x }}",
        "good.sql": "{% include 'inner.sql' %}",
        "lost.sql": "{% include 'nowhere.sql' %}",
        "round.sql": "{% include 'round.sql' %}",
        "perhaps.sql": "{% include 'nowhere.sql' ignore missing %}",
        "more/deep.sql": "select 1",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "latin.sql").write_bytes(b"select '\xe9'")
    return tmp_path


def load(folder: Path, body: str, arguments: str = "schedule=None") -> DagSpec:
    """Return the spec of a DAG whose block, from line 2 on, is *body*."""
    file = str(folder / "the_file.py")
    names: dict[str, Any] = {name: getattr(penstock, name) for name in penstock.__all__}
    namespace = {**names, "__file__": file, "__name__": "the_file"}
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    exec(compile(f"with DAG('d', {arguments}) as dag:\n{lines}\n", file, "exec"), namespace)
    (dag,) = collect(namespace)
    return to_spec(dag, file)


BASH = "BashOperator(task_id='a', bash_command={0!r})"
PYTHON = "PythonOperator(task_id='a', python_callable=print, "
RAW_BASH = "write {% raw %}${#x}{% endraw %}"
RAW_GO = "write {% raw %}{{.State}}{% endraw %}"
BAD = [
    (BASH.format("echo ${#x}"), "bash_command: line 1 of the template: Missing end of comment tag", RAW_BASH),
    (BASH.format("a\nb ${#x[@]}"), "Missing end of comment tag", RAW_BASH),
    (BASH.format("echo ${#a} ${b#}"), "the part from ${# to #} is a comment", RAW_BASH),
    (BASH.format("docker inspect -f {{.State}} x"), "line 1 of the template: unexpected '.'", RAW_GO),
    (BASH.format("kubectl -o go-template='{{range .items}}{{.x}}{{end}}'"), "unexpected '.'", RAW_GO),
    (BASH.format("echo {{ ds"), "unexpected end of template", "between {% raw %} and {% endraw %}"),
    (BASH.format("x\n{% if ds %}"), "Unexpected end of template", "{% raw %}"),
    (BASH.format("{% endif %}"), "unknown tag 'endif'", "{% raw %}"),
    (BASH.format("{{ ds | uper }}"), "filter 'uper' does not exist (did you mean 'upper'?)", ""),
    (BASH.format("{{ ds is definde }}"), "test 'definde' does not exist (did you mean 'defined'?)", ""),
    (
        BASH.format("/opt/backup.sh"),
        "'/opt/backup.sh' ends in .sh, so it names a template file",
        "a space at its end",
    ),
    (BASH.format("bash run.bash"), "ends in .bash, so it names a template file", "put a space at its end"),
    (BASH.format("bad.sh"), "bad.sh: unexpected '.'", RAW_GO),
    ("BashOperator(task_id='a', bash_command='x', env={'A': '{{'})", "env: line 1", "{% raw %}"),
    ("BashOperator(task_id='a', bash_command='x', env={'{{': 'A'})", "env: line 1", "{% raw %}"),
    (
        "BashOperator(task_id='a', bash_command='x', cwd='{{ ds |nope }}')",
        "cwd: filter 'nope' does not exist",
        "",
    ),
    ("BashSensor(task_id='a', bash_command='{{.x}}')", "bash_command: line 1", RAW_GO),
    (
        "PythonOperator(task_id='a', python_callable=print, op_args=[1, ['{{']])",
        "op_args: line 1",
        "{% raw %}",
    ),
    ("PythonOperator(task_id='a', python_callable=print, op_kwargs={'x': {'y': ('{%',)}})", "op_kwargs", ""),
    (
        PYTHON + "templates_dict={'q': 'no.sql'}, templates_exts=['.sql'])",
        "templates_dict: 'no.sql' ends in .sql",
        "",
    ),
    ("task(task_id='a')(lambda x: x)('{{')", "op_args", ""),
    (
        "SQLExecuteQueryOperator(task_id='a', conn_id='c', sql=['select 1', 'no.sql'])",
        "sql: 'no.sql' ends in",
        "",
    ),
    ("SQLExecuteQueryOperator(task_id='a', conn_id='c', sql='lost.sql')", "'nowhere.sql' is included", ""),
    ("SQLExecuteQueryOperator(task_id='a', conn_id='c', sql='latin.sql')", "cannot be read", ""),
    (
        "SQLExecuteQueryOperator(task_id='a', conn_id='c', sql='/good.sql/x.sql')",
        "names of template files start there",
        "",
    ),
    (
        "TriggerDagRunOperator(task_id='a', trigger_dag_id='x', conf={'d': '{{ ds }'})",
        "conf: line 1",
        "{% raw %}",
    ),
    ("FileSensor(task_id='a', filepath='/x/{{ ds |nope }}')", "filepath: filter 'nope' does not exist", ""),
    ("DateTimeSensor(task_id='a', target_time='{{ }}')", "target_time: line 1", ""),
    ("HttpSensor(task_id='a', http_conn_id='c', endpoint='{{ x')", "endpoint: line 1", ""),
    ("BashOperator.partial(task_id='a', env={'A': '{{'}).expand(bash_command=['x'])", "env: line 1", ""),
    (
        "BashOperator.partial(task_id='a').expand(bash_command=['x', '{{.x}}'])",
        "bash_command: line 1",
        RAW_GO,
    ),
    ("BashOperator.partial(task_id='a').expand_kwargs([{'bash_command': '{{.x}}'}])", "line 1", RAW_GO),
    (
        "BashOperator.partial(task_id='a', map_index_template='{{').expand(bash_command=['x'])",
        "map_index_template: line 1",
        "",
    ),
    (
        "EmptyOperator(task_id='a', on_failure_callback=SmtpNotifier(to='a@b', subject='{{'))",
        "on_failure_callback: subject of SmtpNotifier: line 1",
        "",
    ),
    (
        "EmptyOperator(task_id='a'); dag.on_success_callback = ShellNotifier('x', env={'A': '{{ 1|nope }}'})",
        "on_success_callback: env of ShellNotifier: filter 'nope' does not exist",
        "",
    ),
    (
        "a = BashOperator(task_id='a', bash_command='x'); a.bash_command = '{{.x}}'",
        "bash_command: line 1",
        RAW_GO,
    ),
    (
        "EmptyOperator(task_id='a', doc='{{.x}}')\n" + BASH.replace("'a'", "'b'").format("{{.x}}"),
        "task 'b'",
        "",
    ),
]


@pytest.mark.parametrize(("body", "message", "remedy"), BAD)
def test_a_template_that_cannot_work_is_refused(folder: Path, body: str, message: str, remedy: str) -> None:
    with pytest.raises(DagFileError) as error:
        load(folder, body)
    assert message in error.value.message
    assert remedy in error.value.message
    assert error.value.line in (2, 3)
    assert error.value.file == str(folder / "the_file.py")


GOOD = [
    BASH.format("echo {% raw %}${#x} {{.State}}{% endraw %} {{ ds }}"),
    BASH.format("echo {{ '{{.State}}' }} }} #}"),
    BASH.format("good.sh"),
    BASH.format("/opt/backup.sh "),
    BASH.format("{% for x in range(3) %}{{ loop.index }}{{ x }}{% endfor %}{% set y = 3 %}{{ y }}"),
    BASH.format("{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1) }}"),
    BASH.format("{{ dag_run.conf['x'] | default('y') }} {{ macros.ds_add(ds, 1) }} {{ var.value.x }}"),
    BASH.format("{{ z is defined }} {{ z | default(3) }} {% if z is defined %}{{ z }}{% endif %}"),
    BASH.format("{% if false %}{{ 1 | only_here }}{% endif %}"),
    BASH.format(
        "{{ prev_start_date_success }} {{ try_number }} {{ task_instance_key_str }} {{ ti.task_id }}"
    ),
    "SQLExecuteQueryOperator(task_id='a', conn_id='c', sql=['good.sql', 'more/deep.sql', 'round.sql'])",
    "SQLExecuteQueryOperator(task_id='a', conn_id='c', sql='perhaps.sql')",
    "PythonOperator(task_id='a', python_callable=print, op_args=['x.sh', 'x.sql'])",
    "task(task_id='a')(lambda x: x)(EmptyOperator(task_id='e').output)",
    "EmptyOperator(task_id='a', doc_md='{{.x}} ${#y}', owner='{{')",
    "BashOperator.partial(task_id='a').expand(bash_command=EmptyOperator(task_id='e').output)",
]


@pytest.mark.parametrize("body", GOOD)
def test_a_template_that_can_work_loads_without_a_word(folder: Path, body: str) -> None:
    assert load(folder, body).warnings == ()


def test_a_name_that_no_run_has_is_a_warning(folder: Path) -> None:
    spec = load(
        folder, BASH.format("echo {{ dss }} {{ mine }}"), "schedule=None, user_defined_macros={'mine': 3}"
    )
    assert spec.warnings == ("task 'a': bash_command uses 'dss', which no run has (did you mean 'ds'?)",)


def test_a_lenient_undefined_asks_no_questions(folder: Path) -> None:
    body = BASH.format("{{ dss }}") + "\ndag.template_undefined = __import__('jinja2').Undefined"
    assert load(folder, body).warnings == ()


def test_an_error_about_a_template_file_names_what_would_mend_it(folder: Path) -> None:
    with pytest.raises(DagFileError) as error:
        load(folder, BASH.format("nowhere.sh"), "schedule=None, template_searchpath='more'")
    assert error.value.beside == (f"{folder}/nowhere.sh", f"{folder}/more/nowhere.sh")


def test_a_mistake_in_a_template_file_names_the_file(folder: Path) -> None:
    with pytest.raises(DagFileError) as error:
        load(folder, BASH.format("bad.sh"))
    assert error.value.beside == (f"{folder}/bad.sh",)
    assert f"line 2 of {folder}/bad.sh" in error.value.message


def test_filters_and_extensions_of_the_dag_are_known(folder: Path) -> None:
    arguments = (
        "schedule=None, user_defined_filters={'mine': str}, "
        "jinja_environment_kwargs={'variable_start_string': '<<', 'variable_end_string': '>>'}"
    )
    assert load(folder, BASH.format("<< ds | mine >> {{.State}}"), arguments).warnings == ()


def test_a_template_file_is_rendered_in_the_task_s_process(folder: Path) -> None:
    (task,) = load(folder, BASH.format("good.sh")).tasks
    assert task.launch == "python"
