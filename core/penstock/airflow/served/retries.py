"""Retry policies: which errors are worth another try."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from typing import Any


class RetryAction(StrEnum):
    """What to do after an error: try again, fail at once, or as the task says."""

    RETRY = "retry"
    FAIL = "fail"
    DEFAULT = "default"


class RetryDecision:
    """An action, the delay before another try, and the reason."""

    def __init__(
        self,
        action: RetryAction = RetryAction.DEFAULT,
        retry_delay: timedelta | None = None,
        reason: str | None = None,
    ) -> None:
        self.action = action
        self.retry_delay = retry_delay
        self.reason = reason

    @classmethod
    def retry(cls, delay: timedelta | None = None, reason: str | None = None) -> RetryDecision:
        """Return the decision to try again."""
        return cls(RetryAction.RETRY, delay, reason)

    @classmethod
    def fail(cls, reason: str | None = None) -> RetryDecision:
        """Return the decision to fail."""
        return cls(RetryAction.FAIL, None, reason)

    @classmethod
    def default(cls) -> RetryDecision:
        """Return the decision to do as the task says."""
        return cls()


class RetryPolicy:
    """The base of policies: a subclass writes ``evaluate``."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        """Return what to do after *exception*."""
        del exception, try_number, max_tries, context
        return RetryDecision.default()


class RetryRule:
    """An action for a kind of error, given as a class or its path."""

    def __init__(
        self,
        exception: type[BaseException] | str,
        action: RetryAction = RetryAction.RETRY,
        retry_delay: timedelta | None = None,
        reason: str | None = None,
        match_subclasses: bool = True,
    ) -> None:
        self.exception = exception
        self.action = action
        self.retry_delay = retry_delay
        self.reason = reason
        self.match_subclasses = match_subclasses

    def matches(self, error: BaseException) -> bool:
        """Whether the rule is about *error*."""
        wanted = self.exception
        if isinstance(wanted, str):
            names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
            if wanted in names or f"builtins.{wanted}" in names:
                return True
            wanted = _found(wanted)
        return isinstance(error, wanted) if self.match_subclasses else type(error) is wanted


def _found(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module or "builtins"), name)
    except (ImportError, AttributeError):
        return ()


class ExceptionRetryPolicy(RetryPolicy):
    """The first rule that is about an error decides."""

    def __init__(
        self,
        rules: Sequence[RetryRule] = (),
        default: RetryAction = RetryAction.DEFAULT,
        default_delay: timedelta | None = None,
        **more: Any,
    ) -> None:
        del more
        self.rules = list(rules)
        self.default = default
        self.default_delay = default_delay

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        """Return what the first rule about *exception* says."""
        del try_number, max_tries, context
        for rule in self.rules:
            if rule.matches(exception):
                return RetryDecision(rule.action, rule.retry_delay, rule.reason)
        return RetryDecision(self.default, self.default_delay)
