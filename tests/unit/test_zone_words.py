"""The zones that the top line names: by itself this machine's, and that of logical dates if it is another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from penstock_tui.view.zones import zone_of, zone_words

_SUMMER = datetime(2026, 8, 21, 6, tzinfo=UTC)
_WINTER = datetime(2026, 12, 1, 6, tzinfo=UTC)
_BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("own", "dates", "now", "wide", "narrow"),
    [
        (UTC, (), _SUMMER, "UTC", "UTC"),
        (UTC, ("UTC",), _SUMMER, "UTC", "UTC"),
        (_BERLIN, ("Europe/Berlin",), _SUMMER, "CEST", "CEST"),
        (_BERLIN, ("Europe/Berlin",), _WINTER, "CET", "CET"),
        (_BERLIN, ("Europe/Paris",), _WINTER, "CET", "CET"),
        (_BERLIN, ("UTC",), _WINTER, "CET, dates UTC", "CET, dates UTC"),
        (UTC, ("Asia/Tokyo",), _SUMMER, "UTC, dates Asia/Tokyo", "UTC, dates JST"),
        (UTC, ("Europe/London",), _WINTER, "UTC, dates Europe/London", "UTC, dates GMT"),
        (UTC, ("Asia/Tokyo", "UTC"), _SUMMER, "UTC, dates DAG's", "UTC, dates DAG's"),
        (UTC, ("no/such",), _SUMMER, "UTC", "UTC"),
        (timezone(timedelta(hours=1), "CET"), (), _SUMMER, "CET", "CET"),
        (ZoneInfo("America/Sao_Paulo"), (), _SUMMER, "UTC-03", "UTC-03"),
        (UTC, ("Asia/Dubai",), _SUMMER, "UTC, dates Asia/Dubai", "UTC, dates UTC+04"),
    ],
)
def test_the_zone_is_said_once_and_that_of_dates_only_if_it_is_another(
    own: tzinfo, dates: tuple[str, ...], now: datetime, wide: str, narrow: str
) -> None:
    assert zone_words(own, dates, now) == wide
    assert zone_words(own, dates, now, narrow=True) == narrow


def test_a_dag_that_is_not_known_yet_has_the_zone_of_this_machine() -> None:
    assert zone_of("a", {"b": "Asia/Tokyo"}, _BERLIN) is _BERLIN
    assert zone_of("b", {"b": "Asia/Tokyo"}, _BERLIN) == ZoneInfo("Asia/Tokyo")
