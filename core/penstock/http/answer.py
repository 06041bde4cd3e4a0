"""How an answer is written: JSON whose content type is exact, because some clients compare it whole."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi.responses import Response

_encoder = msgspec.json.Encoder()


def answer(body: object, status: int = 200) -> Response:
    """Return *body* as JSON. Moments in UTC end in ``Z``."""
    return Response(_encoder.encode(body), status, media_type="application/json")


def empty(status: int = 204) -> Response:
    """Return an answer without a body."""
    return Response(status_code=status)


def said(kind: type[msgspec.Struct], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return how the OpenAPI document shows that *kind* is answered."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {status: {"description": "Done", "content": {"application/json": {"schema": schema}}}}


def body_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return how the OpenAPI document shows that the body is *kind*."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
