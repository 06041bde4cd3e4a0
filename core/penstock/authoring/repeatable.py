"""Whether a DAG file makes the same DAGs whenever it is executed, told from its text.

Such a file may be executed once for many tasks. The rule knows what is harmless and takes anything else
for a file that is not: one that looks at the clock, the environment, a file or a variable, prints, defines
classes, or imports what is neither of Python, of Penstock nor of Airflow's core. What only a task runs,
the body of a function that nothing calls while the file is executed, may do whatever it likes.
"""

from __future__ import annotations

import ast
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS = ("penstock",)
_AIRFLOWS = (
    "airflow",
    "airflow.datasets",
    "airflow.decorators",
    "airflow.exceptions",
    "airflow.hooks.base",
    "airflow.models",
    "airflow.models.baseoperator",
    "airflow.models.dag",
    "airflow.models.param",
    "airflow.operators",
    "airflow.providers.standard",
    "airflow.sdk",
    "airflow.sensors",
    "airflow.timetables",
    "airflow.utils.edgemodifier",
    "airflow.utils.helpers",
    "airflow.utils.state",
    "airflow.utils.task_group",
    "airflow.utils.trigger_rule",
)
_OTHERS = ("pendulum",)
_ASKING = {
    *("AssetStateStore", "BaseHook", "Connection", "DagBag", "DagRun", "DbtDag", "DbtTaskGroup", "Variable"),
    *("ObjectStoragePath", "TaskInstance", "TaskStateStore", "asset", "conf", "get_current_context"),
    *("get_parsing_context", "macros", "settings", "timezone"),
}
"""Words of a DAG file that look elsewhere while it is executed, or may."""
_PURE = {
    *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "datetime.timezone"),
    *("collections.OrderedDict", "collections.defaultdict", "collections.namedtuple", "copy.copy"),
    *("copy.deepcopy", "decimal.Decimal", "fractions.Fraction", "functools.partial"),
    *("itertools.chain", "itertools.combinations", "itertools.pairwise", "itertools.permutations"),
    *("itertools.product", "itertools.repeat", "itertools.zip_longest", "json.dumps", "json.loads"),
    *("logging.getLogger", "operator.attrgetter", "operator.itemgetter", "os.path.basename"),
    *("os.path.dirname", "os.path.join", "os.path.splitext", "pathlib.Path", "pathlib.PurePath"),
    *("pathlib.PurePosixPath", "re.compile", "re.escape", "string.Template", "textwrap.dedent"),
    *("textwrap.indent", "typing.TypeVar", "typing.cast", "zoneinfo.ZoneInfo"),
    *("pendulum.date", "pendulum.datetime", "pendulum.duration", "pendulum.timezone"),
}
_BUILTINS = {
    *(
        "all",
        "any",
        "bool",
        "bytes",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "frozenset",
        "int",
        "isinstance",
    ),
    *("len", "list", "max", "min", "range", "reversed", "round", "set", "sorted", "str", "sum", "tuple"),
    *("type", "zip"),
}
_METHODS = {
    *("add", "append", "capitalize", "copy", "count", "encode", "endswith", "extend", "format", "get"),
    *("index", "insert", "isdigit", "isoformat", "items", "join", "joinpath", "keys", "ljust", "lower"),
    *("lstrip", "partition", "pop", "removeprefix", "removesuffix", "replace", "rjust", "rpartition"),
    *("rsplit", "rstrip", "setdefault", "sort", "split", "splitlines", "startswith", "strftime", "strip"),
    *("title", "total_seconds", "union", "update", "upper", "values", "zfill"),
    *("as_setup", "as_teardown", "concat", "expand", "expand_kwargs", "map", "override", "partial"),
    *("set_downstream", "set_upstream", "zip"),
}
"""Of strings and collections, and of tasks; whatever object they are called on, none looks elsewhere."""
_REFUSED_ATTRIBUTES = {"argv", "environ", "environb", "modules"}
_CALLED_BACK = {"key", "default_factory"}
_TASK_DECORATORS = {"task", "setup", "teardown"}


def why_not_repeatable(source: bytes) -> str | None:
    """Return what in *source*, a DAG file, may differ from one time to the next, or None if nothing can."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "it cannot be parsed"
    try:
        _Reader(tree).read(tree.body)
    except _UnsureError as unsure:
        return str(unsure)
    except RecursionError:
        return "it is nested too deeply"
    return None


class _UnsureError(Exception):
    """Something is not known to be the same each time."""

    def __init__(self, node: ast.AST, what: str) -> None:
        super().__init__(f"line {getattr(node, 'lineno', 0)}: {what}")


class _Reader(ast.NodeVisitor):
    """Walks over what runs while the file is executed."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        every = [each for each in nodes if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        self._functions = {each.name: each for each in every}
        self._same_name = {each.name for each in every if self._functions[each.name] is not each}
        self._imported: dict[str, str] = {}
        self._read: set[str] = set()
        self._bound = {each.id for each in nodes if isinstance(each, ast.Name) and not _is_load(each)}
        self._bound |= {each.arg for each in nodes if isinstance(each, ast.arg)}

    def read(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    # Imports

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            self._may_import(node, each.name)
            top = each.name.partition(".")[0]
            self._imported[each.asname or top] = each.name if each.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        home = node.module or ""
        if node.level or any(each.name == "*" for each in node.names):
            raise _UnsureError(node, f"what {home or 'a package'} has is not known")
        for each in node.names:
            self._may_import(node, home, each.name)
            self._imported[each.asname or each.name] = f"{home}.{each.name}"

    def _may_import(self, node: ast.AST, home: str, name: str = "") -> None:
        if home.partition(".")[0] in {*sys.stdlib_module_names, *_OTHERS}:
            return
        if not (_within(home, _OURS) or _is_core(home, name)):
            raise _UnsureError(node, f"{home} may do anything when it is imported")

    # Definitions

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self._decorator(decorator)
        self.read([*node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)])
        marks = [self._path(_undressed(each)) for each in node.decorator_list]
        if any(mark is not None and not _makes_task(mark) for mark in marks):
            self._body(node)  # of a DAG or a group: it runs now

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def _decorator(self, node: ast.expr) -> None:
        path = self._path(_undressed(node))
        if path is None or not self._is_ours(path):
            raise _UnsureError(node, "what this decorator does is not known")
        if isinstance(node, ast.Call):
            self.visit(node)

    def _body(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if node.name in self._read:
            return
        self._read.add(node.name)
        self.read(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        raise _UnsureError(node, f"the class {node.name} may do anything")

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Leave it out: a task runs it, and what calls functions at once is refused where it is called."""

    # Statements

    def visit_While(self, node: ast.While) -> None:
        raise _UnsureError(node, "it may take any time")

    def visit_If(self, node: ast.If) -> None:
        if self._path(node.test) in {"typing.TYPE_CHECKING", "TYPE_CHECKING"}:
            self.read(node.orelse)
        else:
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.read([each for each in (node.target, node.value) if each is not None])

    # Expressions

    def visit_Name(self, node: ast.Name) -> None:
        self._may_name(node, self._imported.get(node.id, ""))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._may_name(node, self._path(node) or node.attr)
        self.generic_visit(node)

    def _may_name(self, node: ast.AST, path: str) -> None:
        top, name = path.partition(".")[0], path.rpartition(".")[2]
        if name in _REFUSED_ATTRIBUTES or (top in {"penstock", "airflow"} and name in _ASKING):
            raise _UnsureError(node, f"{name} may be something else next time")

    def visit_Call(self, node: ast.Call) -> None:
        self._callee(node)
        self.read([*node.args, *node.keywords])

    def _callee(self, node: ast.Call) -> None:
        called, path = node.func, self._path(node.func)
        if path is not None:
            self.visit(called)
            if path not in _PURE and not self._is_ours(path):
                raise _UnsureError(node, f"{path}() may give something else next time")
        elif isinstance(called, ast.Name):
            self._named(node, called.id)
        elif isinstance(called, ast.Attribute):
            self.visit(called)
            if called.attr not in _METHODS:
                raise _UnsureError(node, f".{called.attr}() may give something else next time")
        elif isinstance(called, ast.Call):
            self.visit(called)
            made = _undressed(called)
            maker = self._path(made)
            of_task = isinstance(made, ast.Attribute) and made.attr in {"override", "partial"}
            if not (of_task if maker is None else self._is_ours(maker) and _makes_task(maker)):
                raise _UnsureError(node, "what is called here is not known")
        else:
            raise _UnsureError(node, "what is called here is not known")
        if any(each.arg in _CALLED_BACK for each in node.keywords) and not self._is_ours(path or ""):
            raise _UnsureError(node, "what it calls back is not known")

    def _named(self, node: ast.Call, name: str) -> None:
        function = self._functions.get(name)
        if function is None:
            if name not in _BUILTINS or name in self._bound:
                raise _UnsureError(node, f"{name}() may give something else next time")
        elif name in self._same_name or name in self._bound:
            raise _UnsureError(node, f"there is more than one {name}")
        elif not function.decorator_list:
            self._body(function)

    def _path(self, node: ast.AST) -> str | None:
        """Return the dotted path of what *node* names if it was imported, as in ``os.path.join``."""
        if isinstance(node, ast.Name):
            return (
                None if node.id in self._bound or node.id in self._functions else self._imported.get(node.id)
            )
        if isinstance(node, ast.Attribute):
            before = self._path(node.value)
            return None if before is None else f"{before}.{node.attr}"
        return None

    def _is_ours(self, path: str) -> bool:
        home, _, name = path.rpartition(".")
        top = path.partition(".")[0]
        if not _ASKING.isdisjoint(path.split(".")):
            return False
        return top == "penstock" or (top == "airflow" and _is_core(home, name))


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _within(module: str, packages: Iterable[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in packages)


def _is_core(home: str, name: str) -> bool:
    """Whether *name* of the module *home* is one of Airflow's core that we serve ourselves."""
    if home == "airflow":
        return name in {"DAG", "Dataset", "XComArg", "Asset", "AssetAlias"} or f"{home}.{name}" in _AIRFLOWS
    return _within(home, [each for each in _AIRFLOWS if each != "airflow"])


def _makes_task(path: str) -> bool:
    """Whether a function under this decorator becomes a task, whose body only a task runs."""
    return not _TASK_DECORATORS.isdisjoint(path.split("."))


def _undressed(node: ast.AST) -> ast.AST:
    """Return what is called, without the calls."""
    while isinstance(node, ast.Call):
        node = node.func
    return node
