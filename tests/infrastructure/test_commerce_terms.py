"""Rates and fees hold from a day on, and a file that cannot be used is told at start."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.shared import Money
from infrastructure.commerce_terms import BadTerms, load_terms

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def entry(since: str, tax: int) -> dict[str, Any]:
    return {
        "from": since,
        "tax_basis_points": tax,
        "return_days": 7,
        "refunds_shipping": False,
        "shipping": [{"method": "kex", "needs": "address", "fee": 4500}],
        "payments": [{"id": "cod", "seconds": None}],
    }


def written(folder: Path, thailand: list[dict[str, Any]]) -> Path:
    path = folder / "terms.json"
    taiwan = [entry("2026-01-01T00:00:00+08:00", 500)]
    path.write_text(json.dumps({"TW": taiwan, "TH": thailand}))
    return path


def test_our_own_say_what_holds_in_both_markets() -> None:
    terms = load_terms()
    assert terms.at("TW", NOW).tax_basis_points == 500
    assert terms.at("TH", NOW).tax_basis_points == 700
    assert terms.at("TW", NOW).refunds_shipping
    assert not terms.at("TH", NOW).refunds_shipping
    pickup = terms.at("TW", NOW).way_to_send("cvs_unimart")
    assert pickup is not None
    assert (pickup.needs, pickup.cod_limit) == ("store", Money(amount=20_000, currency="TWD"))


def test_a_rate_holds_from_its_day_on(tmp_path: Path) -> None:
    rates = [entry("2027-10-01T00:00:00+07:00", 1000), entry("2026-01-01T00:00:00+07:00", 700)]
    terms = load_terms(written(tmp_path, rates))
    before = datetime(2027, 9, 30, 16, 59, 59, tzinfo=UTC)
    assert terms.at("TH", before).tax_basis_points == 700
    assert terms.at("TH", before.replace(hour=17, second=0)).tax_basis_points == 1000


def test_only_in_development_one_pays_without_a_provider() -> None:
    assert load_terms().at("TW", NOW).way_to_pay("development") is None
    assert load_terms(development=True).at("TW", NOW).way_to_pay("development") is not None


@pytest.mark.parametrize(
    "thailand", [[], [entry("2026-01-01T00:00:00", 700)], [{"from": "2026-01-01T00:00:00Z"}]]
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, thailand: list[dict[str, Any]]) -> None:
    with pytest.raises(BadTerms):
        load_terms(written(tmp_path, thailand))
