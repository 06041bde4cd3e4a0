"""A new question is one method of the port and its answer: nothing else knows the questions by name."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from data.builders import NOON
from data.filled_store import RememberedActs
from drive.server import Peer, Served
from penstock.api.client import socket_engine
from penstock.api.engine import Engine
from penstock.api.local import LocalEngine
from penstock.api.questions import arguments_of, question
from penstock.errors import ProtocolError, UnknownError
from penstock.execution.configured import archive_of
from penstock.service.notices import Notices
from penstock.settings import Settings
from penstock.store.database import Database


class Tally(msgspec.Struct, frozen=True):
    """What the new question returns: structs, times and lists as any other."""

    dag_id: str
    since: datetime
    runs: list[str]


def tally(self: Any, dag_id: str, *, since: datetime, most: int = 2) -> list[Tally]:
    """Return the newest runs of a DAG, whose dates are moved by a day."""
    raise NotImplementedError


def answer(self: LocalEngine, dag_id: str, *, since: datetime, most: int = 2) -> list[Tally]:
    runs = [row.run_id for row in self.runs(dag_id, limit=most)]
    return [Tally(dag_id, since + timedelta(days=1), runs)]


def test_a_method_and_its_answer_are_enough(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = LocalEngine(database, settings, archive_of(settings), RememberedActs(), since=NOON)
    with Served(local, Notices(), settings), closing(socket_engine(settings.socket)) as client:
        asker: Any = client
        with pytest.raises(AttributeError, match="tally"):
            asker.tally("etl", since=NOON)
        monkeypatch.setattr(Engine, "tally", tally, raising=False)
        monkeypatch.setattr(LocalEngine, "tally", answer, raising=False)
        try:
            tomorrow = NOON + timedelta(days=1)
            newest = [row.run_id for row in local.runs("etl")]
            assert asker.tally("etl", since=NOON) == [Tally("etl", tomorrow, newest[:2])]
            assert asker.tally("etl", since=NOON, most=1) == [Tally("etl", tomorrow, newest[:1])]
            with pytest.raises(UnknownError, match="nope"):
                asker.tally("nope", since=NOON)
            with pytest.raises(TypeError, match="lacks since"):
                asker.tally("etl")
            with pytest.raises(ProtocolError, match="since"):
                asker.tally("etl", since="soon")
            with closing(Peer(settings.socket)) as peer:  # no client of ours: the engine checks by itself
                for params, said in (({"dag_id": "etl"}, "since"), ({"dag_id": 3}, "dag_id")):
                    peer.say({"id": 1, "method": "tally", "params": params})
                    problem = peer.hear()["error"]
                    assert problem["kind"] == "ProtocolError"
                    assert said in problem["message"]
        finally:
            question.cache_clear()
            arguments_of.cache_clear()
