"""Sends what stands in the outbox: text messages to people, webhooks to companies."""

from services.notify.service import run

__all__ = ["run"]
