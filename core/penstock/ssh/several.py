"""The `Engine` port over the engines of several hosts.

Names of things begin with their host (`penstock.model.places`): a question about one goes to its host, one
about all of them to every host, and the answers become one (``_all_`` and the question's name). A host that
cannot be reached is answered for by what it answered last, and acts on it are refused. An act goes to its
host, and to no other.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from penstock.api.questions import question
from penstock.errors import EngineNotRunningError, PenstockError, ProtocolError, UnknownError, UsageError
from penstock.model.acts import AnyAct, Looked, PauseAll, ResumeAll
from penstock.model.places import place_of
from penstock.model.queries import RunQuery
from penstock.model.views.digest import Digest
from penstock.model.views.events import Change
from penstock.model.views.failures import FailuresPage
from penstock.model.views.hosts import HostRow
from penstock.model.views.now import NowPage
from penstock.model.views.plans import Done, Plan, PlanAnswer
from penstock.model.views.runs import RunsPage
from penstock.ssh import merging
from penstock.ssh.member import Member
from penstock.ssh.naming import STEP, place_of_act

PATIENCE = 8.0
"""Seconds that a host may take until its last answer does instead."""
FIRST = 15.0
"""Seconds that a first question waits until it is known which hosts can be reached."""
_POLL = 0.02
_ADDRESSES = ("dag_id", "attempt_id", "fingerprint", "conn_id", "backfill_id")
_LISTS = frozenset(
    {
        "import_errors", "runbooks", "quarantine", "backfills", "pools", "assets", "variables",
        "connections", "breakpoints", "workers",
    }
)  # fmt: skip
"""Questions whose answers are put one after the other."""
_ON_ALL = PauseAll | ResumeAll | Looked
"""Acts that are about no host in particular: they are done on each."""


class Several:
    """Asks *members*, each of which has begun to connect. ``focus`` is the one host that is shown, if set."""

    def __init__(self, members: Sequence[Member], news: queue.Queue[Change]) -> None:
        self.members = tuple(members)
        self.focus: str | None = None
        self._by_name = {member.place.name: member for member in members}
        self._news = news
        self._pool = ThreadPoolExecutor(max_workers=4 * len(members), thread_name_prefix="host")
        self._closed = False
        self._failed, self._happened = merging.Totals(), merging.Totals()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            asked = question(name)
        except ProtocolError:
            raise AttributeError(f"an engine cannot be asked for {name!r}", name=name, obj=self) from None

        def ask(*places: Any, **names: Any) -> Any:
            return self._ask(name, asked.named(places, names))

        self.__dict__[name] = ask
        return ask

    def hosts(self) -> list[HostRow]:
        """Return all hosts, shown or not."""
        if any(member.tried.is_set() for member in self.members):
            self._each("status", {}, self.members)
        return [member.row() for member in self.members]

    def changes(self, *, heartbeat: float = 15.0) -> Iterator[Change]:
        """Yield what changes on any of them, and a notice when a host comes or goes."""
        yield Change(cursor=0, all=True)
        while not self._closed:
            try:
                yield self._news.get(timeout=heartbeat)
            except queue.Empty:
                yield Change(cursor=0)
        raise EngineNotRunningError("This connection was closed.")

    def close(self) -> None:
        """Disconnect from all."""
        self._closed = True
        self._news.put(Change(cursor=0))
        for member in self.members:
            member.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    # -- whom to ask -----------------------------------------------------------------------------

    @property
    def shown(self) -> tuple[Member, ...]:
        """The hosts that questions about all are asked of."""
        return tuple(each for each in self.members if self.focus in {None, each.place.name})

    def _ask(self, name: str, arguments: dict[str, Any]) -> Any:
        if name == "log_pieces":
            return self._log_pieces(**arguments)
        addressed = next((field for field in _ADDRESSES if arguments.get(field) is not None), None)
        if addressed is not None:
            member = self._member(arguments[addressed], addressed)
            fields = {
                field: member.namer.off(arguments[field], field) for field in _ADDRESSES if field in arguments
            }
            return member.namer.on(member.ask(name, {**arguments, **fields}))
        made_here = getattr(type(self), f"_all_{name}", None)
        if made_here is not None:
            return made_here(self, **arguments)
        if name in _LISTS:
            return [row for _, rows in self._each(name, arguments) for row in rows]
        members = self.shown
        if len(members) > 1:
            raise UsageError("this is shown of one host at a time: choose one in the list of hosts")
        return members[0].namer.on(members[0].ask(name, arguments))

    def _member(self, name: str | int, field: str) -> Member:
        if isinstance(name, int):
            return self.members[min(name // STEP, len(self.members) - 1)]
        member = self._by_name.get(place_of(name))
        if member is None and len(self.shown) == 1:
            return self.shown[0]
        if member is None:
            example = self.members[0].namer.name("...")
            raise UnknownError(f"{field} {name!r} names no host: it begins with one, such as {example}")
        return member

    def _each(
        self, name: str, arguments: dict[str, Any], members: Sequence[Member] | None = None
    ) -> list[tuple[Member, Any]]:
        """Return the answers of *members* (default: those shown), each with its host before its names."""
        return self._each_with(name, lambda _: arguments, members)

    def _each_with(
        self,
        name: str,
        arguments: Callable[[Member], dict[str, Any]],
        members: Sequence[Member] | None = None,
    ) -> list[tuple[Member, Any]]:
        self._await_one()
        asked: list[tuple[Member, Future[Any]]] = [
            (member, self._pool.submit(member.ask_or_remember, name, arguments(member)))
            for member in members or self.shown
            if member.tried.is_set()
        ]
        answers = []
        for member, coming in asked:
            try:
                answer = coming.result(PATIENCE)
            except LateError:
                continue
            if answer is not None:
                answers.append((member, member.namer.on(answer)))
        return answers

    def _await_one(self) -> None:
        """Wait until it is known of one host whether it can be reached: the others come when they come."""
        until = time.monotonic() + FIRST
        while not any(member.tried.is_set() for member in self.members) and time.monotonic() < until:
            if self._closed:
                raise EngineNotRunningError("This connection was closed.")
            time.sleep(_POLL)

    def _log_pieces(self, pieces: list[tuple[str, int, int]]) -> list[bytes]:
        if not pieces:
            return []
        member = self._member(pieces[0][0], "attempt_id")
        bare = [(member.namer.off(attempt), offset, count) for attempt, offset, count in pieces]
        answer: list[bytes] = member.ask("log_pieces", {"pieces": bare})
        return answer

    # -- questions about all ---------------------------------------------------------------------

    def _all_status(self) -> Any:
        found = self._some(self._each("status", {}))
        if len(self.shown) == 1:
            return found[0]
        lost = sum(not member.reachable for member in self.members)
        said = f"{len(self.members)} hosts" + (f", {lost} lost" if lost else "")
        return merging.statuses(found, said)

    def _all_dags(self, *, only: list[str] | None = None, **arguments: Any) -> list[Any]:
        """Ask each host for all: what it remembers of one that is lost must be whole."""
        rows = [row for _, page in self._each("dags", arguments) for row in page]
        return rows if only is None else [row for row in rows if row.dag_id in only]

    def _all_find_runs(self, query: RunQuery) -> RunsPage:
        found = self._each_with(
            "find_runs", lambda member: {"query": merging.query_for(member.place.name, query)}
        )
        return merging.runs(query, [page for _, page in found], datetime.now(UTC))

    def _all_failures(self, *, limit: int = 200, seen: int | None = None, **arguments: Any) -> FailuresPage:
        def asked(member: Member) -> dict[str, Any]:
            one = None if seen is None else self._failed.part(seen, member.place.name)
            return {**arguments, "limit": limit, "seen": one}

        found = self._each_with("failures", asked)
        newest = self._failed.total({member.place.name: page.newest for member, page in found})
        return merging.failures([page for _, page in found], limit, newest)

    def _all_digest(self, *, limit: int = 200, **arguments: Any) -> Digest:
        found = self._each("digest", {**arguments, "limit": limit})
        pages = self._some(found)
        return merging.digests(
            pages,
            limit,
            newest=self._failed.total({member.place.name: page.newest_failure for member, page in found}),
            seen=self._failed.total({member.place.name: page.seen_failures for member, page in found}),
            upto=self._happened.total({member.place.name: page.upto for member, page in found}),
        )

    def _all_live(self, *, waiting: int = 50) -> NowPage:
        found = self._each("live", {"waiting": waiting})
        return merging.live([page for _, page in found], waiting)

    def _all_questions(self, *, limit: int = 500, everything: bool = False, **_: Any) -> list[Any]:
        found = self._each("questions", {"limit": limit, "everything": everything})
        rows = [row for _, page in found for row in page]
        return sorted(rows, key=lambda row: row.asked, reverse=everything)[:limit]

    def _all_events(self, *, limit: int = 100, **arguments: Any) -> list[Any]:
        found = self._each("events", {**arguments, "limit": limit})
        return merging.newest_first([rows for _, rows in found], limit)

    def _all_asset_events(self, *, name: str | None = None, limit: int = 100, **arguments: Any) -> list[Any]:
        members = self.shown
        if name is not None and place_of(name) in self._by_name:
            members = (self._by_name[place_of(name)],)
        found = self._each_with(
            "asset_events",
            lambda member: {**arguments, "name": member.namer.off(name), "limit": limit},
            members,
        )
        return merging.newest_first([rows for _, rows in found], limit)

    def _some(self, found: list[tuple[Member, Any]]) -> list[Any]:
        if not found:
            raise EngineNotRunningError("none of the hosts can be reached")
        return [page for _, page in found]

    # -- acts ------------------------------------------------------------------------------------

    def _all_plan(self, act: AnyAct) -> Plan:
        if not isinstance(act, _ON_ALL):
            member = self._of_act(act)
            plan: Plan = member.namer.on(member.ask("plan", {"act": member.namer.act_off(act)}))
            return plan
        plans = [(member, member.namer.on(member.ask("plan", {"act": act}))) for member in self.shown]
        first: Plan = plans[0][1]
        return structs.replace(
            first,
            title=f"{first.title} on {len(plans)} hosts" if len(plans) > 1 else first.title,
            items=tuple(item for _, plan in plans for item in plan.items),
            notes=tuple(f"{member.place.name}: {note}" for member, plan in plans for note in plan.notes),
            fingerprint=_BETWEEN.join(plan.fingerprint for _, plan in plans),
        )

    def _all_plans(self, acts: list[AnyAct]) -> list[PlanAnswer]:
        answers = []
        for act in acts:
            try:
                answers.append(PlanAnswer(plan=self._all_plan(act)))
            except EngineNotRunningError:
                raise
            except PenstockError as error:
                answers.append(PlanAnswer(refused=error.message))
        return answers

    def _all_commit(
        self, act: AnyAct, *, expect: str | None = None, actor: str = "", act_id: str | None = None
    ) -> Done:
        more: dict[str, Any] = {"actor": actor, "act_id": act_id}
        if not isinstance(act, _ON_ALL):
            member = self._of_act(act)
            done: Done = member.ask("commit", {"act": member.namer.act_off(act), "expect": expect, **more})
            done = member.namer.on(done)
            return structs.replace(done, message=f"{member.place.name}: {done.message}")
        members = [each for each in self.shown if each.reachable] if isinstance(act, Looked) else self.shown
        expected = expect.split(_BETWEEN) if expect is not None else [None] * len(members)
        done_there = [
            (member, member.ask("commit", {"act": self._as_seen(member, act), "expect": one, **more}))
            for member, one in zip(members, expected, strict=True)
        ]
        if not done_there:
            raise EngineNotRunningError("none of the hosts can be reached")
        first: Done = done_there[0][1]
        return structs.replace(
            first,
            message="; ".join(f"{member.place.name}: {each.message}" for member, each in done_there),
            touched=sum(each.touched for _, each in done_there),
            undo_id=None,
        )

    def _as_seen(self, member: Member, act: AnyAct) -> AnyAct:
        """Return a look with the numbers of one host: those of all together mean nothing to it."""
        if not isinstance(act, Looked):
            return act
        place = member.place.name
        numbers = self._failed if act.place == "failures" else self._happened
        upto = numbers.part(act.upto, place) or 0
        failures = None if act.failures is None else self._failed.part(act.failures, place) or 0
        return structs.replace(act, upto=upto, failures=failures)

    def _of_act(self, act: AnyAct) -> Member:
        place = place_of_act(act)
        if isinstance(place, int):
            return self.members[min(place, len(self.members) - 1)]
        member = self._by_name.get(place or "")
        if member is not None:
            return member
        if len(self.shown) == 1:
            return self.shown[0]
        raise UsageError("it is not clear on which host this is to be done: choose one in the list of hosts")


_BETWEEN = " "
"""Between the fingerprints of the plans of several hosts."""
