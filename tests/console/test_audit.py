"""The audit's pages, and that every act has words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import services
from services.console import words
from services.console.api.audit import AuditPage
from services.store import audit
from services.store.audit import Act, Wanted
from tests.console.conftest import Console
from tests.harness.console import Visit

ROOT = Path(next(iter(services.__path__))).parent
SCRIPT = "<script>alert(1)</script>"
AT = "/api/v1/accounts/other/audit"


async def found(visit: Visit, at: str) -> AuditPage:
    return AuditPage.model_validate_json((await visit.get(at)).text)


async def test_an_account_sees_its_own_and_the_platform_all(console: Console) -> None:
    for number in range(5):
        account = "other" if number % 2 else "demo"
        async with audit.kept(console.redis, Act(account, f"actor-{number}", "pull", SCRIPT, "c1")):
            pass
    async with console.visiting("audit@other") as own, console.visiting("watcher") as above:
        newest = await found(own, f"{AT}?action=pull")
        assert [one.actor for one in newest.acts][:2] == ["actor-3", "actor-1"]
        everything = await found(above, "/api/v1/audit?action=pull")
        assert [one.actor for one in everything.acts][:5] == [f"actor-{number}" for number in range(4, -1, -1)]
        first = await found(own, f"{AT}?action=pull&limit=1")
        second = await found(own, f"{AT}?action=pull&limit=1&before={first.next}")
        assert [one.actor for one in (*first.acts, *second.acts)] == ["actor-3", "actor-1"]
        assert [one.actor for one in (await found(own, f"{AT}?actor=actor-1")).acts] == ["actor-1"]
        page = await own.get("/accounts/other/audit", params={"target": SCRIPT, "limit": "1"})
        assert SCRIPT not in page.text
        assert "pulled a caller" in page.text
        assert "before=" in page.text
        assert (await own.get("/audit")).status == 403


async def test_a_search_ends_though_nothing_is_found(console: Console) -> None:
    async with console.redis.pipeline(transaction=False) as pipe:
        for number in range(audit.SEARCHED + 10):
            pipe.xadd(
                "audit",
                {
                    "at": number,
                    "account": "",
                    "actor": "a",
                    "action": "pull",
                    "target": "t",
                    "call": "",
                    "supervisor": "",
                    "outcome": "done",
                },
            )
        await pipe.execute()
    nothing = await audit.search(console.redis, Wanted(actor="nobody"), None, 10)
    assert nothing.entries == []
    assert nothing.next is not None
    rest = await audit.search(console.redis, Wanted(actor="nobody"), nothing.next, 10)
    assert (rest.entries, rest.next) == ([], None)


def acts() -> Iterator[tuple[str, str]]:
    """Every act that stands in the code as such, and where."""
    for path in (path for folder in ("services", "agi") for path in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = {"Act": 2, "_do": 2, "act": 2 if len(node.args) > 2 else 0}.get(name)
            action = node.args[place] if place is not None and len(node.args) > place else None
            if isinstance(action, ast.Constant) and isinstance(action.value, str):
                yield action.value, path.name


def test_every_act_has_words() -> None:
    known = dict(acts())
    assert len(known) > 20
    assert {action: place for action, place in known.items() if action not in words.ACTIONS} == {}


def test_the_guide_lists_every_act() -> None:
    guide = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    assert [action for action in words.ACTIONS if f"`{action}`" not in guide] == []
