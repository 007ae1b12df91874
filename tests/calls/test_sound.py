"""The caller hears what the hotline's document says."""

from services.domain.prompts import spoken_name
from tests.harness.demo_calls import CALLER, HOTLINE
from tests.harness.hearing import likeness, listening, samples
from tests.harness.node import Node
from tests.harness.sipp import CALLER_HOST, hangs_up, hears

WELCOME = "您好，欢迎致电示范商店。产品销售请按一，售后服务请按二，上门维修请按三，投诉建议请按四。"
SORRY = "对不起，客服人员暂时无法接听您的电话，请稍后再拨。再见！"


async def test_the_menu_is_spoken_to_the_caller(node: Node) -> None:
    async with listening(CALLER_HOST) as (ear, port):
        caller = await node.sipp.call(CALLER, HOTLINE, [hears(4000), hangs_up()], media_port=port)
        assert await caller.wait(20) == 0
    said = {text: samples((node.sounds / spoken_name(text, "cmn")).with_suffix(".wav")) for text in (WELCOME, SORRY)}
    assert likeness(ear.samples, said[WELCOME]) > 0.95
    assert likeness(ear.samples, said[SORRY]) < 0.7  # the measure tells sounds apart
