"""What is wrong among documents that are each well formed: references, doubles, unreachable nodes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from services.domain import circles, opening, prompt_check, reach
from services.domain.cycle import cycle
from services.domain.documents import Account, Agent, Document, Group, Hotline, Ref, owner_of, ref
from services.domain.extensions import numbers_of
from services.domain.nodes.hours import HoursNode
from services.domain.package import Package
from services.domain.pbx import Pbx
from services.domain.problem import Problem
from services.domain.reading import Located, Reading
from services.domain.suggestion import did_you_mean
from services.domain.tariff import HOME, Tariff

Known = dict[Ref, Located]


@dataclass(frozen=True)
class Standing:
    """All documents as they stand in Redis."""

    documents: Mapping[Ref, Document] = field(default_factory=dict)
    versions: Mapping[Ref, int] = field(default_factory=dict)
    """Of these, and of what is no more or cannot be read."""
    unreadable: Mapping[Ref, str] = field(default_factory=dict)
    """Why."""

    def having(self, documents: Iterable[Document], gone: Iterable[Ref] = ()) -> "Standing":
        """As it would be with these instead, and without those that are gone."""
        new = {**self.documents, **{ref(document): document for document in documents}}
        left = {name: document for name, document in new.items() if name not in {*gone}}
        return replace(self, documents=left)


def check(reading: Reading) -> list[Problem]:
    """Of documents by themselves: what they name has to be among them."""
    everything = reading.located
    return sorted([*check_each(reading), *_among(everything, reading.broken)])


def check_change(reading: Reading, standing: Standing, gone: Collection[Ref] = ()) -> list[Problem]:
    """Of documents that are to be put beside, or in place of, those that stand; of which some are to be ``gone``.

    Those that stand are looked at too: what they name must not be taken from them. What was wrong before is not told.
    """
    changed = {item.ref for item in reading.located}.union(reading.broken, gone)
    stored = {name: Located.stored(document) for name, document in standing.documents.items()}
    rest = [item for name, item in stored.items() if name not in changed]
    broken = reading.broken.union(standing.unreadable) - set(gone)
    found = _among([*rest, *reading.located], broken)
    if any(problem.line == 0 for problem in found):
        found -= _among(list(stored.values()), set(standing.unreadable))
    return sorted([*check_each(reading), *found])


def check_each(reading: Reading) -> Iterator[Problem]:
    """What is wrong with each document whatever the others are."""
    for item in reading.located:
        if isinstance(item.document, Hotline):
            yield from _flow(item, item.document)
            yield from _variables(item, item.document)
            yield from _hours(item, item.document)
            yield from (item.problem(*problem) for problem in prompt_check.problems(item.document))
        if isinstance(item.document, Tariff):
            yield from (item.problem(*problem) for problem in reach.problems(item.document))


def _among(everything: list[Located], broken: Collection[Ref]) -> set[Problem]:
    """What is wrong between documents; references to ``broken`` ones are not missed."""
    known: Known = {}
    hosts = [item.document for item in everything if isinstance(item.document, Pbx)]
    problems = {*_extensions(everything), *_covered(everything)}
    for item in everything:
        first = known.setdefault(item.ref, item)
        if first is not item:
            key = "number" if isinstance(item.document, Hotline) else "id"
            expected = f"this {item.document.kind} stands already at {first.place(key)}"
            problems.add(item.problem(key, item.document.id, expected))
    for item in everything:
        problems.update(_references(item, known, broken))
        if isinstance(item.document, Hotline):
            problems.update(_strategies(item, item.document, known))
            problems.update(_webhook(item, item.document, known))
            problems.update(_city(item, item.document, known))
            problems.update(_callbacks(item, item.document, known))
        if isinstance(item.document, Account):
            problems.update(_packages(item, item.document, known))
            problems.update(_minimums(item, item.document, known))
        if isinstance(item.document, Group):
            problems.update(_trunk(item, item.document, hosts))
        if isinstance(item.document, Pbx):
            problems.update(_endpoints(item, item.document, known))
    return problems


def _references(item: Located, known: Known, broken: Collection[Ref]) -> Iterator[Problem]:
    owner = owner_of(item.document)
    for key, kind, name in item.document.references():
        target = known.get((kind, name))
        if target is None:
            if (kind, name) not in broken:
                near = did_you_mean(name, (other for of_kind, other in known if of_kind == kind))
                yield item.problem(key, name, f"there is no {kind} of this id{near}")
        elif owner_of(target.document) not in {None, owner}:
            yield item.problem(key, name, f"this {kind} belongs to another account")


def _extensions(everything: list[Located]) -> Iterator[Problem]:
    """What operators dial means one thing in its account; only a bound number may be that of several agents."""
    taken: dict[tuple[str, str], tuple[str, Located]] = {}
    for item in everything:
        document = item.document
        if not isinstance(document, Agent | Group):
            continue
        for number in numbers_of(document):
            key = next(key for key in ("extension", "bound", "id") if getattr(document, key, None) == number)
            other, holder = taken.setdefault((document.account, number), (key, item))
            first = holder.document
            if (first.kind, first.id) != (document.kind, document.id) and {key, other} != {"bound"}:
                expected = f"{first.kind} {first.id} of this account has this number already, at {holder.place(other)}"
                yield item.problem(key, number, expected)


def _covered(everything: list[Located]) -> Iterator[Problem]:
    """A menu's own keys come first: an extension among them could not be dialled."""
    reached: dict[tuple[str, str], Located] = {}
    for item in everything:
        if isinstance(item.document, Agent | Group):
            reached |= {(item.document.account, number): item for number in numbers_of(item.document)}
    for item in everything:
        nodes = item.document.flow.nodes if isinstance(item.document, Hotline) else {}
        for name, node in nodes.items():
            if node.kind != "menu" or node.extensions is None:
                continue
            for key in node.keys:
                if found := reached.get((getattr(item.document, "account", ""), key)):
                    expected = f"this is what {found.document.kind} {found.document.id} of this account is dialled by"
                    yield item.problem(f"flow.nodes.{name}.keys.{key}", key, expected)


def _flow(item: Located, hotline: Hotline) -> Iterator[Problem]:
    nodes = hotline.flow.nodes
    if hotline.flow.start not in nodes:
        yield item.problem("flow.start", hotline.flow.start, _no_node(hotline.flow.start, nodes))
    for name, node in nodes.items():
        for key, following in node.nexts():
            if following not in nodes:
                yield item.problem(f"flow.nodes.{name}.{key}", following, _no_node(following, nodes))
    reached = _reachable(hotline)
    for name in nodes.keys() - reached:
        yield item.problem(f"flow.nodes.{name}", name, "no way leads to this node")
    told: set[str] = set()
    for circle in circles.restless(nodes, reached):
        told.update(circle)
        expected = (
            f"nothing is waited for in {' → '.join(circle)}: a call would turn in this circle until it is cut off"
        )
        yield item.problem(f"flow.nodes.{circle[0]}", circle[0], expected)
    for circle in circles.endless(nodes, reached):
        if told.isdisjoint(circle):
            expected = f"no way leads out of {' → '.join(circle)} to where a call ends"
            yield item.problem(f"flow.nodes.{circle[0]}", circle[0], expected)


def _variables(item: Located, hotline: Hotline) -> Iterator[Problem]:
    nodes = hotline.flow.nodes
    kept = {variable for node in nodes.values() for variable in node.keeps()}
    for name, node in nodes.items():
        for key, variable in node.reads():
            if variable not in kept:
                expected = f"no node of this flow keeps anything under this name{did_you_mean(variable, kept)}"
                yield item.problem(f"flow.nodes.{name}.{key}", variable, expected)


def _hours(item: Located, hotline: Hotline) -> Iterator[Problem]:
    for name, node in hotline.flow.nodes.items():
        if isinstance(node, HoursNode):
            for key, value, expected in opening.problems(node, ZoneInfo(hotline.timezone)):
                yield item.problem(f"flow.nodes.{name}.{key}", value, expected)


def _no_node(name: str, nodes: Iterable[str]) -> str:
    return f"there is no node of this name{did_you_mean(name, nodes)}"


def _strategies(item: Located, hotline: Hotline, known: Known) -> Iterator[Problem]:
    """Only a queue knows who is ready, idle for how long, and at what level."""
    for name, node in hotline.flow.nodes.items():
        if node.kind == "group" and (found := known.get(("group", node.group))):
            strategy = getattr(found.document, "strategy", "")
            if strategy not in {"sequence", "ringall"}:
                expected = f"this group's strategy is {strategy}, which needs a node of kind queue"
                yield item.problem(f"flow.nodes.{name}.group", node.group, expected)


def _webhook(item: Located, hotline: Hotline, known: Known) -> Iterator[Problem]:
    owner = known.get(("account", hotline.account))
    wanted = hotline.missed_calls is not None and hotline.missed_calls.webhook
    if wanted and owner and isinstance(owner.document, Account) and owner.document.notify is None:
        expected = f"account {hotline.account!r} has no 'notify' to send it to"
        yield item.problem("missed_calls.webhook", True, expected)  # noqa: FBT003


def _city(item: Located, hotline: Hotline, known: Known) -> Iterator[Problem]:
    """Without one no call would ever come from ``home_city``, and all would be priced as from elsewhere."""
    owner = known.get(("account", hotline.account))
    if hotline.city is not None or owner is None or not isinstance(owner.document, Account):
        return
    for _, kind, name in owner.document.references():
        priced = known.get((kind, name))
        if priced and isinstance(priced.document, Tariff | Package) and HOME in priced.document.places():
            expected = f"{kind} {name!r} of this account asks for '{HOME}', and the hotline has no 'city'"
            yield item.problem("account", hotline.account, expected)


def _packages(item: Located, account: Account, known: Known) -> Iterator[Problem]:
    tariff = known.get(("tariff", account.tariff))
    for index, one in enumerate(account.packages):
        found = known.get(("package", one.package))
        package = None if found is None else found.document
        if not isinstance(package, Package):
            continue
        if tariff is not None and package.currency != getattr(tariff.document, "currency", package.currency):
            yield item.problem(f"packages.{index}.package", one.package, "its currency is not the tariff's")
        for name in one.extras:
            if name not in package.extras or package.extras[name].per != "cycle":
                expected = "the package has no extra service of this name that is paid per cycle"
                yield item.problem(f"packages.{index}.extras.{name}", name, expected)


def _minimums(item: Located, account: Account, known: Known) -> Iterator[Problem]:
    """A month's calls cost one least, or what is missing to it would be owed twice."""
    until: dict[int, date] = {}
    for index, one in sorted(enumerate(account.packages), key=lambda numbered: numbered[1].since):
        found = known.get(("package", one.package))
        package = None if found is None else found.document
        if not isinstance(package, Package) or package.minimum is None:
            continue
        for other, end in until.items():
            if one.since < end:
                expected = f"it has a 'minimum' as packages.{other} has at the same time: a month's calls count for one"
                yield item.problem(f"packages.{index}.package", one.package, expected)
                break
        rule = package.cycle
        until[index] = date.max if rule.renews else cycle(one.since, one.since, rule.months, rule.anchor).end


def _callbacks(item: Located, hotline: Hotline, known: Known) -> Iterator[Problem]:
    for name, node in hotline.flow.nodes.items():
        if node.kind != "callback":
            continue
        found = known.get(("group", node.group))
        if found and getattr(found.document, "callback", None) is None:
            expected = "this group has no 'callback', which says what number is shown, and more"
            yield item.problem(f"flow.nodes.{name}.group", node.group, expected)


def _trunk(item: Located, group: Group, hosts: list[Pbx]) -> Iterator[Problem]:
    """Where no pbx document is given along with the group's, its trunks are not known."""
    trunks = {trunk.id for host in hosts for trunk in host.trunks}
    if hosts and group.callback and group.callback.trunk not in trunks:
        yield item.problem("callback.trunk", group.callback.trunk, "no pbx has a trunk of this id")


def _reachable(hotline: Hotline) -> set[str]:
    nodes, seen, ahead = hotline.flow.nodes, set[str](), [hotline.flow.start]
    while ahead:
        name = ahead.pop()
        if name in nodes and name not in seen:
            seen.add(name)
            ahead += [following for _, following in nodes[name].nexts()]
    return seen


def _endpoints(item: Located, pbx: Pbx, known: Known) -> Iterator[Problem]:
    for index, trunk in enumerate(pbx.trunks):
        if agent := known.get(("agent", trunk.id)):
            expected = f"the agent at {agent.place('id')} has this id already: phones and trunks share names"
            yield item.problem(f"trunks.{index}.id", trunk.id, expected)
