"""A provider package as it is: installed without Airflow, and served what it asks the core for.

The package is made here, in the words that real ones use; `test_real_providers` has those.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGE = {
    "airflow/providers/acme/__init__.py": """
import packaging.version
from airflow import __version__ as airflow_version

__version__ = "1.0.0"
if packaging.version.parse(airflow_version) < packaging.version.parse("2.11.0"):
    raise RuntimeError("needs Airflow 2.11.0+")
""",
    "airflow/providers/acme/get_provider_info.py": """
def get_provider_info():
    return {
        "package-name": "apache-airflow-providers-acme",
        "name": "Acme",
        "connection-types": [
            {"connection-type": "acme", "hook-class-name": "airflow.providers.acme.hooks.acme.AcmeHook"}
        ],
    }
""",
    "airflow/providers/acme/version_compat.py": """
from packaging.version import Version
from airflow import __version__

AIRFLOW_V_3_0_PLUS = Version(__version__).major >= 3
""",
    "airflow/providers/acme/hooks/__init__.py": "",
    "airflow/providers/acme/hooks/acme.py": """
from airflow.exceptions import AirflowException
from airflow.providers.acme.version_compat import AIRFLOW_V_3_0_PLUS
from airflow.utils.log.logging_mixin import LoggingMixin
from airflow.utils.strings import to_boolean
from airflow.utils.helpers import merge_dicts

if AIRFLOW_V_3_0_PLUS:
    from airflow.sdk import BaseHook
else:
    raise RuntimeError("a provider package always meets the newest core")


class AcmeHook(BaseHook, LoggingMixin):
    conn_name_attr = "acme_conn_id"
    default_conn_name = "acme_default"
    conn_type = "acme"
    hook_name = "Acme"

    def __init__(self, acme_conn_id=default_conn_name, **kwargs):
        super().__init__(**kwargs)
        self.acme_conn_id = acme_conn_id

    def get_conn(self):
        conn = self.get_connection(self.acme_conn_id)
        if not conn.host:
            raise AirflowException("no host")
        self.log.info("connected to %s", conn.host)
        return merge_dicts({"host": conn.host, "port": conn.port}, conn.extra_dejson)

    def run(self, sql):
        return f"{sql} at {self.get_conn()['host']}, {to_boolean('yes')}"
""",
    "airflow/providers/acme/operators/__init__.py": "",
    "airflow/providers/acme/operators/acme.py": """
from collections.abc import Sequence
from functools import cached_property
from airflow.configuration import conf
from airflow.providers.acme.hooks.acme import AcmeHook
from airflow.providers.acme.triggers.acme import AcmeTrigger
from airflow.sdk import BaseHook, BaseOperator
from airflow.utils.operator_helpers import determine_kwargs


class AcmeOperator(BaseOperator):
    template_fields: Sequence[str] = ("sql",)
    template_fields_renderers = {"sql": "sql"}
    template_ext: Sequence[str] = (".acme",)
    ui_color = "#f4a460"

    def __init__(self, *, sql, acme_conn_id="acme_default", check=None,
                 deferrable=conf.getboolean("operators", "default_deferrable", fallback=False), **kwargs):
        super().__init__(**kwargs)
        self.sql, self.acme_conn_id, self.check, self.deferrable = sql, acme_conn_id, check, deferrable

    @cached_property
    def hook(self):
        return AcmeHook(acme_conn_id=self.acme_conn_id)

    def execute(self, context):
        by_type = BaseHook.get_connection(self.acme_conn_id).get_hook()
        assert type(by_type) is AcmeHook, by_type
        if self.deferrable:
            self.defer(trigger=AcmeTrigger(sql=self.sql, acme_conn_id=self.acme_conn_id),
                       method_name="execute_complete")
        if self.check and not self.check(self.sql, **determine_kwargs(self.check, [self.sql], context)):
            raise ValueError("check failed")
        return self.hook.run(self.sql)

    def execute_complete(self, context, event=None):
        if event["status"] == "error":
            raise RuntimeError(event["message"])
        return event["result"]
""",
    "airflow/providers/acme/triggers/__init__.py": "",
    "airflow/providers/acme/triggers/acme.py": """
import asyncio
from airflow.providers.acme.hooks.acme import AcmeHook
from airflow.triggers.base import BaseTrigger, TriggerEvent


class AcmeTrigger(BaseTrigger):
    def __init__(self, sql, acme_conn_id):
        super().__init__()
        self.sql, self.acme_conn_id = sql, acme_conn_id

    def serialize(self):
        return ("airflow.providers.acme.triggers.acme.AcmeTrigger",
                {"sql": self.sql, "acme_conn_id": self.acme_conn_id})

    async def run(self):
        await asyncio.sleep(0)
        yield TriggerEvent({"status": "success", "result": AcmeHook(self.acme_conn_id).run(self.sql)})
""",
}
LIBRARY = {"acme_library.py": "ANSWER = 42\n"}
DAG = """
{first}
from airflow.providers.acme.operators.acme import AcmeOperator
from airflow.providers.acme.sensors.acme import AcmeSensor

with DAG("d", {schedule}, start_date=datetime(2026, 1, 1)):
    AcmeOperator(task_id="plain", sql="SELECT '{{{{ ds }}}}'", check=lambda sql, ds: ds in sql)
    AcmeOperator(task_id="deferred", sql="SELECT 2", deferrable=True)
"""
FIRST = {
    "2": ("from datetime import datetime\nfrom airflow import DAG\n", "schedule_interval=None"),
    "3": ("from datetime import datetime\nfrom airflow.sdk import DAG\n", "schedule=None"),
}


def wheel(folder: Path, name: str, files: dict[str, str], *requirements: str, provider: bool = False) -> None:
    """Write the wheel of a package, version 1.0.0."""
    plain = name.replace("-", "_")
    info = f"{plain}-1.0.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n"
    metadata += "".join(f"Requires-Dist: {each}\n" for each in requirements)
    every = {
        **files,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: here\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if provider:
        where = f"airflow.providers.{name.removeprefix('apache-airflow-providers-')}.get_provider_info"
        every[f"{info}/entry_points.txt"] = (
            f"[apache_airflow_provider]\nprovider_info={where}:get_provider_info\n"
        )
    with zipfile.ZipFile(folder / f"{plain}-1.0.0-py3-none-any.whl", "w") as archive:
        for path, text in every.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*every, f"{info}/RECORD"]))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package without a registry, and return the folder that it is in."""
    wheels = tmp_path_factory.mktemp("wheels")
    needed = ("apache-airflow>=2.11.0", "acme-library>=1.0", "apache-airflow-providers-acme-base")
    wheel(wheels, "apache-airflow-providers-acme", PACKAGE, *needed, provider=True)
    wheel(wheels, "apache-airflow-providers-acme-base", {}, "apache-airflow>=2.11.0")
    wheel(wheels, "acme-library", LIBRARY)
    wheel(wheels, "packaging", {})  # the real one is there already
    target = tmp_path_factory.mktemp("target") / "here"
    done = penstock("airflow", "providers", "install", "acme", "--from", wheels, "--target", target, "--json")
    said = json.loads(done.stdout)
    assert [(row["name"], row["version"], row["tried"]) for row in said["providers"]] == [
        ("acme", "1.0.0", None),
        ("acme-base", "1.0.0", None),
    ]
    assert "never tried" in done.stderr
    assert (target / "acme_library.py").exists()
    return target


def penstock(*words: object, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "penstock", *map(str, words)],
        capture_output=True, text=True, check=False, env={**os.environ, **more}, timeout=300,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.mark.parametrize("dialect", ["2", "3"])
def test_its_operators_hooks_and_triggers_run(installed: Path, tmp_path: Path, dialect: str) -> None:
    first, schedule = FIRST[dialect]
    file = tmp_path / "d.py"
    text = DAG.format(first=first, schedule=schedule)
    file.write_text(text.replace("from airflow.providers.acme.sensors.acme import AcmeSensor\n", ""))
    done = penstock(
        "--home", tmp_path / "home", "test", file, "--json",
        PYTHONPATH=str(installed), AIRFLOW_CONN_ACME_DEFAULT="acme://user@acme.example:7/?a=1",
    )  # fmt: skip
    tasks = {task["task_id"]: task for task in json.loads(done.stdout)["tasks"]}
    assert tasks["plain"]["xcoms"]["return_value"].startswith("SELECT '2")
    assert tasks["plain"]["xcoms"]["return_value"].endswith("at acme.example, True")
    assert tasks["deferred"]["xcoms"] == {"return_value": "SELECT 2 at acme.example, True"}


def test_what_the_installed_version_does_not_have_is_said(installed: Path, tmp_path: Path) -> None:
    first, schedule = FIRST["3"]
    file = tmp_path / "d.py"
    sensor = '    AcmeSensor(task_id="sensor")\n'
    file.write_text(DAG.format(first=first, schedule=schedule) + sensor)
    done = penstock("parse", file, "--json", PYTHONPATH=str(installed))
    assert len(json.loads(done.stdout)["dags"]["d"]["tasks"]) == 3
    assert "is not in the version of apache-airflow-providers-acme that is installed" in done.stdout


def test_a_package_that_cannot_be_had_installs_nothing(tmp_path: Path) -> None:
    wheel(tmp_path, "apache-airflow-providers-acme", PACKAGE, "apache-airflow-providers-not-here")
    target = tmp_path / "target"
    done = penstock(
        "airflow", "providers", "install", "acme", "--from", tmp_path, "--target", target, code=2
    )  # fmt: skip
    assert "pip download failed" in done.stderr
    assert "not-here" in done.stderr
    assert not target.exists()


def test_a_word_that_is_not_a_name_is_refused(tmp_path: Path) -> None:
    done = penstock("airflow", "providers", "install", "http>=6", "--from", tmp_path, code=2)
    assert "does not name a provider package" in done.stderr
