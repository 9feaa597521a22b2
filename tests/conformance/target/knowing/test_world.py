"""What is made of the texts in rows."""

from __future__ import annotations

from datetime import datetime

from conformance.target.knowing import world


def test_of_what_a_server_calls_a_date_nothing_long_is_held() -> None:
    moment = datetime(2026, 11, 28, 12, 0, 0, 500000)
    assert world.parse_date(str(moment)) == moment
    before = world._meaning.cache_info().currsize
    assert world.parse_date(str(moment).replace(" ", " " * 1000)) == moment
    assert world.parse_date("2026" * 100_000) is None
    assert world._meaning.cache_info().currsize == before
