import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.spoken import Variable, plain, speakable, split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("您好。", ("您好。",)),
        ("您前面还有 {ahead} 位", ("您前面还有", Variable("ahead", "count"), "位")),
        ("订单{order:digits}已{status}。", ("订单", Variable("order", "digits"), "已", Variable("status", ""))),
        ("{caller}", (Variable("caller", "digits"),)),
        ("{caller:number}", (Variable("caller", "number"),)),
        ("{a}{b}", (Variable("a", ""), Variable("b", ""))),
        ("a {{b}} c", ("a {b} c",)),
    ],
)
def test_pieces(text: str, parts: tuple[object, ...]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{order:digts}", "there is no format 'digts'; expected one of digits, number, count, or none"),
        ("{}", r"{} is not the name of a variable"),
        ("{0}", r"{0} is not the name of a variable"),
        ("{order.x}", r"is not the name of a variable"),
        ("{order!r}", r"is not the name of a variable"),
        ("{order", "expected '}' before end of string; expected names in braces"),
        ("order}", "encountered in format string; expected names in braces"),
        ("😀！…", "there is nothing in it to speak"),
        ("{{}}", "there is nothing in it to speak"),
    ],
)
def test_what_cannot_be_spoken_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace("{", r"\{").replace("}", r"\}")):
        speakable(text)


def test_where_there_are_no_variables() -> None:
    assert plain("您好") == "您好"
    with pytest.raises(ValueError, match="there are no variables here"):
        plain("您好 {caller}")


@given(st.text())
def test_any_text_is_split_or_refused_with_a_sentence(text: str) -> None:
    try:
        parts = split(text)
    except ValueError as error:
        assert "expected" in str(error)  # noqa: PT017
    else:
        assert all(part.strip() for part in parts if isinstance(part, str))
