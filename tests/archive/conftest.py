"""Each test here runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.database import opened, prepare
from tests.harness import postgres
from tests.harness.postgres import Postgres


@pytest.fixture(scope="session")
async def postgresql() -> AsyncIterator[Postgres]:
    async with postgres.running() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, postgresql: Postgres) -> str:
    return f"sqlite:///{tmp_path}/archive.db" if request.param == "sqlite" else await postgresql.database()


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    async with opened(url) as made:
        await prepare(made)
        yield made
