"""Operators that ask a person, and go on with the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.authoring.checks import callbacks, optional_seconds, optional_text, shown, truth
from penstock.authoring.exceptions import HITLRejectException, HITLTimeoutError, HITLTriggerEventError
from penstock.authoring.operator import Operator
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.arguments import TaskArgs
    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        refuse(f"{name} must be a string that says something, not {shown(value)}")
    return value


def _strings(value: Any, name: str) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        refuse(f"{name} must be a list of strings, not {shown(value)}")
    return list(value)


def _options(value: Any, name: str) -> list[str]:
    found = _strings(value, name)
    if not found:
        refuse("options cannot be empty: what should people choose from?")
    if len(set(found)) != len(found):
        refuse(f"options must differ: {shown(value)}")
    for one in found:
        if "," in one:
            refuse(f"an option cannot have a comma in it: {one!r}")
    return found


def _people(value: Any, name: str) -> list[dict[str, str]]:
    """Return those who may answer, given as a table, a name, or a list of them."""
    given = [] if value is None else [value] if isinstance(value, str | Mapping) else value
    if not isinstance(given, list | tuple):
        refuse(f"{name} must be people, each with an id and a name, not {shown(value)}")
    return [_person(one, name) for one in given]


def _person(value: Any, name: str) -> dict[str, str]:
    if isinstance(value, str):
        return {"id": value, "name": value}
    if not isinstance(value, Mapping) or not value.get("id"):
        refuse(f"{name} must be people, each with an id and a name, not {shown(value)}")
    return {"id": str(value["id"]), "name": str(value.get("name") or value["id"])}


class HITLUser(dict):  # type: ignore[type-arg]  # dict[str, str] would need typing
    """Somebody who may answer: ``HITLUser(id="ada", name="Ada")``."""


class HITLOperator(Operator):
    """Asks a person to choose among *options* and to fill in *params*, and waits without a slot.

    It is answered in the console or with ``penstock answer``. Without an answer within *response_timeout* the
    *defaults* count, or if there are none the task fails. *notifiers* are called when it begins to wait. With
    *assigned_users* only these people may answer. The value is a dict with ``chosen_options``,
    ``params_input``, ``responded_by_user`` (``id`` and ``name``, or None) and ``responded_at``.
    """

    template_fields: Sequence[str] = ("subject", "body")
    checks: Mapping[str, Check] = {
        **Operator.checks,
        "subject": _text,
        "body": optional_text,
        "options": _options,
        "defaults": lambda value, name: None if value is None else _strings(value, name),
        "multiple": truth,
        "notifiers": callbacks,
        "assigned_users": _people,
        "response_timeout": optional_seconds,
    }

    def __init__(
        self,
        *,
        subject: str,
        options: Sequence[str],
        body: str | None = None,
        defaults: str | Sequence[str] | None = None,
        multiple: bool = False,
        notifiers: Any = None,
        assigned_users: Any = None,
        respondents: Any = None,
        response_timeout: Any = None,
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        super().__init__(task_id=task_id, **task)
        self.subject: Any = subject
        self.body: Any = body
        self.options: Any = options
        self.defaults: Any = defaults
        self.multiple = multiple
        self.notifiers: Any = notifiers
        self.assigned_users: Any = assigned_users if assigned_users is not None else respondents
        self.response_timeout: Any = response_timeout
        self.validate_defaults()
        if "_options" in self.params:
            refuse("params of a question cannot be called '_options'")

    def validate_defaults(self) -> None:
        """Raise `DagFileError` for defaults that nobody could choose."""
        for one in self.defaults or ():
            if one not in self.options:
                refuse(f"defaults: {one!r} is not one of the options {shown(self.options)}")
        if self.defaults is not None and not self.multiple and len(self.defaults) != 1:
            refuse(f"defaults must be one option unless multiple is set, not {shown(self.defaults)}")

    def execute(self, context: Context) -> Any:
        """Tell those who want to know, and wait for the answer."""
        from penstock.authoring.question import Question

        for notifier in self.notifiers:
            try:
                notifier(context)
            except Exception as error:  # noqa: BLE001 - who waits is shown in the console all the same
                print(f"{notifier!r} failed: {type(error).__name__}: {error}")  # noqa: T201
        print(f"asks: {self.subject} ({' / '.join(self.options)})")  # noqa: T201 - to the task's log
        if self.body:
            print(self.body)  # noqa: T201
        question = Question(
            subject=self.subject,
            body=self.body,
            options=self.options,
            defaults=self.defaults,
            multiple=self.multiple,
            params=_form(self.params),
            assigned=self.assigned_users,
        )
        print("to answer it: " + _command(context["ti"]))  # noqa: T201 - to the task's log
        self.defer(trigger=question, method_name="execute_complete", timeout=self.response_timeout)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Go on with the answer in *event*; raise `HITLTimeoutError` if nobody gave one in time."""
        del context
        if "error" in event:
            self.process_trigger_event_error(event)
        return {
            "chosen_options": list(event["chosen_options"]),
            "params_input": dict(event.get("params_input") or {}),
            "responded_at": event.get("responded_at"),
            "responded_by_user": event.get("responded_by_user"),
        }

    def process_trigger_event_error(self, event: dict[str, Any]) -> None:
        """Raise what went wrong."""
        kind = HITLTimeoutError if event.get("error_type") == "timeout" else HITLTriggerEventError
        raise kind(event["error"])

    def generate_link_to_ui(
        self,
        *,
        task_instance: Any,
        base_url: str | None = None,
        options: Any = None,
        params_input: Any = None,
    ) -> str:
        """Return how to answer: the command, because there is no page for it."""
        del base_url, params_input
        return _command(task_instance, [options] if isinstance(options, str) else options or ())

    @staticmethod
    def generate_link_to_ui_from_context(
        *, context: Context, base_url: str | None = None, options: Any = None, params_input: Any = None
    ) -> str:
        """Return how to answer the task that is running."""
        link: str = context["task"].generate_link_to_ui(
            task_instance=context["ti"], base_url=base_url, options=options, params_input=params_input
        )
        return link


class ApprovalOperator(HITLOperator):
    """Asks a person to approve. After a rejection the tasks that follow are skipped.

    That is those directly after it; with *ignore_downstream_trigger_rules* everything after it. With
    *fail_on_reject* the task fails instead.
    """

    APPROVE = "Approve"
    REJECT = "Reject"

    def __init__(
        self,
        *,
        subject: str,
        ignore_downstream_trigger_rules: bool = False,
        fail_on_reject: bool = False,
        task_id: str,
        **question: Any,
    ) -> None:
        for name in ("options", "multiple"):
            if name in question:
                refuse(f"ApprovalOperator takes no {name}: the options are Approve and Reject")
        super().__init__(
            task_id=task_id, subject=subject, options=[self.APPROVE, self.REJECT], multiple=False, **question
        )
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules
        self.fail_on_reject = fail_on_reject

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Go on, or skip what follows; raise `HITLRejectException` if a rejection is to fail the task."""
        from penstock.operators.branching import tells

        value = super().execute_complete(context, event)
        if value["chosen_options"] == [self.APPROVE]:
            return value
        if self.fail_on_reject:
            raise HITLRejectException(f"rejected{_by(value)}")
        if self.dag is not None:
            skips = set(self.downstream_task_ids)
            if self.ignore_downstream_trigger_rules:
                skips = self.dag.descendants([self.task_id])
            skips = {name for name in skips if not self.dag.task_dict[name].is_teardown}
            context["ti"].rule_out(sorted(skips))
            return value if tells(sorted(skips)) else None
        return value


class HITLBranchOperator(HITLOperator):
    """Asks a person which of the tasks that follow run: an option is the id of a task or group.

    *options_mapping* has the ids of options that are called otherwise.
    """

    checks: Mapping[str, Check] = {
        **HITLOperator.checks,
        "options_mapping": lambda value, _: dict(value or {}),
    }

    def __init__(
        self,
        *,
        subject: str,
        options: Sequence[str],
        options_mapping: Mapping[str, str] | None = None,
        task_id: str,
        **question: Any,
    ) -> None:
        super().__init__(task_id=task_id, subject=subject, options=options, **question)
        self.options_mapping: Any = options_mapping
        for option, target in dict(options_mapping or {}).items():
            if option not in self.options:
                refuse(f"options_mapping: {option!r} is not one of the options {shown(self.options)}")
            if not isinstance(target, str):
                refuse(f"options_mapping: {option!r} must lead to the id of a task, not {shown(target)}")

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Go on with the tasks that were chosen."""
        from penstock.operators.branching import follow

        value = super().execute_complete(context, event)
        return follow(self, [self.options_mapping.get(one, one) for one in value["chosen_options"]], context)


class HITLEntryOperator(HITLOperator):
    """Asks a person to fill in *params*; unless *options* are given there is one, OK."""

    OK = "OK"

    def __init__(
        self, *, subject: str, options: Sequence[str] | None = None, task_id: str, **question: Any
    ) -> None:
        if options is None:
            options = [self.OK]
            question.setdefault("defaults", [self.OK])
        super().__init__(task_id=task_id, subject=subject, options=options, **question)


def _form(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return params as JSON Schemas by name, with their defaults inside."""
    from penstock.authoring.params import as_params

    found: dict[str, Any] = {}
    for name, param in as_params(params).items():
        schema = dict(param.schema)
        if param.description:
            schema.setdefault("description", param.description)
        found[name] = schema if param.required else {**schema, "default": param.value}
    return found


def _by(value: Mapping[str, Any]) -> str:
    who = value.get("responded_by_user")
    return f" by {who['name']}" if who else ", because nobody answered in time"


def _command(ti: Any, options: Sequence[str] = ()) -> str:
    """Return the command that answers a task instance."""
    import shlex

    from penstock.ids import instance_key

    key = instance_key(ti.task_id, ti.map_index)
    return shlex.join(["penstock", "answer", ti.dag_id, ti.run_id, key, *options])
