"""``conf``: the few options that files read, from the environment, an airflow.cfg, or what follows from ours.

An option that is in none of them raises an error. An empty string would look like an answer.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from penstock.airflow.places import configuration_file
from penstock.airflow.served.exceptions import AirflowConfigException
from penstock.authoring import scope
from penstock.version import __version__ as ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from configparser import RawConfigParser
    from types import FrameType
    from typing import Any

yes = True
_VERSIONS = {"2": "2.11.2", "3": "3.3.2"}
_NONE: Any = object()


class _Version(str):
    """The version that a file meets: the last one of its dialect; ``penstock`` says whose it is."""

    __slots__ = ()
    penstock = ours


def __getattr__(name: str) -> Any:
    if name in {"version", "__version__"}:
        dialect = scope.current().dialect
        return _Version(_VERSIONS[dialect.word if dialect and not _a_provider_asks() else "3"])
    if name == "AIRFLOW_HOME":
        return get_airflow_home()
    if name == "DAGS_FOLDER":
        return conf.get("core", "dags_folder")
    raise AttributeError(name)


def _a_provider_asks() -> bool:
    """Whether a module of a provider package asks: it gets the newest core, whatever the DAG file is."""
    import sys

    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - there is no other way to know who imports
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith(("penstock.airflow", "importlib")):
            return name.startswith("airflow.providers.")
        frame = frame.f_back
    return False


_FOLDERS = {("core", "plugins_folder"): "plugins", ("logging", "base_log_folder"): "logs"}
"""Options for folders that files build paths from, and where those are below Airflow's home."""


def get_airflow_home() -> str:
    """Return the folder called ``AIRFLOW_HOME``: as the environment says, or around the DAGs folder."""
    named = os.environ.get("AIRFLOW_HOME")
    return named or os.path.dirname(_dags_folder())  # noqa: PTH120 - in start-ups


def _dags_folder() -> str:
    from penstock.authoring.place import owner_file

    home = os.environ.get("PENSTOCK_HOME", os.curdir)
    file = owner_file()
    folder = os.path.dirname(file) if file else ""  # noqa: PTH120
    while folder and os.path.basename(folder) != "dags" and os.path.dirname(folder) != folder:  # noqa: PTH119, PTH120
        folder = os.path.dirname(folder)  # noqa: PTH120
    return folder if os.path.basename(folder) == "dags" else os.path.join(home, "dags")  # noqa: PTH118, PTH119


class Configuration:
    """What ``airflow.configuration.conf`` can be asked."""

    def __init__(self) -> None:
        self._read: tuple[str | None, RawConfigParser | None] | None = None

    def get(self, section: str, key: str, fallback: Any = _NONE, **more: Any) -> Any:
        """Return an option as text; raise AirflowConfigException, with its name, when it is not set."""
        del more
        found = self._find(section.lower(), key.lower())
        if found is not None:
            return found
        if fallback is not _NONE:
            return fallback
        raise AirflowConfigException(
            f"option [{section}] {key} is not set: Penstock has no such option; set "
            f"AIRFLOW__{section.upper()}__{key.upper()} and name it in pass_env, or write it to airflow.cfg"
        )

    def getboolean(self, section: str, key: str, **more: Any) -> bool:
        """Return an option that is true or false; raise AirflowConfigException for other words."""
        word = self.get(section, key, **more)
        if isinstance(word, bool) or word is None:
            return word  # type: ignore[return-value]  # the fallback that was given
        if str(word).lower() in {"t", "true", "1", "yes", "on"}:
            return True
        if str(word).lower() in {"f", "false", "0", "no", "off"}:
            return False
        raise AirflowConfigException(f"option [{section}] {key} must be true or false, not {word!r}")

    def getint(self, section: str, key: str, **more: Any) -> int:
        """Return an option that is a whole number; raise AirflowConfigException for anything else."""
        return self._number(int, section, key, **more)  # type: ignore[no-any-return]

    def getfloat(self, section: str, key: str, **more: Any) -> float:
        """Return an option that is a number; raise AirflowConfigException for anything else."""
        return self._number(float, section, key, **more)  # type: ignore[no-any-return]

    def getjson(self, section: str, key: str, **more: Any) -> Any:
        """Return an option that is JSON; raise AirflowConfigException for anything else."""
        import json

        word = self.get(section, key, **more)
        try:
            return json.loads(word) if isinstance(word, str) and word else word
        except ValueError as error:
            raise AirflowConfigException(f"option [{section}] {key} must be JSON: {error}") from None

    def getlist(self, section: str, key: str, delimiter: str = ",", **more: Any) -> Any:
        """Return an option that is a list of words."""
        word = self.get(section, key, **more)
        if not isinstance(word, str):
            return word
        return [part.strip() for part in word.split(delimiter) if part.strip()]

    def gettimedelta(self, section: str, key: str, **more: Any) -> Any:
        """Return an option that is a number of seconds as a timedelta."""
        import datetime as dt

        seconds = self._number(int, section, key, **more)
        return dt.timedelta(seconds=seconds) if isinstance(seconds, int) else seconds

    def getimport(self, section: str, key: str, **more: Any) -> Any:
        """Return what the path in an option names, None if it is empty; raise AirflowConfigException."""
        from penstock.airflow.served.words import import_string

        word = self.get(section, key, **more)
        try:
            return import_string(word) if isinstance(word, str) and word else word or None
        except ImportError as error:
            raise AirflowConfigException(f"option [{section}] {key}: {error}") from None

    def get_mandatory_value(self, section: str, key: str, **more: Any) -> str:
        """Return an option as text; raise AirflowConfigException when it is not set."""
        return str(self.get(section, key, **more))

    def _number(self, kind: Any, section: str, key: str, **more: Any) -> Any:
        word = self.get(section, key, **more)
        try:
            return word if word is None else kind(word)
        except (TypeError, ValueError):
            raise AirflowConfigException(f"option [{section}] {key} must be a number, not {word!r}") from None

    def has_option(self, section: str, option: str, **more: Any) -> bool:
        """Whether an option is set."""
        del more
        return self._find(section.lower(), option.lower()) is not None

    def getsection(self, section: str) -> Mapping[str, str] | None:
        """Return the options of a section of airflow.cfg."""
        file = self._file()
        return dict(file.items(section)) if file is not None and file.has_section(section) else None

    def as_dict(self, *args: Any, **named: Any) -> dict[str, dict[str, str]]:
        """Return all of airflow.cfg."""
        del args, named
        file = self._file()
        return {section: dict(file.items(section)) for section in file.sections()} if file is not None else {}

    def _find(self, section: str, key: str) -> str | None:
        named = os.environ.get(f"AIRFLOW__{section.upper()}__{key.upper()}")
        if named is not None:
            return named
        file = self._file()
        if file is not None and file.has_option(section, key):
            return file.get(section, key)
        if (section, key) == ("core", "dags_folder"):
            return _dags_folder()
        below = _FOLDERS.get((section, key))
        return None if below is None else os.path.join(get_airflow_home(), below)  # noqa: PTH118 - as above

    def _file(self) -> RawConfigParser | None:
        from penstock.authoring.place import owner_file

        name = configuration_file(owner_file())
        if self._read is None or self._read[0] != name:
            parser = None
            if name is not None:
                from configparser import RawConfigParser

                parser = RawConfigParser(strict=False)
                parser.read(name, encoding="utf-8")
            self._read = (name, parser)
        return self._read[1]


conf = Configuration()
get, getboolean, getint = conf.get, conf.getboolean, conf.getint


def catchup_by_default() -> bool | None:
    """Return what ``[scheduler] catchup_by_default`` says, or None."""
    return conf.getboolean("scheduler", "catchup_by_default", fallback=None)


def default_timezone() -> str | None:
    """Return the time zone of ``[core] default_timezone``, or None when that is UTC."""
    name = conf.get("core", "default_timezone", fallback=None)
    return None if name in {None, "system", "utc", "UTC"} else name
