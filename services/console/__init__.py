"""The back office: pages for people, an API for programs."""

from services.console.service import run

__all__ = ["run"]
