"""The errors that files raise and catch are one tree, as they are in Airflow."""

from __future__ import annotations

import pytest

from penstock.airflow.served import exceptions
from penstock.airflow.served.exceptions import AirflowException
from penstock.authoring.triggers import TaskDeferred

CAUGHT = [
    "AirflowSkipException", "AirflowFailException", "AirflowSensorTimeout", "AirflowRescheduleException",
    "AirflowNotFoundException", "AirflowConfigException", "AirflowBadRequest", "DagNotFound", "XComNotFound",
    "TaskDeferralError", "TaskDeferralTimeout", "ParamValidationError",
]  # fmt: skip
PASSED = ["AirflowTaskTimeout", "AirflowTaskTerminated"]


@pytest.mark.parametrize("name", CAUGHT)
def test_a_file_that_catches_the_base_catches_it(name: str) -> None:
    assert issubclass(getattr(exceptions, name), AirflowException)


@pytest.mark.parametrize("name", PASSED)
def test_what_ends_a_process_is_caught_by_nobody(name: str) -> None:
    assert not issubclass(getattr(exceptions, name), Exception)
    assert not issubclass(TaskDeferred, Exception)
