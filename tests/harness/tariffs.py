"""Tariffs as tests write them."""

from typing import Any, Literal

from services.domain.charge import Charge
from services.domain.tariff import Tariff


def per_increment(
    rate: str, per: int = 60, increment: int = 60, bill_from: Literal["platform", "agent"] = "platform"
) -> Tariff:
    """One price for every call, whenever it is."""
    return tariff(
        {"rule": "standard", "steps": [{"rate": rate, "per": per, "increment": increment}]}, bill_from=bill_from
    )


def tariff(*rules: dict[str, Any], bill_from: str = "platform", rounding: dict[str, Any] | None = None) -> Tariff:
    """With these rules for inbound legs, at all times."""
    fields: dict[str, Any] = {"kind": "tariff", "id": "standard", "name": "standard", "bill_from": bill_from}
    fields["prices"] = [{"inbound": {"rules": list(rules)}}]
    return Tariff.model_validate(fields | ({} if rounding is None else {"rounding": rounding}))


def charged(total: str, version: int = 1) -> Charge:
    """A charge of which only the total counts."""
    return Charge(tariff="standard", version=version, currency="CNY", total=total, segments=())
