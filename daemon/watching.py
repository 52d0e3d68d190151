"""Threads that listen to engines and clusters, and say when something came or went."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog

from daemon.wire import WatchStatus
from livebom.bom.text import safe_text
from livebom.surfaces import ListenError, LocalSource, listen, place_told

FIRST, LONGEST = 1.0, 15.0
"""Seconds between two attempts to listen to what is not there, or broke off."""
MOST = 32
"""Sources that are listened to."""

_log = structlog.get_logger()


class Watcher:
    """Listens to one source for as long as it is wanted; whatever hangs holds its own thread and nobody else."""

    def __init__(self, source: LocalSource, place: str, wake: Callable[[], None]) -> None:
        """`wake` is called from the thread, whenever what the source holds may have changed."""
        self.source = source
        """Listened to at the next attempt: another one of the same place may know another way in."""
        self.place = place
        self.heard = 0
        """Events until now."""
        self._wake = wake
        self._state, self._said, self._since = "connecting", "", datetime.now(UTC)
        self._ready = False
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name=f"watch {self.place}"[:60], daemon=True).start()

    def stop(self) -> None:
        """Say nothing more, and end soon."""
        self._stop.set()

    @property
    def status(self) -> WatchStatus:
        """How it stands."""
        return WatchStatus(place=self.place, state=self._state, said=self._said, since=self._since, heard=self.heard)

    def _run(self) -> None:
        wait = FIRST
        while not self._stop.is_set():
            self._ready = False
            try:
                listen(self.source, self._stop, self._event, self._answered)
            except ListenError as error:
                self._stands("absent" if error.missing else "failing", str(error))
            except Exception as error:  # noqa: BLE001 - the wall between sources
                self._stands("failing", type(error).__name__)
            if self._ready:  # what happened between the streams is not known
                self._changed()
                wait = FIRST
            self._stop.wait(wait)
            wait = min(2 * wait, LONGEST)

    def _answered(self) -> None:
        self._ready = True
        self._stands("watched", "")
        self._changed()

    def _event(self) -> None:
        self.heard += 1
        self._changed()

    def _changed(self) -> None:
        if not self._stop.is_set():
            self._wake()

    def _stands(self, state: str, said: str) -> None:
        said = safe_text(said, 300)
        if (state, said) != (self._state, self._said):
            self._state, self._said, self._since = state, said, datetime.now(UTC)
            tell = _log.warning if state == "failing" else _log.info
            tell("source", place=safe_text(self.place, 200), state=state, why=said)


class Watchers:
    """One for each source that can be listened to."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._all: dict[str, Watcher] = {}

    def keep(self, sources: Iterable[LocalSource]) -> None:
        """Listen to these and no others."""
        wanted = {place: one for one in sources if (place := place_told(one)) is not None}
        for place in self._all.keys() - wanted.keys():
            self._all.pop(place).stop()
        for place, source in list(wanted.items())[:MOST]:
            if place in self._all:
                self._all[place].source = source
            else:
                self._all[place] = Watcher(source, place, self._wake)
                self._all[place].start()

    def stop(self) -> None:
        """Listen to nothing any more."""
        self.keep(())

    @property
    def status(self) -> tuple[WatchStatus, ...]:
        """How each stands."""
        return tuple(one.status for _, one in sorted(self._all.items()))
