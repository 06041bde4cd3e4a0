"""Stand-ins for the operators, hooks and sensors of packages that are not installed.

An operator that is missing keeps its place in the graph, and its task fails when it runs, in one sentence.
Anything else that is missing can be made while a file loads, and used nowhere. What is given a ``task_id`` is
a task, whatever it is called.
"""

from __future__ import annotations

from penstock.airflow.not_there import NotThere, NotThereError
from penstock.authoring import scope
from penstock.authoring.abstract_operator import AbstractOperator
from penstock.authoring.arguments import CHECKS, IGNORED, LATER
from penstock.authoring.node import connect
from penstock.authoring.operator import Operator
from penstock.authoring.references import references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROOTS = (
    "airflow.providers", "airflow.contrib", "airflow.operators", "airflow.sensors", "airflow.hooks",
    "airflow.triggers", "airflow.kubernetes", "airflow.executors", "airflow.secrets", "airflow.notifications",
    "airflow.www", "airflow.security", "airflow.utils.log",
)  # fmt: skip
_ROOMS = frozenset(
    {
        "operators", "sensors", "hooks", "transfers", "triggers", "notifications", "utils", "links",
        "decorators", "secrets", "executors", "providers", "contrib", "log", "fs",
    }
)  # fmt: skip
"""Names of packages in a provider that hold modules; in a module of any other name are classes."""
_WORDS = {
    "s3": "amazon", "aws": "amazon", "emr": "amazon", "redshift": "amazon", "athena": "amazon",
    "sagemaker": "amazon", "ecs": "amazon", "glue": "amazon", "sns": "amazon", "sqs": "amazon",
    "bigquery": "google", "bq": "google", "gcs": "google", "gcp": "google", "google": "google",
    "dataproc": "google", "dataflow": "google", "gcloud": "google", "hive": "apache.hive",
    "spark": "apache.spark", "livy": "apache.livy", "druid": "apache.druid", "pig": "apache.pig",
    "sqoop": "apache.sqoop", "hdfs": "apache.hdfs", "webhdfs": "apache.hdfs", "cassandra": "apache.cassandra",
    "kubernetes": "cncf.kubernetes", "pod": "cncf.kubernetes", "postgres": "postgres", "mysql": "mysql",
    "mssql": "microsoft.mssql", "oracle": "oracle", "sqlite": "sqlite", "jdbc": "jdbc", "odbc": "odbc",
    "azure": "microsoft.azure", "wasb": "microsoft.azure", "adls": "microsoft.azure", "http": "http",
    "ssh": "ssh", "sftp": "sftp", "ftp": "ftp", "slack": "slack", "snowflake": "snowflake",
    "databricks": "databricks", "docker": "docker", "mongo": "mongo", "redis": "redis",
    "jira": "atlassian.jira",
    "salesforce": "salesforce", "presto": "presto", "vertica": "vertica", "winrm": "microsoft.winrm",
    "opsgenie": "opsgenie", "discord": "discord", "imap": "imap", "grpc": "grpc", "qubole": "qubole",
    "elasticsearch": "elasticsearch", "datadog": "datadog", "zendesk": "zendesk", "dingding": "dingding",
}  # fmt: skip
"""A word in the name of an old module -> the provider that its successor is in."""


class _StandInType(type(Operator)):  # type: ignore[misc]  # the metaclass of operators
    """Makes a task of what is given a task_id, and something that cannot be used of everything else."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if "task_id" in kwargs or _is_task_like(cls):
            return super().__call__(*args, **kwargs)
        if scope.current().context is not None:
            raise NotThereError(cls.cannot_run)
        if cls.is_own:
            return NotThere(cls.__name__, cls.cannot_run)
        made: Any = object.__new__(cls)
        made.__init__(*args, **kwargs)  # an author's subclass of a hook
        return made

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_") or "path" not in cls.__dict__:
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return NotThere(f"{cls.__name__}.{name}", cls.cannot_run)

    @property
    def is_own(cls) -> bool:
        """Whether this is a stand-in itself, not a class that an author derived from one."""
        return "path" in cls.__dict__


def _is_task_like(cls: Any) -> bool:
    """Whether an author's subclass may be a task though it is given no task_id: it gives one to its base."""
    names = [each.__name__ for each in cls.__mro__ if isinstance(each, _StandInType)]
    return not cls.is_own and any(name.endswith(("Operator", "Sensor")) for name in names[:-1])


class StandIn(Operator, metaclass=_StandInType):
    """The base of all stand-ins; each is a class with the name that the file imports."""

    path = ""
    takes_anything = True
    params: Any = None
    secrets: Any = None

    def __init__(self, *args: Any, task_id: str | None = None, **given: Any) -> None:
        if task_id is None:
            return
        del args
        known = {name: value for name, value in given.items() if name in _TASK}
        super().__init__(task_id=task_id, **known)
        self._rest = {name: value for name, value in given.items() if name not in known}
        for name, value in self._rest.items():
            if not hasattr(AbstractOperator, name) and name not in self.checks:
                object.__setattr__(self, name, value)

    def connect_references(self) -> None:
        """Add an edge from every task whose output is in any argument: which are templates is not known."""
        for reference in references(self._rest):
            for source in reference.sources:
                connect(source, self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"{type(self).__name__}.{name}: {self.cannot_run}")


_TASK = {*CHECKS, *IGNORED, *LATER, "dag", "task_group", "default_args"} - {"secrets"}


def stands_in_for(module: str) -> bool:
    """Whether names that the table does not have may be asked of *module*."""
    return module.startswith(_ROOTS)


def is_module_name(module: str, name: str) -> bool:
    """Whether *name* in *module* is a module, and not a class or a function."""
    parts = module.split(".")
    if not name.islower():
        return False
    if "providers" in parts:
        return parts[-1] in _ROOMS or not _ROOMS & set(parts[2:])
    return parts[-1] in _ROOMS or module == "airflow.kubernetes"


def stand_in(module: str, name: str) -> Any:
    """Return the stand-in for *name* of *module*, whose package is not installed."""
    package = package_of(module, name)
    needs = f"needs {package}, which is not installed" if package else "is not known here"
    if package and _is_installed(module):
        needs = f"is not in the version of {package} that is installed"
    why = f"{name} ({module}) {needs}"
    scope.current().missing.append((f"{module}.{name}", package or ""))
    if name.endswith(("Exception", "Error")):
        return type(name, (Exception,), {"__module__": module})
    return _StandInType(
        name, (StandIn,), {"path": f"{module}.{name}", "__module__": module, "cannot_run": why}
    )


def _is_installed(module: str) -> bool:
    """Whether the provider package that *module* should be in is there for real."""
    from importlib.util import find_spec

    parts = module.split(".")
    for length in range(3, len(parts)):
        spec = find_spec(".".join(parts[:length]))
        if spec is not None and spec.origin not in {None, "penstock"}:
            return True
    return False


def package_of(module: str, name: str = "") -> str | None:
    """Return the distribution that *module* is in, or None if nobody knows."""
    parts = module.split(".")
    if parts[1:2] == ["providers"]:
        own = []
        for part in parts[2:]:
            if part in _ROOMS:
                break
            own.append(part)
        own = own[:1] if own[:1] in (["amazon"], ["google"]) else own  # one package for all of their services
        return f"apache-airflow-providers-{'-'.join(own)}" if own else None
    words = [word for part in (*parts[1:], _snake(name)) for word in part.lower().split("_")]
    provider = next((_WORDS[word] for word in words if word in _WORDS), None)
    return f"apache-airflow-providers-{provider.replace('.', '-')}" if provider else None


def _snake(name: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in name)
