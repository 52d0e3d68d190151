"""Alerts: which changes are told to whom, written in the words of each receiver, and delivered at least once.

A turn asks `wanted` for the alerts of what it told and puts `letters` of them into the outbox within the transaction
that writes the changes, so that a change and its alerts are there together or not at all:

    with store.together():
        store.settle(...)
        store.end_sweep(...)
        told = store.tell(...)                                     # None for a first look
        alerts = wanted(told.changes if told else (), policy, first=None if told else graph, sweep=sweep, at=ended)
        store.outbox.post(letters(alerts))

A `Courier` then takes what is due and delivers it, each sink by itself, until it is cancelled:

    ways = carriers(policy, os.environ, origin=platform.node())
    courier = Courier(store.outbox, ways, run=in_the_thread_of_the_store, chance=random.random)
    await courier.run()          # `courier.wake()` after each turn; a new courier after a reload of the policy

`run` is how the outbox is called (a store belongs to one thread at a time); what the outbox raises comes out of
`courier.run()`: open the store again and start a new courier. What was delivered and not marked is delivered again with
the same id.
"""

from livebom.alerts.alert import Alert, AlertKind, alert_of, letters
from livebom.alerts.carrying import Carrier, Undelivered, carriers
from livebom.alerts.courier import Courier
from livebom.alerts.outbox import Outbox
from livebom.alerts.rules import labels_of, trial, wanted

__all__ = [
    "Alert",
    "AlertKind",
    "Carrier",
    "Courier",
    "Outbox",
    "Undelivered",
    "alert_of",
    "carriers",
    "labels_of",
    "letters",
    "trial",
    "wanted",
]
