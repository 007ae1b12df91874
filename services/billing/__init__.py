from services.billing.service import run

__all__ = ["run"]
