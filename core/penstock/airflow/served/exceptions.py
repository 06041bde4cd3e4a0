"""The errors of Airflow that files raise and catch, over ours."""

from __future__ import annotations

from penstock.authoring.exceptions import (
    AirflowException,
    FailException,
    Rescheduled,
    SensorTimeout,
    SkipException,
    TaskDeferralError,
    TaskDeferralTimeout,
)

__all__ = [
    "AirflowBadRequest",
    "AirflowClusterPolicySkipDag",
    "AirflowClusterPolicyViolation",
    "AirflowConfigException",
    "AirflowDagCycleException",
    "AirflowDagDuplicatedIdException",
    "AirflowException",
    "AirflowFailException",
    "AirflowInternalRuntimeError",
    "AirflowNotFoundException",
    "AirflowOptionalProviderFeatureException",
    "AirflowProviderDeprecationWarning",
    "AirflowRescheduleException",
    "AirflowRuntimeError",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTerminated",
    "AirflowTaskTimeout",
    "AirflowTimetableInvalid",
    "DagNotFound",
    "DagRunAlreadyExists",
    "DagRunNotFound",
    "DagRunTypeNotAllowed",
    "DownstreamTasksSkipped",
    "DuplicateTaskIdFound",
    "FailFastDagInvalidTriggerRule",
    "NodeNotFound",
    "NotMapped",
    "ParamValidationError",
    "PoolNotFound",
    "RemovedInAirflow3Warning",
    "RemovedInAirflow4Warning",
    "TaskAlreadyInTaskGroup",
    "TaskDeferralError",
    "TaskDeferralTimeout",
    "TaskInstanceNotFound",
    "TaskNotFound",
    "UnmappableXComTypePushed",
    "XComForMappingNotPushed",
    "XComNotFound",
]  # fmt: skip


class AirflowRuntimeError(AirflowException, RuntimeError):
    """Something went wrong while a task ran."""


class AirflowBadRequest(AirflowException):
    """Somebody asked for something that cannot be."""


class AirflowNotFoundException(AirflowException):
    """Something does not exist."""


class AirflowConfigException(AirflowException):
    """An option that does not exist, or has no such value."""


class AirflowInternalRuntimeError(RuntimeError):
    """Something went wrong inside."""


class AirflowTimetableInvalid(AirflowException):
    """A timetable that gives no dates."""


class AirflowClusterPolicyViolation(AirflowException):
    """A rule of the place is broken."""


class AirflowDagCycleException(AirflowException):
    """Tasks that wait for one another."""


class AirflowDagDuplicatedIdException(AirflowException):
    """Two DAGs with one id."""


class AirflowOptionalProviderFeatureException(AirflowException):
    """A package is not installed."""


class AirflowTaskTimeout(BaseException):
    """A task took too long; here it is stopped from outside, so nothing raises it."""


class AirflowTaskTerminated(BaseException):
    """A task is stopped; here by a signal, so nothing raises it."""


class DagNotFound(AirflowNotFoundException):
    """There is no such DAG."""


class DagRunNotFound(AirflowNotFoundException):
    """There is no such run."""


class DagRunAlreadyExists(AirflowBadRequest):
    """There is such a run already."""


class DuplicateTaskIdFound(AirflowException):
    """Two tasks with one id."""


class TaskNotFound(AirflowNotFoundException):
    """There is no such task."""


class TaskInstanceNotFound(AirflowNotFoundException):
    """There is no such task in the run."""


class PoolNotFound(AirflowNotFoundException):
    """There is no such pool."""


class XComNotFound(AirflowException):
    """A task pushed no such value."""


class ParamValidationError(AirflowException):
    """A parameter with a value that it may not have."""


class DownstreamTasksSkipped(AirflowException):
    """Tasks after this one are skipped."""


class AirflowProviderDeprecationWarning(DeprecationWarning):
    """A word of a provider that will go."""


class RemovedInAirflow3Warning(DeprecationWarning):
    """A word that 3.x does not have."""


class NodeNotFound(AirflowNotFoundException):
    """There is no such task or group."""


class TaskAlreadyInTaskGroup(AirflowException):
    """A task is in a group already."""


class FailFastDagInvalidTriggerRule(AirflowException):
    """A trigger rule that a DAG with fail_fast cannot have."""


class DagRunTypeNotAllowed(AirflowException):
    """A run of a kind that a DAG does not take."""


class NotMapped(Exception):
    """Something is not mapped."""


class UnmappableXComTypePushed(TypeError):
    """A value that no task can be mapped over."""


class XComForMappingNotPushed(TypeError):
    """A task pushed nothing to map over."""


class RemovedInAirflow4Warning(DeprecationWarning):
    """A word that 4.x does not have."""


class AirflowClusterPolicySkipDag(AirflowException):
    """A rule of the place leaves a DAG out."""


AirflowSkipException = SkipException
AirflowFailException = FailException
AirflowSensorTimeout = SensorTimeout
AirflowRescheduleException = Rescheduled
