"""Money pages and their API: over the company's billed calls, and an account that pays in advance."""

import asyncio
import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from services.archive import usage
from services.billing import commands
from services.billing.printed import StatementFields
from services.console.api.comparisons import ComparisonBody
from services.console.api.forecast import ForecastBody
from services.console.api.money import Done, LedgerPage, MoneyBody
from services.console.api.rates import RatesBody
from services.console.api.statements import CycleBody
from services.store import books
from tests.console.conftest import Console
from tests.harness.console import Answer, Visit
from tests.harness.traffic import ACCOUNT
from tests.harness.waiting import until

OF = f"/api/v1/accounts/{ACCOUNT}/money"
PREPAID = "/api/v1/accounts/prepaid/money"
SCRIPT = "<script>alert(1)</script>"


async def top_up(visit: Visit, amount: str, name: str, **more: Any) -> Answer:
    return await visit.api("POST", f"{PREPAID}/top-ups", {"id": name, "amount": amount, **more})


async def test_the_account_as_it_stands_is_that_of_its_book(company: Console) -> None:
    async with company.visiting("wang") as visit:
        now = MoneyBody.model_validate_json((await visit.api("GET", OF)).text)
        page = await visit.get(f"/accounts/{ACCOUNT}/money")
    book = (await books.get(company.redis, ACCOUNT)).book
    [package] = now.packages
    [kept] = book.packages
    assert Decimal(now.balance or "") * 1_000_000 == book.balance
    assert (package.left_seconds, package.granted_seconds) == (sum(kept.left), 30_000 * 60)
    assert {alert.mark: alert.fired for alert in package.alerts} == dict.fromkeys((80, 100), False)
    assert package.name in page.text
    assert "余额" in page.text
    assert 'id="topup"' not in page.text, "a company does not top itself up"


async def test_what_is_to_come_follows_from_the_days_before(company: Console) -> None:
    async with company.visiting("wang") as visit:
        ahead = ForecastBody.model_validate_json((await visit.api("GET", f"{OF}/forecast")).text)
    async with company.archive.connect() as connection:
        used = await usage.by_day(connection, ACCOUNT, 0, from_agent=False)
    today = commands.today()
    [package] = ahead.packages
    assert ahead.days == (today - min(used)).days
    so_far = sum(one.charge for day, one in used.items() if day >= today.replace(day=1))
    assert Decimal(ahead.month_so_far) * 1_000_000 == so_far
    assert ahead.month_to_come
    assert Decimal(ahead.month_to_come.low) <= Decimal(ahead.month_to_come.likely) <= Decimal(ahead.month_to_come.high)
    if (package.until - today).days > 1:
        assert 0 <= package.to_come.low <= package.to_come.likely <= package.to_come.high
        assert package.to_come.high > 0


async def test_without_the_archive_all_but_the_forecast_is_shown(
    company: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, OSError("away"))

    monkeypatch.setattr(usage, "by_day", away)
    async with company.visiting("wang") as visit:
        page = await visit.get(f"/accounts/{ACCOUNT}/money")
        assert page.status == 200
        assert "暂无预测" in page.text
        assert (await visit.api("GET", f"{OF}/forecast")).status == 503


async def test_a_statement_is_the_same_on_the_page_as_a_table_and_printed(company: Console) -> None:
    async with company.visiting("wang") as visit:
        cycles = [CycleBody.model_validate(one) for one in json.loads((await visit.get(f"{OF}/statements")).text)]
        month = f"{commands.today():%Y-%m}"
        assert (month, None) in {(one.cycle, one.package) for one in cycles}
        assert any(one.package == "lvyuan-package" for one in cycles)
        at = f"/accounts/{ACCOUNT}/money/statements/{month}"
        fields = StatementFields.model_validate_json((await visit.get(f"{OF}/statements/{month}")).text)
        assert fields.calls
        assert f'id="total">{fields.total}<' in (await visit.get(at)).text
        table = await visit.get(f"{at}/csv")
        rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
        assert [row["amount"] for row in rows if row["what"] == "total"] == [fields.total]
        assert "attachment" in table.headers["Content-Disposition"]
        printed = await visit.get(f"{at}/print")
        assert fields.total in printed.text
        assert "style-src 'sha256-" in printed.headers["Content-Security-Policy"]
        own = await visit.get(f"{OF}/statements/{commands.today()}?package=lvyuan-package")
        assert StatementFields.model_validate_json(own.text).begin <= str(commands.today())


@pytest.mark.parametrize(
    ("cycle", "status"), [("2026-13", 422), ("x", 422), ("1999-01-01", 409), ("2026-01?package=lvyuan-package", 422)]
)
async def test_a_cycle_that_there_is_none_of_is_told(company: Console, cycle: str, status: int) -> None:
    async with company.visiting("wang") as visit:
        assert (await visit.get(f"{OF}/statements/{cycle}")).status == status


async def test_what_a_minute_costs_now(company: Console) -> None:
    async with company.visiting("wang") as visit:
        asked = await visit.get(f"{OF}/rates", params={"caller": "+442079460000", "seconds": "61"})
        rates = RatesBody.model_validate_json(asked.text)
        page = await visit.get(f"/accounts/{ACCOUNT}/money/rates")
    assert (rates.example.total, rates.example.caller_type) == ("1.20", "international")
    assert [part.quantity for part in rates.example.parts] == [2]
    [inbound] = rates.legs
    assert [rule.rule for rule in inbound.rules] == ["abroad", "night", "day"]
    assert inbound.rules[-1].now
    assert "lvyuan-tariff" in rates.tariff
    assert "已开始的 60 秒" in page.text


async def test_packages_are_compared_on_the_accounts_own_calls(company: Console) -> None:
    """What no package would have cost is what the calls cost by the tariff."""
    today = commands.today()
    body = {
        "since": str(today - timedelta(3)),
        "until": str(today + timedelta(1)),
        "packages": ["lvyuan-package", "lvyuan-large"],
    }
    async with company.visiting("wang") as visit:
        begun = await visit.api("POST", f"{OF}/comparisons", body)
        assert begun.status == 202
        at = f"{OF}/comparisons/{json.loads(begun.text)['id']}"

        async def done() -> bool:
            return ComparisonBody.model_validate_json((await visit.get(at)).text).state == "done"

        await until(done, "the comparison to be made", deadline=60)
        found = ComparisonBody.model_validate_json((await visit.get(at)).text)
        assert [offer.package for offer in found.offers] == [None, "lvyuan-large", "lvyuan-package"]
        assert found.offers[0].cheapest
        assert (found.offers[1].fee, found.offers[2].fee) == ("4200.00", "2700.00")
        assert found.rated == found.total == 3 * found.calls > 0
        page = await visit.get(at.removeprefix("/api/v1"))
        assert found.offers[0].total in page.text
        assert (await visit.api("POST", f"{OF}/comparisons", {**body, "packages": ["none"]})).status == 404
        assert (await visit.api("POST", f"{OF}/comparisons", {**body, "until": body["since"]})).status == 409
        nothing = {**body, "since": "2020-01-01", "until": "2020-02-01"}
        failed = f"{OF}/comparisons/{json.loads((await visit.api('POST', f'{OF}/comparisons', nothing)).text)['id']}"

        async def told() -> bool:
            return "There are no calls" in (await visit.get(failed)).text

        await until(told, "the comparison to fail")


async def test_a_top_up_is_added_once_however_often_it_is_sent(console: Console) -> None:
    before = (await books.get(console.redis, "prepaid")).book.balance
    async with console.visiting("root") as root:
        answers = await asyncio.gather(*(top_up(root, "3000.50", "invoice-1", reason=SCRIPT) for _ in range(5)))
        done = [Done.model_validate_json(answer.text) for answer in answers]
        assert sorted(one.again for one in done) == [False, True, True, True, True]
        assert (await books.get(console.redis, "prepaid")).book.balance - before == 3_000_500_000
        assert (await top_up(root, "30", "invoice-1")).status == 409
        for amount in ("0", "0.001", "1e3000", "NaN", "99999999", "x"):
            assert (await top_up(root, amount, "invoice-2")).status in {409, 422}, amount
        page = await root.get("/accounts/prepaid/money")
        assert SCRIPT not in page.text
        assert "&lt;script&gt;" in page.text
        ledger = LedgerPage.model_validate_json((await root.get(f"{PREPAID}/ledger?limit=1")).text)
        assert (ledger.entries[0].id, ledger.entries[0].amount) == ("invoice-1", "3000.50")
    async with console.visiting("boss@demo") as boss:
        answer = await boss.api("POST", "/api/v1/accounts/demo/money/top-ups", {"id": "x", "amount": "1"})
        assert answer.status == 403


async def test_the_form_shows_the_amount_in_words_before_it_is_added(console: Console) -> None:
    async with console.visiting("root") as root:
        sent = {"id": "form-1", "amount": "1234.50", "reason": "by transfer"}
        asked = await root.form("/accounts/prepaid/money/top-up", sent)
        assert "one thousand two hundred and thirty-four yuan and 50 cents" in asked.text
        before = (await books.get(console.redis, "prepaid")).book.balance
        for _ in range(2):  # a double click, or the page loaded again
            assert (await root.form("/accounts/prepaid/money/top-up/confirmed", sent)).status == 303
        assert (await books.get(console.redis, "prepaid")).book.balance - before == 1_234_500_000
        demo = await root.form("/accounts/demo/money/top-up", sent)
        assert (demo.status, "keeps no balance" in demo.text) == (409, True)


async def test_a_renewal_is_done_once_and_the_ledger_tells_of_it_page_by_page(console: Console) -> None:
    async with console.visiting("root") as root:
        for again in (False, True):
            answer = await root.api("POST", f"{PREPAID}/renewals", {"id": "contract-1", "package": "ten-minutes"})
            assert Done.model_validate_json(answer.text).again is again
        assert (await root.api("POST", f"{PREPAID}/renewals", {"id": "c-2", "package": "none"})).status == 409
        seen: list[str] = []
        before = ""
        while True:
            page = LedgerPage.model_validate_json((await root.get(f"{PREPAID}/ledger?limit=2{before}")).text)
            seen += [entry.entry for entry in page.entries]
            if page.next is None:
                break
            before = f"&before={page.next}"
        whole = LedgerPage.model_validate_json((await root.get(f"{PREPAID}/ledger?limit=500")).text)
        assert seen == [entry.entry for entry in whole.entries] == sorted(seen, key=_number, reverse=True)
        assert {"fee", "forfeit"} <= {entry.kind for entry in whole.entries}
        assert (await root.get("/accounts/prepaid/money/ledger?limit=2")).status == 200


def _number(entry: str) -> tuple[int, int]:
    ms, _, rest = entry.partition("-")
    return int(ms), int(rest)
