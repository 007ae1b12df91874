import pytest
from pydantic import TypeAdapter, ValidationError

from services.domain.template import CallerText, fill

ADAPTER: TypeAdapter[str] = TypeAdapter(CallerText)


def test_placeholders_are_filled() -> None:
    text = ADAPTER.validate_python("{name}：{caller} 您好，{{稍后}}回电 {hotline}")
    filled = fill(text, caller="13800138000", hotline="4001234567", name="{caller}")
    assert filled == "{caller}：13800138000 您好，{稍后}回电 4001234567"


@pytest.mark.parametrize(
    "text",
    ["{nobody}", "{}", "{0}", "{caller.__class__}", "{caller[0]}", "{caller!r}", "{caller:>9}", "{", "}", "{caller"],
)
def test_what_is_no_placeholder_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"write one of \{caller\}, \{hotline\}, \{name\}"):
        ADAPTER.validate_python(text)
