"""The service beside one Asterisk: it alone holds a link to its manager interface (AMI)."""

from services.pbx.service import run

__all__ = ["run"]
