#!/usr/bin/env bash
# FastAPI: a model of the query is taken apart only if nothing else is read from the query, up to 0.156.
#
# `page: Annotated[Page, Query()]` alone reads the fields of Page from the query. With one more query parameter
# beside it (`name: str | None = None`) the same request is refused with 422: a parameter called "page" is
# missing. Nothing is said when the application is made. From 0.157.0 on both are read.
#
# Installs fastapi==0.156.1 and fastapi==0.157.0 in temporary folders; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat > "$dir/ask.py" <<'CODE'
import asyncio
import sys
from typing import Annotated

import fastapi
from pydantic import BaseModel


class Page(BaseModel):
    limit: int = 50


app = fastapi.FastAPI()


@app.get("/alone")
def alone(page: Annotated[Page, fastapi.Query()]) -> int:
    return page.limit


@app.get("/beside")
def beside(page: Annotated[Page, fastapi.Query()], name: str | None = None) -> int:
    return page.limit


async def get(path: str) -> tuple[int, bytes]:
    sent: list[dict] = []
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"limit=3", "root_path": "", "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


wanted = {"/alone": 200, "/beside": int(sys.argv[1])}
for path, status in wanted.items():
    got = asyncio.run(get(path))
    print(f"fastapi {fastapi.__version__} GET {path}?limit=3: {got[0]} {got[1].decode()}")
    assert got[0] == status, "the behaviour has changed"
CODE
for version in 0.156.1:422 0.157.0:200; do
    "${PYTHON:-python3}" -m venv "$dir/${version%:*}"
    "$dir/${version%:*}/bin/pip" install --quiet --disable-pip-version-check "fastapi==${version%:*}"
    "$dir/${version%:*}/bin/python" "$dir/ask.py" "${version#*:}"
done
