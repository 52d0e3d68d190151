"""What carries an alert to one sink, and the error that says that it did not arrive."""

from datetime import datetime
from typing import Protocol

from livebom.alerts.alert import Alert


class Undelivered(Exception):  # noqa: N818 - it is a message that did not arrive, not a fault
    """The alert did not arrive; the text says why, without a secret and without a word of the other side."""

    def __init__(self, why: str, *, hopeless: bool = False, wait: float = 0.0) -> None:
        """`hopeless`: the same alert will never be taken; `wait`: seconds the other side asked us to wait."""
        super().__init__(why)
        self.hopeless = hopeless
        self.wait = wait


class Carrier(Protocol):
    """The way to one sink."""

    async def carry(self, alert: Alert, at: datetime) -> None:
        """Deliver the alert; when it returns, the other side has it, as far as its protocol can say so.

        `at` is now. Raises Undelivered. It may be cancelled, after which the alert may or may not have arrived.
        """
