"""Loads one DAG file in a child process, and reports the result.

The file cannot hurt the caller: see `penstock.loading.conversation` for how the child is controlled.
"""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from penstock.decoding import decoder
from penstock.errors import DagFileError
from penstock.loading.child_process import Spawner, Starter
from penstock.loading.conversation import MAX_ANSWER_BYTES, MAX_OUTPUT_BYTES, Conversation
from penstock.loading.environment import askable, author_environment
from penstock.loading.keep import keep_source
from penstock.loading.reading import MAX_SOURCE_BYTES, name_problem, read_source, shown_path, source_hash
from penstock.loading.request import LOST_CHANNEL, LoadRequest
from penstock.loading.sound import refuse_unsound
from penstock.model.one_spec import share
from penstock.model.spec import DagFileProblem, DagSpec, ParsedFile
from penstock.model.structure import Structure
from penstock.settings import Settings

SPAWNING: Starter = Spawner()
_THREADS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="load")
"""Separate threads: a file that hangs must not use up the few that everything else shares."""
_TRACE_LINE = re.compile(r'^\s*File "(?P<file>.*)", line (?P<line>\d+) in ', re.MULTILINE)


async def parse_file(
    path: Path,
    *,
    settings: Settings,
    source: bytes | None = None,
    starter: Starter = SPAWNING,
    cursors: Mapping[str, tuple[int, int]] | None = None,
    keep: bool = False,
) -> ParsedFile:
    """Return the contents of the DAG file at *path*, or why it could not be loaded.

    A bad file raises nothing. *source* is executed instead of the file's current bytes if given. With *keep*
    a file that makes DAGs is kept, for runs to be pinned to; OSError is raised if it cannot be read or kept.
    *starter* makes the child: for many files, `penstock.loading.warm.WarmParents`. *cursors* say
    how far the schedules of its DAGs are settled. If the caller is
    cancelled, the child is killed first.
    """
    conversation = Conversation()
    loop = asyncio.get_running_loop()
    parse = _parse_and_keep if keep else _parse
    work = loop.run_in_executor(_THREADS, parse, path, settings, source, conversation, starter, cursors)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        conversation.cancel()
        await asyncio.wait([work])
        raise


def parse_file_sync(
    path: Path, *, settings: Settings, source: bytes | None = None, starter: Starter = SPAWNING
) -> ParsedFile:
    """Return the same as `parse_file`, waiting for it."""
    return _parse(path, settings, source, Conversation(), starter)


def _parse_and_keep(
    path: Path,
    settings: Settings,
    source: bytes | None,
    conversation: Conversation,
    starter: Starter,
    cursors: Mapping[str, tuple[int, int]] | None = None,
) -> ParsedFile:
    """Do everything for a file in one thread: to go from one to the next costs as much as reading it."""
    data = read_source(path) if source is None else source
    parsed = _parse(path, settings, data, conversation, starter, cursors)
    if parsed.dags:
        keep_source(settings, data)
    return parsed


def _parse(
    path: Path,
    settings: Settings,
    source: bytes | None,
    conversation: Conversation,
    starter: Starter,
    cursors: Mapping[str, tuple[int, int]] | None = None,
) -> ParsedFile:
    path, digest = path.absolute(), ""
    wrong = name_problem(str(path))
    if wrong is not None:
        return _failed(Path(shown_path(str(path))), digest, wrong)
    try:
        data = source if source is not None else read_source(path)
        digest = source_hash(data)
        if len(data) > MAX_SOURCE_BYTES:
            return _failed(path, digest, f"has {len(data)} bytes; a DAG file may have {MAX_SOURCE_BYTES}")
        request = LoadRequest(
            source=data,
            source_hash=digest,
            folders=(str(settings.dags_folder),),
            timezone=settings.timezone,
            timeout=settings.parse_timeout,
            memory=settings.parse_memory,
            connections=settings.connections,
            variables=settings.variables,
            airflow=settings.airflow,
            executors=settings.executors,
            default_executor=settings.default_executor,
            cursors=dict(cursors or {}),
            environ=askable(settings),
            values=str(settings.values_file),
        )
        answer = conversation.ask(
            path, msgspec.json.encode(request), author_environment(settings), settings.parse_timeout, starter
        )
    except OSError as error:
        return _failed(path, digest, f"cannot be loaded: {error.strerror or error}")
    if answer is None:
        return _failed(
            path,
            digest,
            _why(conversation, settings.parse_timeout),
            _line(conversation, path),
            conversation.output,
        )
    try:
        parsed = decoder(ParsedFile).decode(answer)
    except (msgspec.DecodeError, ValueError):
        return _failed(path, digest, "overwrote the answer of its loader", None, conversation.output)
    return _sound_only(parsed, path, digest)


def _sound_only(parsed: ParsedFile, path: Path, digest: str) -> ParsedFile:
    """Return the child's answer without unusable DAGs, and only about this file."""
    file, dags, errors = str(path), [], list(parsed.errors)
    for spec in parsed.dags:
        try:
            refuse_unsound(spec)
        except DagFileError as error:
            errors.append(DagFileProblem(file=file, message=error.message, line=error.line))
        else:
            dags.append(_prepared(share(msgspec.structs.replace(spec, file=file)), digest))
    problems = tuple(msgspec.structs.replace(error, file=file) for error in errors)
    return msgspec.structs.replace(parsed, file=file, source_hash=digest, dags=tuple(dags), errors=problems)


def _prepared(spec: DagSpec, digest: str) -> DagSpec:
    """Return *spec* with what scheduling needs of it: of 100,000 tasks that takes seconds, in this thread."""
    with suppress(ValueError):  # who takes the file over says so
        Structure(0, spec, digest).checked()
    return spec


def _why(conversation: Conversation, limit: float) -> str:
    if conversation.cancelled:
        return "was not loaded to the end: the engine stopped"
    if conversation.overtime or b"Timeout (" in conversation.last_words:
        return f"took longer than {limit:g} s to load"
    if conversation.printed > MAX_OUTPUT_BYTES:
        return f"printed more than {MAX_OUTPUT_BYTES >> 20} MiB while loading"
    if conversation.answered > MAX_ANSWER_BYTES:
        return f"makes DAGs of more than {MAX_ANSWER_BYTES >> 20} MiB"
    if conversation.exit_code == LOST_CHANNEL:
        return "closed descriptors that it did not open, so its DAGs could not be read"
    if conversation.exit_code < 0:
        return f"killed by {_signal_name(-conversation.exit_code)} while loading"
    return f"exited with code {conversation.exit_code} while loading"


def _line(conversation: Conversation, path: Path) -> int | None:
    """Return the innermost line of the file in the interpreter's crash output."""
    for match in _TRACE_LINE.finditer(conversation.last_words.decode(errors="replace")):
        if match["file"] == str(path):
            return int(match["line"])
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _failed(
    path: Path, digest: str, message: str, line: int | None = None, output: bytes = b""
) -> ParsedFile:
    printed = output.decode(errors="replace").strip()
    detail = f"It printed, at the end:\n{printed}" if printed else None
    problem = DagFileProblem(file=str(path), message=message, line=line, detail=detail)
    return ParsedFile(file=str(path), source_hash=digest, errors=(problem,))
