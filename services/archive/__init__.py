"""Rated calls in SQL, for search and analysis (docs/archive.md)."""

from services.archive.service import run

__all__ = ["run"]
