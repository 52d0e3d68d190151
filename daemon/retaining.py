"""Between sweeps, once a day: old evidence moves out of the store, as the setting `keep_raw` says."""

from datetime import datetime, timedelta
from functools import partial

import structlog

from daemon.desk import Desk
from livebom.store import Store

_EVERY = timedelta(hours=20)
_log = structlog.get_logger()


class Retention:
    """A hook of the worker."""

    __name__ = "retention"

    def __init__(self) -> None:
        self._last: float | None = None

    async def __call__(self, desk: Desk) -> None:
        """Move what is older than `keep_raw` days, where that was not done today. Raises StoreError."""
        days, now = desk.configuration.settings.keep_raw, desk.moment.elapsed
        if not days or (self._last is not None and now - self._last < _EVERY.total_seconds()):
            return
        self._last = now
        before = desk.now - timedelta(days=days)
        done = await desk.room.write(partial(_retain, before=before))
        if done:
            _log.info("old evidence moved", rows=done)


def _retain(store: Store, before: datetime) -> int:
    return store.retain(before).rows
