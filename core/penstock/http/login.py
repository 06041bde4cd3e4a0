"""Who asks: Bearer, Basic or the cookie, each with a token. Wrong ones are slowed down and logged."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from penstock.http.errors import ApiError
from penstock.http.tokens import Token, Tokens

log = logging.getLogger("penstock.http")

_FIRST_WAIT = 0.25
_LONGEST_WAIT = 4.0
_FORGET = 300.0
_MOST_PEERS = 1000
CHALLENGE = {"WWW-Authenticate": 'Bearer, Basic realm="penstock"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the token's name is the actor of what it does."""

    name: str
    read_only: bool = False


class Throttle:
    """Makes who gives wrong credentials wait: twice as long each time, per peer, up to four seconds."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def fail(self, peer: str, now: float) -> float:
        """Note a failure and return how many seconds its answer waits."""
        count, at = self._failed.pop(peer, (0, now))
        count = 1 if now - at > _FORGET else count + 1
        self._failed[peer] = count, now
        while len(self._failed) > _MOST_PEERS:
            self._failed.popitem(last=False)
        return min(_FIRST_WAIT * 2.0 ** min(count - 1, 10), _LONGEST_WAIT)

    def forgive(self, peer: str) -> None:
        """Forget the failures of a peer that got in."""
        self._failed.pop(peer, None)


class Door:
    """Lets in who has a usable token."""

    def __init__(self, tokens: Tokens, *, loopback: bool = True) -> None:
        self.tokens = tokens
        self.loopback = loopback
        """Whether only this machine reaches the server."""
        self._throttle = Throttle()

    async def caller(self, request: Request) -> Caller:
        """Return who asks; raise `ApiError` for nobody, or somebody who may not."""
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return await self.check(request, rest.strip(), unknown=403)
            case "basic":
                name, secret = _basic(rest)
                return await self.check(request, secret, name=name, unknown=401)
        cookie = request.cookies.get("_token")
        if cookie:
            return await self.check(request, cookie, unknown=403)
        raise ApiError(401, "Not authenticated", CHALLENGE)

    async def check(self, request: Request, secret: str, *, unknown: int, name: str | None = None) -> Caller:
        """Return the caller whose token is *secret* (and called *name*, if given).

        Raises `ApiError` otherwise: with the status *unknown* if there is no such token.
        """
        token = self.tokens.find(secret) if secret else None
        peer = request.client.host if request.client else "unix socket"
        refusal = _refusal(token, name, unknown)
        if refusal is None:
            assert token is not None
            self._throttle.forgive(peer)
            return Caller(token.name, token.read_only)
        wait = self._throttle.fail(peer, time.monotonic())
        log.warning("refused from %s: %s; answered after %g s", peer, refusal[1], wait)
        await asyncio.sleep(wait)
        raise ApiError(*refusal, CHALLENGE if refusal[0] == 401 else None)


def _refusal(token: Token | None, name: str | None, unknown: int) -> tuple[int, str] | None:
    """Return the status and the words for a token that does not open, or None."""
    if token is None or (name is not None and name != token.name):
        return unknown, "Invalid credentials" if unknown == 401 else "Invalid token"
    if token.revoked is not None:
        return unknown, f"Token {token.name} was revoked on {token.revoked:%Y-%m-%d}"
    if not token.usable(datetime.now(UTC)):
        return 401, "Token Expired"
    return None


def _basic(text: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def door(request: Request) -> Door:
    """Return the server's door."""
    found: Door = request.app.state.door
    return found


async def reader(request: Request) -> Caller:
    """Let in who may read."""
    return await door(request).caller(request)


async def actor(caller: Annotated[Caller, Depends(reader)]) -> Caller:
    """Let in who may act; a read-only token may not."""
    if caller.read_only:
        raise ApiError(403, "Forbidden: this token is read-only")
    return caller


async def scraper(request: Request) -> None:
    """Let in who reads metrics: anybody on this machine, or a token."""
    if not door(request).loopback:
        await reader(request)


Reading = Annotated[Caller, Depends(reader)]
Acting = Annotated[Caller, Depends(actor)]
