"""Every key in Redis, in one place."""

RATED_STREAM = "cdr:rated"
"""Stream of rated records: docs/cdr-stream.md."""

UNRATED_STREAM = "cdr:unrated"
"""Stream of records that no tariff could be found for: docs/cdr-stream.md."""


DOCUMENTS = "documents"
"""How often documents were changed: whoever changes some watches it, so that two never pass each other."""
CHANGED_DOCUMENTS = "documents:changed"
"""Channel: the kinds of documents that were written or deleted, space between."""


def document(kind: str, name: str) -> str:
    """Hash of one document: ``body`` and ``version`` now, ``v1``, ``v2``, … every version there was."""
    return f"doc:{kind}:{name}"


def draft(name: str) -> str:
    """Hash of changes that are not in effect: ``kind:id`` to a document and the version that it is made from."""
    return f"draft:{name}"


def brought(account: str) -> str:
    """Hash: recordings that a company has brought, by the digest of their content."""
    return f"brought:{account}"


def extensions(account: str) -> str:
    """Hash of what the operators' phones of an account may dial: number → ``kind:name`` of a document."""
    return f"extensions:{account}"


def listed(name: str) -> str:
    """Hash of a list's entries as they are now: ``services.store.lists``."""
    return f"list:{{{name}}}"


def staged_list(name: str, token: str) -> str:
    """The same before it is put in place."""
    return f"{listed(name)}:{token}"


def capped(hotline: str, node: str, of: str) -> str:
    """What is counted at a node of kind ``caps``: of a day (``2026-11-23``) and a month; of a caller, a sorted set."""
    return f"caps:{{{hotline}}}:{node}:{of}"


def capped_running(hotline: str, node: str) -> str:
    """Sorted set of the calls in progress beyond it, by the end of their leases."""
    return capped(hotline, node, "running")


def capped_holders(hotline: str, node: str) -> str:
    """Hash of the sessions that hold those leases, by call."""
    return capped(hotline, node, "holders")


def recordings(pbx: str) -> str:
    """Sorted set of the recordings on one host's disk, by when they are to be deleted (milliseconds since 1970)."""
    return f"recordings:{pbx}"


def committed(call_id: str) -> str:
    """Marks a call's record as written; the value is its stream entry."""
    return f"cdr:committed:{call_id}"


def checkpoint(pbx: str) -> str:
    """Where in the CEL folder of one pbx billing starts again."""
    return f"cel:checkpoint:{pbx}"


LIVE_STREAM = "events:live"
"""Stream of every change of an agent or a waiting caller: docs/events-live.md."""


AUDIT_STREAM = "audit"
"""Stream of who did what to whom: docs/audit.md."""


def distribution(account: str) -> str:
    """What the keys of an account's agents and queues begin with; all lie in one hash slot.

    services/store/lua/base.lua has the rest of them, docs/distribution.md says what each holds.
    """
    return f"acd:{{{account}}}:"


def due(account: str) -> str:
    """Sorted set of what the passing of time will change: ``kind:name`` by milliseconds since 1970."""
    return distribution(account) + "due"


def heard(account: str) -> str:
    """When anybody was heard of last: milliseconds since 1970."""
    return distribution(account) + "heard"


def agent(account: str, name: str) -> str:
    """Hash of what is known of an agent: ``services.domain.agents.Standing``."""
    return f"{distribution(account)}agent:{name}"


def workday(account: str, agent: str, day: int) -> str:
    """Hash of what an agent did on a day in China, since 1970: ``services.domain.workday.Workday``."""
    return f"{distribution(account)}workday:{agent}:{day}"


def card(account: str, agent: str) -> str:
    """The last card that the agent was shown: ``services.domain.card.Card``."""
    return f"{distribution(account)}card:{agent}"


def notes(account: str, number: str) -> str:
    """List of what was noted of a caller, newest first: ``services.store.notes.Note``."""
    return f"notes:{{{account}}}:{number}"


def totals(account: str) -> str:
    """Hash of callers ever counted, by outcome."""
    return distribution(account) + "totals"


def memberships(account: str, agent: str) -> str:
    """Hash of the groups that an agent belongs to, and on which terms."""
    return f"{distribution(account)}memberships:{agent}"


def call(account: str, name: str) -> str:
    """Hash of what is known of a caller: ``services.store.queues.Caller``."""
    return f"{distribution(account)}call:{name}"


CALLBACKS = "callbacks"
"""Channel on which an account is named when one of its callbacks is to be made, or was agreed on."""

CALLBACK_ACCOUNTS = "callbacks:accounts"
"""Set of the accounts that ever had a callback."""


def pending_callbacks(account: str) -> str:
    """Hash of an account's callbacks: ``group number`` to the callback's id."""
    return distribution(account) + "callbacks"


def callback(account: str, name: str) -> str:
    """Hash of one callback: ``services.store.callbacks.Callback``."""
    return f"{distribution(account)}callback:{name}"


def wake(process: str) -> str:
    """Channel on which a process is told which of its callers has an offer."""
    return f"wake:{process}"


def requests(pbx: str) -> str:
    """Channel on which the service beside one Asterisk is asked to have something done there."""
    return f"pbx:{pbx}:requests"


def answer(token: str) -> str:
    """List in which the answer to a request is put."""
    return f"pbx:answer:{token}"


NOTIFY_STREAM = "notify"
"""Stream of messages to be sent now: docs/notify.md."""

PASSED_ON = "notify:live"
"""The last entry of the stream of live events that companies' own programs were told of."""

NOTIFY_LATER = "notify:later"
"""Sorted set of messages to be tried again, by milliseconds since 1970."""

NOTIFY_DEAD = "notify:dead"
"""Stream of messages that were given up."""


def voicemails(account: str) -> str:
    """Hash of an account's voicemails by id."""
    return distribution(account) + "voicemails"


def unheard(account: str, group: str) -> str:
    """Sorted set of the voicemails that nobody of the group has heard yet: ids by milliseconds since 1970."""
    return f"{distribution(account)}unheard:{group}"


CORRECTIONS_STREAM = "cdr:corrections"
"""Stream of what rated calls cost more or less than their records say: docs/cdr-stream.md."""


def corrected(call_id: str) -> str:
    """Id of a call's last correction."""
    return f"cdr:corrected:{call_id}"


def rated_late(call_id: str) -> str:
    """Marks a call from ``cdr:unrated`` as having its rated record."""
    return f"cdr:rated-late:{call_id}"


def book(account: str) -> str:
    """Hash: ``body``, the account's book, and its ``state``: docs/ledger.md."""
    return f"book:{{{account}}}"


SETTLED = "books:settled"
"""The day that the books of all accounts were settled up to last."""

SETTLING = "books:settling"
"""Held by the process that settles them."""


def commands(account: str) -> str:
    """Hash of the commands that changed the account's book and are done once: id → what was done."""
    return f"commands:{{{account}}}"


def ledger(account: str) -> str:
    """Stream of what changed the account's book, calls apart: docs/ledger.md."""
    return f"ledger:{{{account}}}"


def reserved(account: str) -> str:
    """Hash of what running calls of an account have set aside, by call: ``services.store.reservations.Reservation``."""
    return f"reserved:{{{account}}}"


def held(account: str) -> str:
    """Hash: the sum of what the account's running calls have set aside."""
    return f"held:{{{account}}}"


METERED = "metered"
"""Sorted set of the running calls that have set something aside: ``account call``, by when to look at them next."""


def person(login: str) -> str:
    """Hash: ``body``, a ``services.domain.people.Person``, and what the person proves to be itself with."""
    return f"person:{login}"


def people(account: str | None) -> str:
    """Set of the logins of an account's people; None: of those who stand above the accounts."""
    return f"people:{account or ''}"


def token(digest: str) -> str:
    """A ``services.domain.people.Token``, by the SHA-256 of what its program shows."""
    return f"token:{digest}"


def tokens(account: str | None) -> str:
    """Hash of the digests of an account's tokens, by id."""
    return f"tokens:{account or ''}"


def once(who: str, key: str) -> str:
    """What a program's command of that idempotency key was answered."""
    return f"once:{who}:{key}"


def called_back(account: str, number: str) -> str:
    """That somebody has dealt with a caller in vain, as they said themselves: ``services.store.called_back.Mark``."""
    return f"called_back:{{{account}}}:{number}"


def hearing(login: str, file: str) -> str:
    """That somebody has begun to hear a recording a short while ago, and it stands in the audit."""
    return f"hearing:{login}:{file}"


def comparison(account: str, name: str) -> str:
    """A comparison of packages, with what came of it: ``services.console.comparing.Job``."""
    return f"comparison:{account}:{name}"


def comparing(account: str) -> str:
    """Name of the comparison that is being made for an account: one at a time."""
    return f"comparing:{account}"
