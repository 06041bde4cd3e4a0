"""Zip files of DAGs: which modules make DAGs, what they import, and that their tasks run from a copy."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock.loading.discover import Discovery
from penstock.loading.parse import parse_file_sync
from penstock.model.packaged import text_of
from penstock.settings import Settings
from penstock.testing.ran import run

ETL = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python_operator import PythonOperator
from inside.words import said
with DAG("etl", schedule_interval=None, start_date=datetime(2024, 1, 1)) as dag:
    PythonOperator(task_id="t", python_callable=lambda: said)
"""
OTHER = """
from airflow import DAG
dag = DAG("other", schedule_interval=None)
"""
INSIDE = {"inside/__init__.py": "", "inside/words.py": "said = 7\n"}

Pack = Callable[..., Path]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Return what writes a zip file into the DAGs folder."""

    def pack(files: dict[str, str], name: str = "pack.zip") -> Path:
        path = tmp_path / "dags" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for inner, text in files.items():
                archive.writestr(inner, text)
        return path

    return pack


def test_modules_at_the_top_make_dags_and_import_what_is_inside(pack: Pack, settings: Settings) -> None:
    deep = {"deep/dag.py": OTHER.replace("other", "deep"), "words.py": "x = 1\n", "__init__.py": OTHER}
    path = pack({"etl.py": ETL, "other.py": OTHER, **INSIDE, **deep})
    parsed = parse_file_sync(path, settings=settings)
    assert parsed.errors == ()
    assert [dag.dag_id for dag in parsed.dags] == ["etl", "other"]
    assert {dag.file for dag in parsed.dags} == {str(path)}
    assert parsed.dialect == "2"


def test_a_task_runs_from_the_copy_of_the_zip_file(pack: Pack, settings: Settings) -> None:
    path = pack({"other.py": OTHER, "etl.py": ETL, **INSIDE})
    done = run(path, "etl", logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)
    done.check()
    assert done.xcom("t") == 7


def test_one_bad_module_does_not_take_the_others_along(pack: Pack, settings: Settings) -> None:
    path = pack({"bad.py": "import airflow\n\ndag = nonsense\n", "other.py": OTHER, "twice.py": OTHER})
    parsed = parse_file_sync(path, settings=settings)
    assert [dag.dag_id for dag in parsed.dags] == ["other"]
    assert [(error.line, error.message) for error in parsed.errors] == [
        (3, "bad.py: NameError: name 'nonsense' is not defined"),
        (3, "twice.py: DAG 'other' is made twice in this zip file"),
    ]


def test_what_is_no_zip_file_says_so(pack: Pack, settings: Settings) -> None:
    path = pack({"etl.py": ETL})
    path.write_bytes(path.read_bytes()[:60])
    [error] = parse_file_sync(path, settings=settings).errors
    assert "is not a zip file that can be read" in error.message


def test_zip_files_are_found_unless_they_are_ignored_or_data(pack: Pack, settings: Settings) -> None:
    for name in ("a.zip", "b.zip", "sub/c.zip", "sub/d.zip"):
        pack({"etl.py": ETL}, name)
    pack({"data/rows.csv": "1\n", "deep/dag.py": OTHER}, "data.zip")
    folder = settings.dags_folder
    (folder / "torn.zip").write_bytes(b"PK\x03\x04torn")
    (folder / ".airflowignore").write_text("b\\.zip\n")
    (folder / "sub" / ".airflowignore").write_text("d.zip\n")
    found = Discovery(trusting=True).scan(folder)
    assert sorted(str(path.relative_to(folder)) for path in found.files) == ["a.zip", "sub/c.zip"]
    assert found.problems == ()


def test_people_see_its_modules_as_text() -> None:
    assert text_of(b"PK\x03\x04torn").startswith("# is not a zip file")


def test_the_text_has_each_module_below_its_name(pack: Pack) -> None:
    text = text_of(pack({"etl.py": ETL, "other.py": OTHER, **INSIDE}).read_bytes())
    assert text.startswith("# --- etl.py\n")
    assert "# --- other.py\n" in text
    assert "inside/words" not in text
