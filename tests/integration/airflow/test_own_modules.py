"""Where a file of Airflow finds its own modules and settings, when it loads and when its tasks run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration.airflow.conftest import Write
from penstock.loading.discover import Discovery
from penstock.loading.parse import parse_file_sync
from penstock.settings import Settings
from penstock.testing.ran import run

FILE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
{imports}
with DAG("x", schedule=None, start_date=datetime(2024, 1, 1)):
    PythonOperator(task_id="t", python_callable=lambda: {value})
"""


@pytest.mark.parametrize(
    ("at", "module", "imports"),
    [
        ("dags/team/file.py", "dags/team/beside.py", "from beside import said"),
        ("dags/team/file.py", "dags/shared.py", "from shared import said"),
        ("dags/team/file.py", "dags/common/words.py", "from dags.common.words import said"),
        ("dags/team/file.py", "include/words.py", "from include.words import said"),
        ("dags/team/file.py", "plugins/words.py", "from words import said"),
        ("pack/dags/file.py", "pack/words.py", "from pack.words import said"),
        ("jobs/etl/dags/file.py", "lib/words.py", "from lib.words import said"),
    ],
)
def test_a_module_is_found_at_loading_and_by_the_task(
    write: Write, settings: Settings, tmp_path: Path, at: str, module: str, imports: str
) -> None:
    write("said = 7\n", module)
    for package in ("pack", "dags/common"):
        if at.startswith(package) or module.startswith(package):
            write("", f"{package}/__init__.py")
    (tmp_path / ".git").mkdir()
    path = write(FILE.format(imports=imports, value="said"), at)
    done = run(path, logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)
    done.check()
    assert done.xcom("t") == 7


def test_a_module_that_imports_airflow_decides_for_a_file_that_does_not(
    write: Write, settings: Settings
) -> None:
    write(
        "from datetime import datetime\nfrom airflow.operators.dummy_operator import DummyOperator\n"
        "from airflow import DAG\n\ndef make(name):\n"
        "    dag = DAG(name, start_date=datetime(2024, 1, 1))\n    DummyOperator(task_id='t', dag=dag)\n"
        "    return dag\n",
        "dags/factory.py",
    )
    parsed = parse_file_sync(
        write("from factory import make\na, b = make('a'), make('b')\n"), settings=settings
    )
    assert parsed.errors == ()
    assert [(dag.dag_id, dag.dialect, dag.schedule.kind) for dag in parsed.dags] == [
        ("a", "2", "delta_interval"),
        ("b", "2", "delta_interval"),
    ]


def test_airflow_cfg_says_what_files_ask_for(write: Write, settings: Settings) -> None:
    write(
        "[core]\ndefault_timezone = Europe/Amsterdam\n[scheduler]\ncatchup_by_default = False\n"
        "[mine]\nx = 3\n",
        "airflow.cfg",
    )
    path = write(
        "from airflow.configuration import conf\nfrom airflow import DAG\n"
        "dag = DAG('x', schedule_interval='@daily', start_date='2024-01-01',\n"
        "          max_active_runs=conf.getint('mine', 'x'))\n"
    )
    [dag] = parse_file_sync(path, settings=settings).dags
    assert (dag.timezone, dag.catchup, dag.catchup_unsaid) == ("Europe/Amsterdam", "latest", False)
    assert (dag.max_active_runs, dag.start_date) == (3, datetime(2023, 12, 31, 23, tzinfo=UTC))


def test_an_option_in_the_environment(
    write: Write, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MINE__X", "5")
    value = "__import__('airflow.configuration').configuration.conf.getint('mine', 'x')"
    path = write(FILE.format(imports=f"assert {value} == 5", value=value))
    done = run(path, logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)
    done.check()
    assert done.xcom("t") == 5


def test_pendulum_is_served_where_it_is_not_installed(
    write: Write, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import sys\nclass No:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'pendulum' and not any('PendulumFinder' in type(f).__name__ "
        "for f in sys.meta_path[:-1]):\n            for f in sys.meta_path:\n"
        "                if type(f).__name__ == 'PendulumFinder':\n"
        "                    return f.find_spec(name, path, target)\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, No())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    path = write("""
        import pendulum
        from pendulum.tz.timezone import Timezone
        from airflow import DAG
        zone = pendulum.timezone("Asia/Seoul")
        assert pendulum.duration(days=1, hours=2).in_hours() == 26
        assert pendulum.parse("2024-01-01") < pendulum.now("UTC")
        assert pendulum.today("UTC").add(days=-1) == pendulum.yesterday("UTC")
        dag = DAG("x", schedule=None, start_date=pendulum.datetime(2024, 1, 1, tz="Asia/Seoul"))
        """)
    parsed = parse_file_sync(path, settings=settings)
    assert parsed.errors == ()
    assert parsed.dags[0].timezone == "Asia/Seoul"


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ("helpers/\n", ["a.py", "deep/b.py"]),
        ("**/b.py\n!deep/b.py\n", ["a.py", "deep/b.py", "helpers/c.py"]),
        ("*.py\n!a.py\n", ["a.py"]),
        ("deep.*\n# a.py\n", ["a.py", "helpers/c.py"]),
        ("^helpers/c\\.py$|b\n", ["a.py"]),
        ("((\n", ["a.py", "deep/b.py", "helpers/c.py"]),
    ],
)
def test_an_airflowignore_leaves_files_out(
    write: Write, settings: Settings, lines: str, left: list[str]
) -> None:
    for name in ("a.py", "deep/b.py", "helpers/c.py"):
        write("", f"dags/{name}")
    write(lines, "dags/.airflowignore")
    found = Discovery(trusting=True).scan(settings.dags_folder).files
    assert sorted(str(path.relative_to(settings.dags_folder)) for path in found) == left


def test_a_zone_of_the_instance_is_kept(write: Write, settings: Settings) -> None:
    path = write("from airflow import DAG\ndag = DAG('x', schedule=None, start_date='2024-01-01')\n")
    [dag] = parse_file_sync(path, settings=replace(settings, timezone="Europe/Paris")).dags
    assert dag.timezone == "Europe/Paris"
