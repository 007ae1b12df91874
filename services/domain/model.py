"""What all documents and their parts are made of."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

ID = r"^[a-z0-9][a-z0-9_-]{0,39}$"
Id = Annotated[str, StringConstraints(pattern=ID)]
"""Names of documents and nodes: lower case, digits, ``-`` and ``_``, at most 40 characters."""

BoundNumber = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,20}$")]
"""A number that the trunk dials: mobile, landline with area code, or E.164."""

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Voice = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+-]{2,40}$")]
"""Of the speech engine (docs/prompts.md): of espeak-ng ``cmn`` (Mandarin), ``en``, …"""

Password = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~!@#%^*+=-]{12,64}$"), Field(repr=False)]
"""12 to 64 letters, digits and signs that need no quoting in Asterisk's files."""

DOCUMENTED = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)
"""Of what a record is made of: its docstrings are the descriptions in its JSON schema."""


class Model(BaseModel):
    """Base of all documents and their parts: unknown keys are errors, nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SCHEMA = 1
"""Of documents: counted up when a release writes what the one before it cannot read."""


def _known_schema(schema: int) -> int:
    if schema != SCHEMA:
        raise ValueError(f"written in schema {schema}; this release reads schema {SCHEMA}")
    return schema


class DocumentModel(Model):
    model_config = ConfigDict(serialize_by_alias=True)

    schema_: Annotated[int, Field(strict=True), AfterValidator(_known_schema)] = Field(default=SCHEMA, alias="schema")


def keys_as_text(keys: Any) -> Any:
    """YAML reads an unquoted ``1:`` as a number."""
    return {str(key): node for key, node in keys.items()} if isinstance(keys, dict) else keys
