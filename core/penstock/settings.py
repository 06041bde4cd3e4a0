"""One frozen `Settings`, read once from penstock.toml and the environment, then passed on.

Reading settings creates nothing. Everything an instance owns is below its home::

    <home>/penstock.toml       configuration, with comments
    <home>/dags/               DAG files
    <home>/penstock.db         the state (SQLite)
    <home>/attempts/           one directory per attempt
    <home>/versions/           the DAG files that runs are pinned to, by SHA-256
    <home>/run/                socket, lock, process id
    <home>/http_tokens.json    hashes of the tokens of the HTTP API
    <home>/values.json         stored variables and connections, for tasks to read
      <home>/engine.log          the engine's own log
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from penstock.errors import SettingsError

CONFIG_NAME = "penstock.toml"
_SOCKET_PATH_MAX = 100
"""Bytes; the kernel's limit is 104 on macOS and 108 on Linux."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is kept of the finished runs of one DAG; for ``days`` and ``bytes``, 0 keeps everything."""

    days: int
    bytes: int
    runs: int
    """This many of the newest runs are kept, whatever their age."""

    def words(self) -> str:
        """Return the limits in a few words, for people."""
        if not self.days and not self.bytes:
            return "everything"
        days = f"runs of {self.days} days, and the newest {self.runs} whatever their age"
        logs = f"{self.bytes / (1 << 30):.3g} GiB of logs a DAG" if self.bytes else "logs of any size"
        return f"{days if self.days else 'runs of any age'}; {logs}"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an instance. Durations are seconds, sizes bytes.

    Field names below ``home`` are the keys of penstock.toml.
    """

    home: Path
    dags_folder: Path
    dags_group: str = ""
    """A group whose members may change the DAGs folder and its files: they can run anything as our user."""
    timezone: str = "UTC"
    """Time zone of DAGs that do not set one."""
    parallelism: int = 32
    """Attempts at once, over all DAGs."""
    attempts_per_supervisor: int = 16
    """Attempts that share one supervisor process; 1 isolates each."""
    stop_grace: float = 60.0
    """Between SIGTERM and SIGKILL, unless the task says otherwise."""
    umask: int | None = None
    """The umask of tasks; None: the one that the engine was started with."""
    log_max_bytes: int = 256 << 20
    """Limit of one attempt's log; of a longer output the beginning and the end are kept."""
    parse_timeout: float = 30.0
    """Wall time a DAG file may take to load."""
    parse_memory: int = 2 << 30
    """Address space a DAG file may use while loading."""
    launch_deadline: float = 10.0
    """How long a launch may stay unclaimed before it is revoked."""
    runs_per_tick: int = 100
    """Runs created in one tick, over all DAGs."""
    max_map_length: int = 1024
    """Items of a returned list or dict that tasks can be mapped over; a longer one fails the task."""
    allow_root: bool = True
    """Whether the engine may run as root."""
    retention_days: int = 30
    """Age at which finished runs, with attempts and logs, are deleted; 0 keeps all."""
    retention_bytes: int = 10 << 30
    """Bytes of logs kept of each DAG: above that its oldest finished runs are deleted; 0: no limit."""
    keep_runs: int = 30
    """Runs of each DAG kept whatever their age."""
    event_days: int = 365
    """Age at which acts of people and ended backfills are deleted; 0 keeps all."""
    point_days: int = 400
    """Age at which records of schedule points are deleted; 0 keeps all."""
    retention: dict[str, dict[str, int]] = field(default_factory=dict)
    """Other limits for some DAGs: dag_id -> ``days``, ``bytes``, ``runs``."""
    callback_timeout: float = 60.0
    """How long the callbacks of one event may take, all together."""
    max_consecutive_failed_runs: int = 0
    """This many failed runs in a row pause a DAG's schedule, unless it sets its own number; 0: never."""
    airflow: dict[str, Any] = field(default_factory=dict)
    """For files that import airflow: ``compat`` (true), ``dialect`` ("2" or "3"; else the file decides)."""
    pools: dict[str, int] = field(default_factory=dict)
    """Pools made at start if they do not exist: name -> slots."""
    connections: dict[str, Any] = field(default_factory=dict)
    """Connections by id; see `penstock.values` for what an entry may be."""
    variables: dict[str, Any] = field(default_factory=dict)
    """Variables by name; see `penstock.values`."""
    pass_env: tuple[str, ...] = ()
    """Patterns (``AWS_*``) of environment variables that tasks inherit besides the usual few."""
    show_env: tuple[str, ...] = ()
    """Patterns of those environment variables that are not secret: logs may show their values."""

    default_executor: str = "local"
    """The executor of tasks that name none."""
    executors: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Executors by name: `penstock.executor_settings` says what each may have."""
    bell: bool = False
    """Whether consoles ring when something fails that is not on their screen."""
    http: dict[str, str] = field(default_factory=dict)
    """The HTTP API, if it is switched on: ``listen``, and ``cert`` and ``key`` for TLS."""

    def kept_of(self, dag_id: str) -> Kept:
        """Return how much of a DAG's past is kept."""
        own = self.retention.get(dag_id, {})
        return Kept(
            days=own.get("days", self.retention_days),
            bytes=own.get("bytes", self.retention_bytes),
            runs=own.get("runs", self.keep_runs),
        )

    @property
    def config_file(self) -> Path:
        """The configuration file; it may not exist."""
        return self.home / CONFIG_NAME

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "penstock.db"

    @property
    def attempts(self) -> Path:
        """Root of the attempt directories."""
        return self.home / "attempts"

    @property
    def versions(self) -> Path:
        """The folder of pinned DAG files, named by the SHA-256 of their bytes."""
        return self.home / "versions"

    @property
    def run_folder(self) -> Path:
        """The folder of lock and sockets."""
        return self.home / "run"

    @property
    def socket(self) -> Path:
        """The engine's socket; see `short_socket`."""
        return short_socket(self.run_folder / "engine.sock")

    @property
    def supervisor_socket(self) -> Path:
        """The socket on which supervisors report to the engine."""
        return short_socket(self.run_folder / "supervisors.sock")

    def settle_sockets(self) -> None:
        """Record where the sockets will be, for clients; call it once `run_folder` exists."""
        folder = self.run_folder
        if len(os.fsencode(folder)) + len("/supervisors.sock") > _SOCKET_PATH_MAX:
            for name in ("engine.sock", "supervisors.sock"):
                settle_socket(folder / name)

    @property
    def values_file(self) -> Path:
        """The variables and connections of the store, as tasks read them: references, no secrets."""
        return self.home / "values.json"

    @property
    def task_states(self) -> Path:
        """What tasks keep between their tries: a folder for each DAG, with one for each run."""
        return self.home / "state" / "tasks"

    @property
    def http_tokens(self) -> Path:
        """The tokens of the HTTP API: names and hashes."""
        return self.home / "http_tokens.json"

    @property
    def engine_log(self) -> Path:
        """The engine's own log."""
        return self.home / "engine.log"


def least_free(total: int) -> int:
    """Return how many bytes must be free on a disk of *total* bytes for anything to be launched."""
    return min(512 << 20, max(total // 50, 4 << 20))


def short_socket(path: Path) -> Path:
    """Return where the socket *path* is: there, or at the short name that was chosen for it.

    A kernel only takes paths of about a hundred bytes. A client must find the socket from the home alone, so
    a file beside *path* names it: engine and client may have different runtime and temporary folders.
    """
    if len(os.fsencode(path)) <= _SOCKET_PATH_MAX:
        return path
    return _settled(path) or _short_places(path)[0]


def settle_socket(path: Path) -> None:
    """Choose a place for the socket *path* if its name is too long, and record it beside *path*.

    An earlier choice stays as long as its folder exists, because supervisors know it.
    """
    if len(os.fsencode(path)) <= _SOCKET_PATH_MAX:
        return
    settled = _settled(path)
    if settled is not None and settled.parent.is_dir():
        return
    place = next((each for each in _short_places(path) if each.parent.is_dir()), _short_places(path)[-1])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(os.fsencode(place))
    fresh.replace(_record(path))


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.place")


def _settled(path: Path) -> Path | None:
    try:
        place = os.fsdecode(_record(path).read_bytes())
    except OSError:
        return None
    return Path(place) if place.startswith("/") and "\0" not in place else None


def _short_places(path: Path) -> list[Path]:
    """Return private places for *path* with a name short enough for the kernel, the best first."""
    import hashlib
    import tempfile

    name = f"penstock-{hashlib.sha256(os.fsencode(path)).hexdigest()[:20]}.sock"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    private = f"penstock-{os.getuid()}/{name}"
    places = [Path(tempfile.gettempdir(), private), Path("/tmp", private)]  # noqa: S108 - TMPDIR may be long too
    if runtime:
        places.insert(0, Path(runtime, name))
    return [place for place in places if len(os.fsencode(place)) <= _SOCKET_PATH_MAX]


def find_home(start: Path | None = None) -> Path:
    """Return the instance's folder.

    That is ``PENSTOCK_HOME``, or the nearest parent of *start* (default: the working directory) with a
    penstock.toml, or the platform's data folder.
    """
    named = named_home()
    if named is not None:
        return named
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    import platformdirs

    return Path(platformdirs.user_data_dir("penstock", appauthor=False))


def named_home() -> Path | None:
    """Return the folder in ``PENSTOCK_HOME``, or None."""
    named = os.environ.get("PENSTOCK_HOME")
    return Path(named).expanduser().absolute() if named else None


def load_settings(home: Path | None = None) -> Settings:
    """Return the settings of *home* (default: `find_home`). A missing penstock.toml means defaults.

    Raises `SettingsError` that names the file and the wrong key.
    """
    home = (home or find_home()).absolute()
    file = home / CONFIG_NAME
    table = _read(file)
    if "PENSTOCK_ALLOW_ROOT" in os.environ:
        table["allow_root"] = os.environ["PENSTOCK_ALLOW_ROOT"] not in {"0", "false", "no"}
    return _settings(home, table, file)


def _read(file: Path) -> dict[str, Any]:
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from None
    import tomllib  # every command reads settings first, so what few need is imported where it is used

    try:
        text = data.decode()
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not valid TOML: {error}{_octal_remedy(data)}") from None
    if "umask" in table:
        table["umask"] = _umask(table["umask"], text, file)
    return table


def _umask(value: Any, text: str, file: Path) -> int:
    """Return the mask in *value*: digits as in a shell, or a number that *text* writes with 0o."""
    import re

    if isinstance(value, int) and not isinstance(value, bool):
        # 0o22 and 18 are one number in TOML, and a person who writes 22 means neither 22 nor 18.
        spelled = re.search(r"(?m)^[ \t]*[\"']?umask[\"']?[ \t]*=[ \t]*0o", text)
        mask = value if spelled else -1
    else:
        mask = int(value, 8) if isinstance(value, str) and re.fullmatch("[0-7]{1,4}", value) else -1
    if mask < 0:
        raise SettingsError(f'{file}: umask must be octal digits in quotes, such as "022", not {value!r}')
    if mask & ~0o077:
        raise SettingsError(
            f"{file}: umask {mask:04o} takes permissions from the tasks' own user: it may be 0077 at most"
        )
    return mask


def _octal_remedy(data: bytes) -> str:
    """Return what to write in place of ``umask = 022``: no TOML number begins with a zero."""
    import re

    return '; write umask = "022", in quotes' if re.search(rb"(?m)^[ \t]*umask[ \t]*=[ \t]*0\d", data) else ""


def _settings(home: Path, table: dict[str, Any], file: Path) -> Settings:
    known = {item.name: item for item in fields(Settings) if item.name != "home"}
    values: dict[str, Any] = {"dags_folder": home / "dags"}
    for key, value in table.items():
        if key not in known:
            raise SettingsError(f"{file}: unknown key {key!r}; known: {', '.join(sorted(known))}")
        values[key] = _checked(key, value, str(known[key].type), home, file)
    if values.get("timezone", "UTC") != "UTC":
        _check_zone(values["timezone"], file)
    if "executors" in values or "default_executor" in values:
        from penstock.executor_settings import executors_problem

        problem = executors_problem(values.get("executors", {}), values.get("default_executor", "local"))
        if problem:
            raise SettingsError(f"{file}: {problem}")
    return Settings(home=home, **values)


def _check_zone(name: str, file: Path) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        raise SettingsError(f"{file}: timezone {name!r} is not known") from None


def _checked(key: str, value: Any, kind: str, home: Path, file: Path) -> Any:
    wanted, fits = _KINDS.get(kind, ("text", lambda given: isinstance(given, str)))
    if not fits(value):
        raise SettingsError(f"{file}: {key} must be {wanted}, not {value!r}")
    if key in {"connections", "variables"}:
        _check_entries(key, value, file)
    if key == "airflow":
        from penstock.airflow_settings import airflow_problem

        problem = airflow_problem(value)
        if problem:
            raise SettingsError(f"{file}: [airflow] {problem}")
    match kind:
        case "Path":
            return (home / Path(value).expanduser()).absolute()
        case "float":
            return float(value)
        case "tuple[str, ...]":
            return tuple(value)
        case _:
            return value


def _check_entries(key: str, entries: dict[str, Any], file: Path) -> None:
    from penstock.values import connection_problem, variable_problem

    problem_of = connection_problem if key == "connections" else variable_problem
    for name, entry in entries.items():
        problem = problem_of(entry)
        if problem:
            raise SettingsError(f"{file}: [{key}] {name}: {problem}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_kept(value: object) -> bool:
    if not isinstance(value, dict) or not set(value) <= {"days", "bytes", "runs"}:
        return False
    return all(_is_number(each) and isinstance(each, int) for each in value.values())


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "int | None": ("octal digits in quotes", lambda value: isinstance(value, int)),
    "int": ("a whole number, 0 or more", lambda value: _is_number(value) and isinstance(value, int)),
    "float": ("a number of seconds, 0 or more", _is_number),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "dict[str, int]": (
        "a table of names and whole numbers",
        lambda value: isinstance(value, dict) and all(isinstance(slots, int) for slots in value.values()),
    ),
    "dict[str, dict[str, int]]": (
        "tables by DAG, with days, bytes and runs: whole numbers, 0 or more",
        lambda value: isinstance(value, dict) and all(_is_kept(kept) for kept in value.values()),
    ),
    "dict[str, dict[str, Any]]": (
        "tables by name: [executors.NAME]",
        lambda value: isinstance(value, dict) and all(isinstance(each, dict) for each in value.values()),
    ),
    "dict[str, str]": (
        "a table with listen, and cert and key for TLS: strings",
        lambda value: (
            isinstance(value, dict)
            and set(value) <= {"listen", "cert", "key"}
            and "listen" in value
            and all(isinstance(text, str) for text in value.values())
        ),
    ),
    "dict[str, Any]": ("a table by name", lambda value: isinstance(value, dict)),
    "tuple[str, ...]": (
        "a list of strings",
        lambda value: isinstance(value, list) and all(isinstance(text, str) for text in value),
    ),
}
