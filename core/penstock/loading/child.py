"""The child process that loads one DAG file.

``python -P -u -m penstock.loading.child FILE --fd N --trace-fd M``, or a fork (see `forked`). N is a
socket: the request (JSON) comes in over it and the answer, a `ParsedFile` as JSON, goes out; each is
8 bytes of length, then the bytes. The interpreter writes to M when it crashes or runs out of time.
Everything else that the author's file does, prints or breaks stays in this process.
"""

from __future__ import annotations

import argparse
import faulthandler
import math
import os
import resource
import sys
from typing import Any

import msgspec

from penstock.authoring import scope
from penstock.authoring.archive import runs
from penstock.authoring.dag import DAG
from penstock.authoring.source import execute
from penstock.errors import DagFileError
from penstock.loading.explain import explain
from penstock.loading.forked import serve
from penstock.loading.placement import placed
from penstock.loading.request import LOST_CHANNEL, LoadRequest
from penstock.loading.serialize import collect, to_spec
from penstock.loading.sound import settled
from penstock.model.packaged import is_archive
from penstock.model.spec import DagFileProblem, DagSpec, ParsedFile
from penstock.operators.bash import BashOperator
from penstock.operators.python import PythonOperator

# Everything needed later is imported here, because the author's file may break the import system.
from penstock.task_process import lookup
from penstock.task_process.hiding import hidden


def main() -> None:
    """Answer one request and end, without running more of the author's code."""
    file, descriptor, trace = _arguments()
    channel = _Channel(descriptor)
    request = msgspec.json.decode(channel.receive(), type=LoadRequest)
    _limit(request)
    faulthandler.enable(file=trace, all_threads=False)
    faulthandler.dump_traceback_later(request.timeout, exit=True, file=trace)
    pid = os.getpid()
    sys.dont_write_bytecode = True
    sys.argv = [file]
    answer = load(file, request)
    if os.getpid() != pid:
        os._exit(0)  # a fork that the author's file made and left running
    os._exit(0 if channel.send(msgspec.json.encode(answer)) else LOST_CHANNEL)


def _arguments() -> tuple[str, int, int]:
    """Return file, channel and the descriptor for crash output; in a warm parent, those of each fork."""
    if sys.argv[1] == "--forge":
        return serve(int(sys.argv[2]), _rehearse)
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--trace-fd", type=int, required=True)
    options = parser.parse_args()
    return options.file, options.fd, options.trace_fd


def _rehearse() -> None:
    """Make a DAG of every day and answer with it, to nobody.

    What that imports (croniter) and makes ready (decoders, patterns) is most of what a small file costs.
    """
    request = LoadRequest(source=b"", source_hash="")
    msgspec.json.decode(msgspec.json.encode(request), type=LoadRequest)
    with scope.fresh(), DAG("rehearsal", schedule="0 6 * * 1-5") as dag:
        begin = BashOperator(task_id="begin", bash_command="echo {{ ds }}")
        begin >> PythonOperator(task_id="end", python_callable=_rehearse)
        spec = _spec(dag, "rehearsal.py", request)
        msgspec.json.encode(ParsedFile(file=spec.file, source_hash="", dags=(spec,)))


def _limit(request: LoadRequest) -> None:
    seconds = math.ceil(request.timeout) + 5
    for what, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_CPU, seconds, seconds),
        (resource.RLIMIT_AS, request.memory, None),  # only soft: see _lift_memory_limit
    ):
        present = resource.getrlimit(what)[1]
        known = [limit for limit in (soft, present) if limit != resource.RLIM_INFINITY]
        try:
            resource.setrlimit(what, (min(known), present if hard is None else min(known)))
        except (ValueError, OSError):
            continue  # macOS knows no limit on address space


def _lift_memory_limit() -> None:
    """Raise the limit, so that an error can be reported while the author's objects still fill the memory."""
    try:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    except (ValueError, OSError):
        return


class _Channel:
    """The socket to the engine, which the author's file may have closed or replaced."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        status = os.fstat(fd)
        self.identity = (status.st_dev, status.st_ino)

    def receive(self) -> bytes:
        """Return the request."""
        size = int.from_bytes(self._read(8), "big")
        return self._read(size)

    def _read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            part = os.read(self.fd, min(size, 1 << 20))
            if not part:
                raise EOFError("the engine closed the channel")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def send(self, data: bytes) -> bool:
        """Send *data*; return False if the descriptor is no longer ours."""
        view = memoryview(len(data).to_bytes(8, "big") + data)
        try:
            status = os.fstat(self.fd)
            if (status.st_dev, status.st_ino) != self.identity:
                return False
            while view:
                view = view[os.write(self.fd, view) :]
        except OSError:
            return False
        return True


def load(file: str, request: LoadRequest) -> ParsedFile:
    """Execute the file and return its DAGs, or why it has none."""
    lookup.provide(request.variables, request.connections, stored=request.values, environ=request.environ)
    scope.current().cursors = request.cursors
    problems: list[DagFileProblem] = []
    try:
        if is_archive(request.source):
            dags = _packaged(file, request, problems)
        else:
            dags = collect(execute(file, request.source, request.folders, airflow=request.airflow))
    except BaseException as error:  # noqa: BLE001 - whatever an author raises is reported, not obeyed
        _lift_memory_limit()
        failed = ParsedFile(file=file, source_hash=request.source_hash, errors=(explain(error, file),))
        return _with_scope(failed)
    specs: list[DagSpec] = []
    for dag in dags:
        try:
            specs.append(_spec(dag, file, request))
        except BaseException as error:  # noqa: BLE001 - subclasses of the author may run in here
            problems.append(explain(error, file))
    answer = ParsedFile(file=file, source_hash=request.source_hash, dags=tuple(specs), errors=tuple(problems))
    return _with_scope(answer)


def _packaged(file: str, request: LoadRequest, problems: list[DagFileProblem]) -> list[DAG]:
    """Return the DAGs of the modules in a zip file; what is wrong with one is added to *problems*."""
    made: dict[str, DAG] = {}
    for path, run in runs(file, request.source, request.folders, airflow=request.airflow, kept=file):
        name = os.path.basename(path)  # noqa: PTH119 - as below
        try:
            for dag in collect(run()):
                if dag.dag_id in made:
                    raise DagFileError(
                        f"DAG {dag.dag_id!r} is made twice in this zip file", path, dag.place.line
                    )
                made[dag.dag_id] = dag
        except BaseException as error:  # noqa: BLE001 - whatever an author raises is reported, not obeyed
            problem = explain(error, path)
            problems.append(msgspec.structs.replace(problem, message=f"{name}: {problem.message}"))
    return list(made.values())


def _with_scope(answer: ParsedFile) -> ParsedFile:
    here = scope.current()
    answer = msgspec.structs.replace(answer, beside=tuple(here.beside))
    if here.dialect is None:
        return answer
    missing = tuple(dict.fromkeys(here.missing))
    word, because = here.dialect.word, here.dialect.because
    return msgspec.structs.replace(answer, dialect=word, dialect_because=because, missing=missing)


def _spec(dag: Any, file: str, request: LoadRequest) -> DagSpec:
    spec = settled(to_spec(dag, file, request.timezone))
    _refuse_secrets(spec, file)
    return placed(spec, request.executors, request.default_executor)


def _refuse_secrets(spec: DagSpec, file: str) -> None:
    """Refuse a secret's value in a command or a parameter: what is loaded is kept on the disk."""
    commands = [(f"the command of task {task.task_id!r}", task.line, task.command) for task in spec.tasks]
    for name, line, part in (*commands, ("a parameter's default", spec.line, spec.params)):
        if part and hidden.found_in(msgspec.json.encode(part).decode(), words=False):
            raise DagFileError(
                f"DAG {spec.dag_id!r}: {name} holds the value of a secret, which would be written to the "
                "disk: use {{ var.value.NAME }} or {{ conn.ID.password }} in a template, or secrets={...}",
                file,
                line,
            )


if __name__ == "__main__":
    main()
