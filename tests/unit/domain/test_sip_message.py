import pytest

from services.domain.sip_message import LONGEST, objection


def request(method: str = "INVITE", *headers: str) -> str:
    lines = [f"{method} sip:1001@desk.invalid SIP/2.0", "Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1", *headers]
    return "\r\n".join([*lines, "Content-Length: 0"]) + "\r\n\r\n"


FROM = "From: <sip:1100@desk.invalid>;tag=a"


@pytest.mark.parametrize(
    "message",
    [
        request("REGISTER", FROM),
        request("INVITE", 'From: "sip:1001@x" <sip:1100@desk.invalid>;tag=a'),
        request("BYE", "f: sip:1100@desk.invalid;tag=a"),
        request("REFER", "FROM : <SIP:1100@desk.invalid>"),
        "SIP/2.0 200 OK\r\nFrom: <sip:13800138000@x>\r\nTo: <sip:1100@y>\r\n\r\nv=0\r\n",
        "\r\n\r\n",
        request("INVITE", FROM) + "v=0\r\nFrom: <sip:1001@x>\r\n",
    ],
)
def test_what_a_phone_says_goes_on(message: str) -> None:
    assert objection(message, "1100") is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (request("INVITE", "From: <sip:1001@desk.invalid>;tag=a"), "expected 1100 once"),
        (request("INVITE", FROM, "f: <sip:1001@desk.invalid>"), "expected 1100 once"),
        (request("INVITE", 'From: "<sip:1100@x>" <sip:1001@desk.invalid>'), "expected 1100 once"),
        (request("INVITE", "From: <sip:11001@x>"), "expected 1100 once"),
        (request("INVITE"), "expected 1100 once"),
        (request("INVITE", "Subject: x\r\n From: y", FROM), "folded"),
        (request("INVITE", f"{FROM}\nFrom: <sip:1001@x>"), "folded"),
        (request("SUBSCRIBE", FROM), "expected one of"),
        (request("MESSAGE", FROM), "expected one of"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "expected one of"),
        (request("REGISTER", FROM, "X: " + "x" * LONGEST), "expected at most"),
    ],
)
def test_what_nobody_says_at_a_phone_of_its_own_does_not(message: str, expected: str) -> None:
    assert expected in str(objection(message, "1100"))
