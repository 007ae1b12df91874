"""Where set-up has put the parts."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATE = Path(os.environ.get("HOTLINE_STATE", ROOT / ".state"))
