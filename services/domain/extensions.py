"""What operators' phones may dial, and transfer callers to: agents and groups of their own account."""

from services.domain.documents import Agent, Group


def numbers_of(document: Agent | Group) -> tuple[str, ...]:
    """The numbers that it is reached by: its extension, an agent's id that is made of digits, its bound number."""
    numbers = [document.extension]
    if isinstance(document, Agent):
        if document.extension is None and document.id.isdecimal():
            numbers.append(document.id)
        numbers.append(document.bound)
    return tuple(number for number in numbers if number)
