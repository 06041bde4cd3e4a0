"""The recorded pairs that are answered differently on purpose, by the line of docs/differences.md."""

from __future__ import annotations

_EXISTS = "What exists already"
_START = "`run_after` and the data interval of a new run"
_CLOSED = "The configuration"
_NAIVE = "A date without a zone in a filter"
_DELETE = "Deleting a DAG or a run"
_PLAIN = "Logs as plain text"
_MAPPED = "Logs and tries of a mapped task without an index"
_VALUES = "Writing XComs"
_PAUSED = "A manual run of a paused DAG"
_SECRETS = "Secrets in variables and connections"
_ABSENT = "Favourites, reparsing, groups, many runs at once"
_CURSOR = "Cursors"
_VIEWER = "A read-only token"
OF_THAT_DAY = "the recorded run id has a part that is never the same again"

DIFFERENT: dict[str, str] = {
    "dag_runs_trigger: same logical date": _EXISTS,
    "dag_runs_trigger: same run id": _EXISTS,
    "pools: create existing": _EXISTS,
    "dag_runs_trigger: interval, both": _START,
    "dag_runs_trigger: run_after": _START,
    "config: all, exposed": _CLOSED,
    "config: one section, exposed": _CLOSED,
    "config: one, exposed": _CLOSED,
    "config: secret one, exposed": _CLOSED,
    "config: as text, exposed": _CLOSED,
    "config: unknown option, exposed": _CLOSED,
    "config: as viewer, exposed": _CLOSED,
    "dag_runs: filter date only": _NAIVE,
    "dag_runs: filter naive date": _NAIVE,
    "dag_runs: delete": _START,
    "dag_runs: delete a running run": _DELETE,
    "dags: delete": _DELETE,
    "dag_runs: upstream events of an asset run": OF_THAT_DAY,
    "logs: running, text": _PLAIN,
    "logs: mapped, without map_index": _MAPPED,
    "task_instances: mapped tries without index": _MAPPED,
    "xcoms: create": _VALUES,
    "xcoms: create existing": _VALUES,
    "xcoms: patch": _VALUES,
    "xcoms: delete": _VALUES,
    "task_instances: mark a queued run's task": _PAUSED,
    "variables: create secret-like": _SECRETS,
    "variables: get secret-like": _SECRETS,
    "connections: create": _SECRETS,
    "connections: create existing": _SECRETS,
    "dag_runs: clear many, dry run": _ABSENT,
    "dags: favorite": _ABSENT,
    "dags: unfavorite": _ABSENT,
    "dags: reparse": _ABSENT,
    "task_instances: patch of a group": _ABSENT,
    "assets: queued events, none, delete": _ABSENT,
    "paging: cursor, bad": _CURSOR,
    "auth: viewer may not read connections": _VIEWER,
}
