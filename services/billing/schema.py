"""Prints the JSON Schema of the rated record: ``python -m services.billing.schema > docs/cdr-record.schema.json``."""

import json
import sys

from services.domain.record import json_schema

if __name__ == "__main__":
    json.dump(json_schema(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
