"""Functions for another Python: what is refused when the file is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.errors import DagFileError


def test_where_packages_come_from_is_no_argument(load: Any) -> None:
    from penstock import DAG, PythonVirtualenvOperator

    made = PythonVirtualenvOperator(
        task_id="a", python_callable=load.one, index_urls=["https://one", "https://two"], dag=DAG("x")
    )
    assert made._indexes() == {"PIP_INDEX_URL": "https://one", "PIP_EXTRA_INDEX_URL": "https://two"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "ExternalPythonOperator(task_id='a', python='p', python_callable=lambda: 1)",
            "a function with a name",
        ),
        (
            "PythonVirtualenvOperator(task_id='a', python_callable=print, requirements=3)",
            "requirements must be",
        ),
        ("TriggerDagRunOperator(task_id='a', trigger_dag_id='b', allowed_states=['succes'])", "'success'?)"),
        ("HttpSensor(task_id='a', endpoint='x', method='GETT')", "method 'GETT' is not known"),
    ],
)
def test_refused(line: str, message: str, load: Any) -> None:
    with pytest.raises(DagFileError) as caught:
        load.one(line)
    assert message in caught.value.message
