"""What the engine knows of questions to people: those of deferred attempts, and the answers on their way."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.decoding import decoder
from penstock.model.questions import Question, Reply
from penstock.model.states import TERMINAL, TaskState
from penstock.store.engine.records import QuestionRecord, TaskRecord
from penstock.store.engine.working_set import WorkingSet


class Questions:
    """The questions of unfinished runs, by the attempt that asked."""

    def __init__(self, reads: WorkingSet) -> None:
        self._reads = reads
        self._records: dict[str, QuestionRecord] = {}

    def __contains__(self, attempt_id: object) -> bool:
        return attempt_id in self._records

    def get(self, attempt_id: str | None) -> QuestionRecord | None:
        """Return what an attempt asked, or None."""
        return None if attempt_id is None else self._records.get(attempt_id)

    def put(self, record: QuestionRecord) -> None:
        """Add a question."""
        self._records[record.attempt_id] = record

    def read(self, tasks: Iterable[TaskRecord]) -> None:
        """Read the questions of *tasks*, which become part of the working set. Raises ValueError."""
        asked = {
            attempt_id
            for task in tasks
            for attempt_id in (task.attempt_id if task.state is TaskState.DEFERRED else task.resumes,)
            if attempt_id and task.state not in TERMINAL
        }
        if asked - self._records.keys():
            for record in self._reads.questions(asked):
                self._records[record.attempt_id] = record

    def forget(self, tasks: Iterable[TaskRecord]) -> None:
        """Forget the questions of *tasks*."""
        for task in tasks:
            for attempt_id in (task.attempt_id, task.resumes):
                if attempt_id is not None:
                    self._records.pop(attempt_id, None)

    def reply(self, attempt_id: str | None) -> str | None:
        """Return the answer to what an attempt asked, as JSON, if there is one."""
        record = self.get(attempt_id)
        return None if record is None else record.reply


def question_of(record: QuestionRecord) -> Question:
    """Return the question of a record."""
    return decoder(Question).decode(record.question)


def reply_of(record: QuestionRecord) -> Reply | None:
    """Return the answer of a record, if there is one."""
    return None if record.reply is None else decoder(Reply).decode(record.reply)
