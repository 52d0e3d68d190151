"""What an nmap XML file says of TCP ports: read strictly, with caps, because such a file may come from anybody."""

from typing import Any
from xml.parsers import expat

from msgspec import Struct

from livebom.bom.text import safe_text
from livebom.net.ranges import address_text, number_of
from probes.engine.permute import Permutation
from probes.engine.tally import Open
from probes.sources import Hunt

LARGEST = 1 << 28
"""Octets of a file."""
MOST = 1 << 20
"""Open ports of a file."""
_DEEPEST = 16
_WIDEST = 64
"""Attributes of an element."""
_BATCH = 256
_FAMILIES = ("ipv4", "ipv6")


class NmapError(Exception):
    """A file is no nmap XML, or not one to be trusted; the text names file and line."""


class Scan(Struct):
    """One file: the open TCP ports it tells of, and how many it calls closed and filtered."""

    opens: list[Open]
    closed: int = 0
    filtered: int = 0
    finished: bool = False
    """Its last words are that the scan came to its end."""


def read_nmap(data: bytes, file: str) -> Scan:
    """Read what `nmap -oX` wrote; other tools (masscan) write the same form. Open ports come once each, in file order.

    A document type with declarations, an entity of its own or a reference to another file is refused. Raises NmapError.
    """
    if len(data) > LARGEST:
        raise NmapError(f"{safe_text(file)}: larger than {LARGEST >> 20} MiB")
    return _Reading(file).of(data)


def imported(data: bytes, file: str) -> tuple[Open, ...]:
    """The open ports of such a file; which of them may be contacted is for the scope to say. Raises NmapError."""
    return tuple(read_nmap(data, file).opens)


class Imported:
    """A source of open ports that sends nothing: it hands over those it was given that a plan holds."""

    NAME = "import"

    def __init__(self, opens: tuple[Open, ...]) -> None:
        """Take what `imported` read."""
        self._opens = opens

    def refusal(self, hunt: Hunt) -> str:
        """Why not, in words: a file says nothing of shards; else empty."""
        whole = Permutation(len(hunt.plan), hunt.key).size
        if hunt.start or hunt.stop_at not in (None, whole):
            return "an imported scan cannot be looked at in parts"
        return ""

    def find(self, hunt: Hunt) -> None:
        """Hand over the plan's; everything else of the plan counts as lost, for a file is no proof of silence."""
        tally = hunt.tally
        own = [one for one in self._opens if within(hunt, one)]
        for at in range(0, len(own), _BATCH):
            if hunt.stop():
                tally.stopped = True
                return
            batch = own[at : at + _BATCH]
            tally.open += len(batch)
            hunt.on_open(batch)
        tally.lost += len(hunt.plan) - len(own)
        tally.cursor, tally.finished = Permutation(len(hunt.plan), hunt.key).size, True


def within(hunt: Hunt, place: Open) -> bool:
    """Whether the plan holds it, and the scope allows it."""
    known = number_of(place.address)
    return known is not None and hunt.plan.contains(*known, place.port) and hunt.allowed(place.address, place.port)


class _Reading:
    """One file being read."""

    def __init__(self, file: str) -> None:
        self._file, self._scan = file, Scan([])
        self._depth = 0
        self._address, self._ports, self._rtt = "", list[int](), 0.0
        self._port = 0
        """Of the `port` element being read, where its protocol is TCP."""
        self._known: set[tuple[str, int]] = set()
        self._parser = parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._begin, self._end
        parser.StartDoctypeDeclHandler = self._document_type
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        parser.SkippedEntityHandler = self._entity

    def of(self, data: bytes) -> Scan:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as fault:
            early = fault.code in (3, 5)  # no element found, unclosed token
            reason = "it ends early; is the scan still running?" if early and data else expat.ErrorString(fault.code)
            raise NmapError(f"{safe_text(self._file)}:{fault.lineno}:{fault.offset + 1}: {reason}") from None
        except (LookupError, ValueError):  # an encoding that Python does not know, or that cannot be one of XML
            raise NmapError(f"{safe_text(self._file)}:1:1: its encoding is not known") from None
        return self._scan

    def _wrong(self, reason: str) -> NmapError:
        at = self._parser
        return NmapError(f"{safe_text(self._file)}:{at.CurrentLineNumber}:{at.CurrentColumnNumber + 1}: {reason}")

    def _document_type(self, name: str, system: str | None, public: str | None, inner: int) -> None:
        if name != "nmaprun" or system or public or inner:
            raise self._wrong("a document type other than `<!DOCTYPE nmaprun>` is not read")

    def _entity(self, *_of: Any) -> int:
        raise self._wrong("entities are not read")

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "nmaprun":
            raise self._wrong(f"`{safe_text(name[:40])}` is not what nmap writes: `nmaprun`")
        if self._depth > _DEEPEST or len(attributes) > _WIDEST:
            raise self._wrong("too deep, or too many attributes")
        if take := getattr(self, f"_begin_{name}", None) if name in _TOLD else None:
            take(attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == "port":
            self._port = 0
        elif name == "host":
            self._keep()

    def _begin_host(self, _attributes: dict[str, str]) -> None:
        self._address, self._ports, self._rtt = "", [], 0.0

    def _begin_address(self, attributes: dict[str, str]) -> None:
        if attributes.get("addrtype") not in _FAMILIES:
            return
        known = number_of(attributes.get("addr", ""))
        if known is None:
            raise self._wrong(f"no address: `{safe_text(attributes.get('addr', '')[:60])}`")
        self._address = address_text(*known)

    def _begin_port(self, attributes: dict[str, str]) -> None:
        if attributes.get("protocol") != "tcp":
            return
        number = _number(attributes.get("portid", ""))
        if not 1 <= number <= 65535:
            raise self._wrong(f"no port: `{safe_text(attributes.get('portid', '')[:40])}`")
        self._port = number

    def _begin_state(self, attributes: dict[str, str]) -> None:
        state = attributes.get("state")
        if not self._port:
            return
        if state == "open":
            self._ports.append(self._port)
        else:
            self._count(state, 1)

    def _begin_extraports(self, attributes: dict[str, str]) -> None:
        self._count(attributes.get("state"), max(0, _number(attributes.get("count", ""))))

    def _begin_times(self, attributes: dict[str, str]) -> None:
        self._rtt = max(0, _number(attributes.get("srtt", ""))) / 1e6

    def _begin_finished(self, attributes: dict[str, str]) -> None:
        self._scan.finished = attributes.get("exit", "success") == "success"

    def _count(self, state: str | None, number: int) -> None:
        if state == "closed":
            self._scan.closed += number
        elif state == "filtered":
            self._scan.filtered += number

    def _keep(self) -> None:
        """Take over the host just read."""
        if self._ports and not self._address:
            raise self._wrong("a host with ports and no address")
        for port in self._ports:
            if (self._address, port) in self._known:
                continue
            if len(self._known) >= MOST:
                raise self._wrong(f"more than {MOST} open ports")
            self._known.add((self._address, port))
            self._scan.opens.append(Open(self._address, port, self._rtt))
        self._address, self._ports = "", []


_TOLD = frozenset(name.removeprefix("_begin_") for name in vars(_Reading) if name.startswith("_begin_"))
"""The elements that are looked at."""


def _number(text: str) -> int:
    """Of at most nine decimal digits; -1 for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1
