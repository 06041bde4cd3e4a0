"""Isolates what makes a tick fail: leaves it out, and repeats the tick without it.

An exception says what it is about (`model.subject`); if it does not, the subject is found by bisection.
What is left out is in quarantine: a row and an event with the reason, for an operator to take back or drop.
Problems of the machine, such as a full disk, put nothing there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec

from penstock.clock import Clock, to_us
from penstock.errors import LostError, PenstockError, StaleRowsError, StoreError
from penstock.model.acts import QuarantineDrop, QuarantineRetry
from penstock.model.subject import Subject, SubjectKind, about_dag, blame, place_of, reason_of, subject_of
from penstock.scheduling.moves.quarantine import put, release, version_hashes
from penstock.scheduling.world.orders import ActOrder, FileLoaded, Order, about_order
from penstock.scheduling.world.world import World
from penstock.store.engine.gate import Gate, Touched
from penstock.store.trouble import of_the_machine

log = logging.getLogger(__name__)

MOST_IN_A_TURN = 10
"""Subjects left out in one turn, before the next."""
MOST_RUNS = 3
"""If this many runs of one DAG are in quarantine, the DAG goes there too."""
MOST_ALIKE = 20
"""If more subjects than this fail at the same place in the code, they are tried again automatically: it looks
like a bug of Penstock, which the next version may fix, and not like a fault of theirs."""
ALIKE_RETRY = 600.0
"""Seconds until they are tried again; also at each start."""
_PAUSE_US = 1_000_000

DoTick = Callable[[list[Order], list[str]], int | None]


class Isolation:
    """Runs ticks; after a failed one it reads the world again and repeats the tick without the cause."""

    def __init__(
        self,
        world: World,
        gate: Gate,
        clock: Clock,
        *,
        live: Callable[[], list[str]],
        committed: Callable[[Touched], None],
        interrupted: Callable[[], None],
    ) -> None:
        self._world = world
        self._gate = gate
        self._clock = clock
        self._live = live
        self._committed = committed
        self._interrupted = interrupted
        self._blind = False
        """The world could not be read: no tick until it is."""
        self.trouble: str | None = None
        """Why ticks fail, if nothing can be left out to avoid it."""

    @property
    def warnings(self) -> list[str]:
        """What operators should know about quarantine."""
        found = []
        if self.trouble is not None:
            found.append(f"every tick fails, and nothing can be left out to avoid it: {self.trouble}")
        records = list(self._world.quarantine.values())
        if records:
            named = "; ".join(f"{each.kind} {each.id}: {each.reason}" for each in records[:3])
            more = f"; and {len(records) - 3} more" if len(records) > 3 else ""
            found.append(f"{len(records)} in quarantine (penstock quarantine list): {named}{more}")
        alike = [each for each in records if each.retry_us is not None]
        if alike:
            found.append(
                f"so many things fail at {alike[0].place} that it looks like a bug in Penstock: "
                f"{len(alike)} of them are tried again every {ALIKE_RETRY / 60:g} minutes; "
                "see engine.log"
            )
        return found

    # -- ticks -----------------------------------------------------------------------------------

    def turn(self, do: DoTick, orders: list[Order], attempt_ids: list[str]) -> tuple[int | None, list[Order]]:
        """Run a tick; return when the next is due, and the orders that are not carried out yet."""
        try:
            if self._blind:
                self.read_anew()
            self.release_due()
            return self._turn(do, orders, attempt_ids)
        except LostError as error:  # nothing that is written is found again
            refuse(orders, error)
            raise
        except Exception as error:
            if not of_the_machine(error):
                self.trouble = reason_of(error)
            log.exception("a tick failed; reading the state again")
            refuse(orders, error)
            try:
                self.read_anew()
            except LostError:
                raise
            except Exception:
                self._blind = True
                log.exception("the state could not be read; trying again in a second")
            self._interrupted()
            return self._now_us() + _PAUSE_US, _files(orders)

    def _turn(
        self, do: DoTick, orders: list[Order], attempt_ids: list[str]
    ) -> tuple[int | None, list[Order]]:
        for number in range(MOST_IN_A_TURN):
            try:
                wake_us = do(orders, attempt_ids)
            except Exception as error:
                if isinstance(error, StaleRowsError) and number == 0:
                    log.warning("%s", error)
                    self.read_anew()
                    continue
                if of_the_machine(error):
                    raise
                log.exception("a tick failed over %s", subject_of(error) or "something that does not say")
                self._leave_out(do, error, orders)
            else:
                self.trouble = None
                return wake_us, []
            attempt_ids = self._live()
        return self._now_us(), orders

    def _leave_out(self, do: DoTick, error: Exception, orders: list[Order]) -> None:
        """Find what *error* is about and leave it out; orders carried out on the way go from *orders*.

        Raises the error if nothing can be left out.
        """
        subject = self._settled_subject(error)
        self.read_anew()
        if subject is None or subject.id in self._world.out:
            found = self._search(do, orders)
            if found is None:
                return
            error = found
            subject = self._settled_subject(error)
            self.read_anew()
            if subject is None or subject.id in self._world.out:
                raise error
        self.leave_out(subject, error, orders)

    def _settled_subject(self, error: Exception) -> Subject | None:
        """Return what *error* is about; the DAG, for a run that this tick was creating."""
        subject = subject_of(error)
        if subject is not None and subject.kind is SubjectKind.RUN:
            assert subject.dag_id is not None
            assert subject.run_id is not None
            if not self._world.reads.has_run(subject.dag_id, subject.run_id):
                return about_dag(subject.dag_id)
        return subject

    def leave_out(self, subject: Subject, error: Exception, orders: list[Order]) -> None:
        """Put *subject* into quarantine and read the world without it; an act is answered."""
        at_fault = [each for each in orders if about_order(each).id == subject.id]
        act = None
        for order in at_fault:
            orders.remove(order)
            if isinstance(order, ActOrder):
                if isinstance(error, PenstockError) or isinstance(
                    order.act, QuarantineRetry | QuarantineDrop
                ):
                    refuse([order], error)  # the client gets the error, and the act has no effect
                    return
                refuse([order], error)
                act = msgspec.json.encode(order.act).decode()
            elif isinstance(order, FileLoaded):
                self._world.parked[subject.id] = order.parsed
        self._put(subject, error, version=version_of(self._world, subject, orders, at_fault), act=act)
        if subject.kind is SubjectKind.RUN:
            self._leave_out_dag(subject, error)
        self._write()
        self.read_anew()

    def _leave_out_dag(self, subject: Subject, error: Exception) -> None:
        """Leave out the DAG too if its runs fail one after another."""
        dag_id = subject.dag_id
        runs = [
            one
            for one in self._world.quarantine.values()
            if (one.kind, one.dag_id) == (SubjectKind.RUN, dag_id)
        ]
        if dag_id is not None and len(runs) >= MOST_RUNS and dag_id not in self._world.out:
            dag = about_dag(dag_id)
            text = f"{len(runs)} of its runs are in quarantine, the last one because of {reason_of(error)}"
            put(
                self._world,
                self._gate,
                dag,
                text,
                place=place_of(error),
                version=version_of(self._world, dag),
            )

    def _put(
        self, subject: Subject, error: Exception, *, version: str | None, act: str | None = None
    ) -> None:
        place = place_of(error)
        alike = sum(one.place == place for one in self._world.quarantine.values()) if place else 0
        retry_us = self._now_us() + int(ALIKE_RETRY * 1e6) if alike >= MOST_ALIKE else None
        self._gate.now_us = self._now_us()
        put(
            self._world,
            self._gate,
            subject,
            reason_of(error),
            place=place,
            retry_us=retry_us,
            version=version,
            act=act,
        )

    def _write(self) -> None:
        if not self._gate.empty:
            self._committed(self._gate.commit())

    # -- the world -------------------------------------------------------------------------------

    def read_anew(self, without: Sequence[str] = ()) -> None:
        """Read the world, and put what cannot be read into quarantine."""
        self._gate.discard()
        self._world.reload(without)
        self._blind = False
        self.keep_faults()

    def keep_faults(self) -> None:
        """Put what could not be read into quarantine; it is left out already."""
        faults, self._world.faults = self._world.faults, []
        if not faults:
            return
        self._gate.now_us = self._now_us()
        for subject, error in faults:
            log.error("%r cannot be read and goes into quarantine: %s", subject, error)
            version = version_of(self._world, subject)
            put(self._world, self._gate, subject, str(error), place="", version=version)
        try:
            self._write()
        except LostError:
            raise
        except StoreError as error:  # found again the next time
            log.warning("the quarantine of unreadable rows could not be stored: %s", error)

    def release_due(self, *, everything: bool = False) -> None:
        """Take back what is due to be tried again automatically."""
        now_us = self._now_us()
        due = [
            one.id
            for one in self._world.quarantine.values()
            if one.retry_us is not None and (everything or one.retry_us <= now_us)
        ]
        if due:
            self._gate.now_us = now_us
            for subject_id in due:
                release(self._world, self._gate, subject_id, "it is tried again by itself")
            self._write()
            self.read_anew()

    # -- searching -------------------------------------------------------------------------------

    def _search(self, do: DoTick, orders: list[Order]) -> Exception | None:
        """Find what makes ticks fail by leaving out half of everything, again and again.

        Return the error with its subject; None if ticks succeed by now. Orders carried out on the way are
        removed from *orders*. Raises the error if even an empty tick fails.
        """
        first = self._fails(do, [], ())
        if first is None:
            while orders:
                failed = self._fails(do, [orders[0]], ())
                if failed is not None:
                    blame(failed, about_order(orders[0]))
                    return failed
                orders.pop(0)
            return None
        suspects = self._world.subjects()
        hopeless = self._fails(do, [], suspects)
        if hopeless is not None:
            raise hopeless
        while len(suspects) > 1:
            half, rest = suspects[: len(suspects) // 2], suspects[len(suspects) // 2 :]
            failed = self._fails(do, [], rest)
            first = failed or first
            suspects = half if failed is not None else rest
        if not suspects:
            return None
        blame(first, suspects[0])
        return first

    def _fails(self, do: DoTick, orders: list[Order], without: Sequence[Subject]) -> Exception | None:
        """Run a tick without some subjects; return its error, None if it succeeds."""
        self.read_anew([subject.id for subject in without])
        try:
            do(list(orders), self._live())
        except Exception as error:
            if of_the_machine(error):
                raise
            return error
        return None

    def _now_us(self) -> int:
        return to_us(self._clock.now())


def refuse(orders: list[Order], error: Exception) -> None:
    """Answer acts that were not carried out with the reason."""
    for order in orders:
        if isinstance(order, ActOrder) and not order.answer.done():
            if isinstance(error, LostError) or (
                not isinstance(error, StoreError) and isinstance(error, PenstockError)
            ):
                order.answer.set_exception(error)
            else:
                what = "could not write" if of_the_machine(error) else "failed over it"
                said = getattr(error, "orig", error) if of_the_machine(error) else reason_of(error)
                order.answer.set_exception(PenstockError(f"the engine {what}: {said}"))


def _files(orders: list[Order]) -> list[Order]:
    """Return the orders that nobody waits for and that can be repeated."""
    return [order for order in orders if not isinstance(order, ActOrder)]


def version_of(
    world: World, subject: Subject, orders: Sequence[Order] = (), at_fault: Sequence[Order] = ()
) -> str | None:
    """Return the version that failed: a DAG's loaded or current one, or a file's hash."""
    loaded = [each.parsed for each in (*orders, *at_fault) if isinstance(each, FileLoaded)]
    if subject.kind is SubjectKind.ORDER:
        return next((each.source_hash for each in loaded if f"file:{each.file}" == subject.id), None)
    if subject.kind is not SubjectKind.DAG:
        return None
    for parsed in loaded:
        for spec in parsed.dags:
            if spec.dag_id == subject.id:
                world.parked[subject.id] = parsed
                return version_hashes(spec, parsed.source_hash)
    entry = world.dags.get(subject.id)
    if entry is not None:
        return version_hashes(entry.structure.spec, entry.structure.source_hash)
    facts = world.unread.get(subject.id)
    return None if facts is None else world.reads.version_hashes(facts.version_id)
