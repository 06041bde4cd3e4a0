"""Provider packages: their names, and what their metadata asks for."""

from __future__ import annotations

import pytest

from penstock.airflow.packages import Needs, needs, short_name, tried

NAMES = [
    ("http", ("http", None)),
    ("HTTP", ("http", None)),
    ("common.sql", ("common-sql", None)),
    ("common_sql", ("common-sql", None)),
    ("apache-airflow-providers-common-sql", ("common-sql", None)),
    ("apache_airflow_providers_ssh==7.0.1", ("ssh", "7.0.1")),
    ("postgres==7.1.1", ("postgres", "7.1.1")),
    ("http==6.3.0rc1", ("http", "6.3.0rc1")),
]
BAD = ["", "==1", "http==", "http==x", "http>=6", "../http", "a b", "apache-airflow", "-r file", "--pre"]


@pytest.mark.parametrize(("word", "wanted"), NAMES)
def test_names(word: str, wanted: tuple[str, str | None]) -> None:
    assert short_name(word) == wanted


@pytest.mark.parametrize("word", BAD)
def test_what_is_not_a_name(word: str) -> None:
    with pytest.raises(ValueError, match="http"):
        short_name(word)


def metadata(name: str, *requirements: str) -> str:
    lines = [f"Name: {name}", "Version: 1.2.3", *(f"Requires-Dist: {each}" for each in requirements)]
    return "Metadata-Version: 2.4\n" + "\n".join(lines) + "\n\nRequires-Dist: in the text\n"


def test_airflow_and_extras_are_left_out() -> None:
    found = needs(
        metadata(
            "apache-airflow-providers-acme",
            "apache-airflow>=2.11.0",
            "apache_airflow_core (>=3)",
            "apache-airflow-task-sdk>=1",
            "apache-airflow-providers-common-compat>=1.17.0",
            "apache_airflow_providers_http",
            "requests>=2.32.0,<3",
            "psycopg[binary]>=3.2.9; python_version < '3.14'",
            "s3fs>=2023; extra == 's3fs'",
            'apache-airflow-providers-amazon; extra == "amazon"',
        )
    )
    assert found == Needs(
        "acme",
        "1.2.3",
        ("common-compat", "http"),
        ("requests>=2.32.0,<3", "psycopg[binary]>=3.2.9; python_version < '3.14'", "packaging"),
    )


def test_libraries_that_a_package_does_not_name_are_in_the_table() -> None:
    found = needs(metadata("apache-airflow-providers-http", "apache-airflow>=2.11.0"))
    assert found.libraries == tried()["http"].libraries
    assert "tenacity" in found.libraries


@pytest.mark.parametrize("name", ["requests", "", "apache-airflow"])
def test_what_is_not_a_provider_package(name: str) -> None:
    with pytest.raises(ValueError, match="not a provider package"):
        needs(metadata(name))


def test_the_table_of_what_was_tried() -> None:
    assert {"http", "ssh", "sqlite", "common-sql", "common-compat", "postgres"} <= tried().keys()
    for name, one in tried().items():
        assert short_name(f"{name}=={one.version}") == (name, one.version)
