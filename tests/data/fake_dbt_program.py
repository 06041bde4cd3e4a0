"""What `drive.fake_dbt` puts in place of dbt: it is run in the folder of a project, and alone."""

import json
import sys
import time
from pathlib import Path
from typing import Any


def tell(name: str, level: str = "info", node: str | None = None, status: str = "", **data: Any) -> None:
    info = {"name": name, "level": level, "msg": data.pop("msg", "")}
    about = {"node_info": {"unique_id": node, "node_status": status}} if node else {}
    print(json.dumps({"info": info, "data": {**data, **about}}), flush=True)


def main() -> int:
    plan = json.loads(Path("plan.json").read_text())
    words = sys.argv[1:]
    chosen = words[words.index("--select") + 1 :] if "--select" in words else None
    print("\x1b[31ma line of another kind\x1b[0m", flush=True)
    if plan.get("code"):
        tell("MainEncounteredError", "error", msg=plan.get("error", "Encountered an error"))
        return int(plan["code"])
    nodes = [row for row in plan["nodes"] if chosen is None or row[1] in chosen]
    with Path("ran").open("a") as file:
        file.write(json.dumps([row[0] for row in nodes]) + "\n")
    bad: set[str] = set()
    if len(Path("ran").read_text().splitlines()) == 1:
        plan.setdefault("fail", []).extend(plan.get("fail_at_first", []))
    for name, _, before in nodes:
        tell("NodeStart", "debug", name, "started", msg=f"Began running node {name}")
        if bad & set(before):
            bad.add(name)
            tell("NodeFinished", "debug", name, "skipped", run_result={})
            continue
        tell("LogStartLine", node=name, status="started", msg=f"START {name}")
        tell("SQLQuery", "debug", name, msg=f"On {name}: select '{name}'")
        while name in plan.get("hang", []) and not Path(name).exists():
            time.sleep(0.02)
        if name in plan.get("fail", []):
            bad.add(name)
            result = {"message": f"Database Error in {name}\n  no such table", "execution_time": 0.1}
            tell("NodeFinished", "debug", name, "error", run_result=result)
        elif name not in plan.get("forget", []):
            result = {"adapter_response": {"rows_affected": 3}, "execution_time": 0.25}
            status = "warn" if name in plan.get("warn", []) else "success"
            tell("NodeFinished", "debug", name, status, run_result=result)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
