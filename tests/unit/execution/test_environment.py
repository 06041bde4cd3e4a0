"""What an engine tells supervisors of its environment, and what they make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock.execution.local.environment import environment_message, supervisor_environment
from penstock.settings import Settings
from penstock.supervisor.environment import EngineEnvironment

ENVIRON = {
    "PATH": "/bin",
    "LC_ALL": "C",
    "PENSTOCK_VAR_A": "value-of-a",
    "AWS_KEY": "value-of-key",
    "AWS_REGION": "eu-central-1",
    "OTHER": "value-of-other",
}


def settings(**fields: Any) -> Settings:
    return Settings(home=Path("/srv/p"), dags_folder=Path("/srv/p/dags"), **fields)


def taken(environ: dict[str, str] = ENVIRON, **fields: Any) -> EngineEnvironment:
    found = EngineEnvironment()
    found.take(environment_message(settings(**fields), environ))
    return found


def shown(environment: EngineEnvironment, text: str) -> str:
    return environment.masker.cover(text)


def test_tasks_get_what_the_configuration_names() -> None:
    assert taken().passed == {}
    assert taken(pass_env=("AWS_*",)).passed == {"AWS_KEY": "value-of-key", "AWS_REGION": "eu-central-1"}


def test_logs_hide_what_is_passed_on_unless_it_is_no_secret() -> None:
    found = taken(pass_env=("AWS_*",), show_env=("AWS_REGION",))
    assert (
        shown(found, "value-of-key in eu-central-1, value-of-other") == "*** in eu-central-1, value-of-other"
    )


def test_passwords_of_connections_are_hidden_everywhere() -> None:
    connections = {
        "plain": "postgres://user:secret-word@host/db",
        "quoted": "postgres://user:pass%40word-long@host/db",
        "short": "postgres://user:abc@host/db",
        "none": "duckdb:///file",
        "odd": "http://[broken",
    }
    found = taken(connections=connections)
    text = "secret-word pass%40word-long pass@word-long abc duckdb:///file"
    assert shown(found, text) == "*** *** *** abc duckdb:///file"


def test_what_is_asked_for_is_a_secret_unless_it_is_said_not_to_be() -> None:
    found = taken(show_env=("AWS_REGION", "PENSTOCK_VAR_Z*"))
    assert found.find(["NO_SUCH", "PENSTOCK_VAR_A"]) == ("value-of-a", True)
    assert found.find(["AWS_REGION"]) == ("eu-central-1", False)
    assert found.find(["NO_SUCH"]) is None


def test_the_next_engines_values_take_the_place_of_the_last_ones() -> None:
    found = taken(pass_env=("AWS_KEY",))
    found.take(environment_message(settings(pass_env=("AWS_KEY",)), {"AWS_KEY": "another-one"}))
    assert found.passed == {"AWS_KEY": "another-one"}
    assert found.find(["PENSTOCK_VAR_A"]) is None
    assert shown(found, "value-of-key another-one") == "value-of-key ***"


def test_a_supervisor_starts_with_nothing_secret() -> None:
    assert supervisor_environment(ENVIRON) == {"PATH": "/bin", "LC_ALL": "C"}
