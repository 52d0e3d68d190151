"""One target as a person writes it: address, CIDR, range, name, `host:port` or URL; anything doubtful is refused."""

import re
import socket
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from livebom.bom.text import safe_text
from livebom.net.ranges import BITS, AddressError, Range, merged, read_address, read_v4, read_v6, unmapped

Resolve = Callable[[str], Sequence[str]]
"""A host name to its addresses as text; raises OSError where it has none."""

LONGEST = 2048
"""Most characters of one target."""

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<place>[^/?#\\]*)(?P<path>[^?#]*)(?P<rest>.*)")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]*)*")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBERS = re.compile(r"[0-9.*-]+")
_LIKE_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class TargetError(ValueError):
    """A text is no target; the text of the error is the reason, for a person, without what may be a password."""


class Target(Struct, frozen=True, kw_only=True):
    """What one text means."""

    written: str = ""
    """The text, safe to print: control characters escaped, a password removed."""
    where: str = ""
    """`file:line`, or which argument."""
    ranges: tuple[Range, ...]
    """Its addresses, those of a name resolved once."""
    name: str | None = None
    """The host name in lower case, IDNA-encoded: what is asked for as SNI and Host."""
    port: int | None = None
    """The port it names, or that its URL's scheme stands for; None: the ports of its group."""
    scheme: str | None = None
    """`http` or `https` of a URL."""
    base_path: str = ""
    """The path of a URL without trailing slash."""
    note: str = ""
    """How it was read, where that may surprise."""


def resolve_name(name: str) -> list[str]:
    """The addresses the system's resolver gives for a name, IPv4 and IPv6, in its order.

    Raises:
        OSError: There is none.
    """
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def shown(text: str) -> str:
    """The text made safe to print: what stands before an `@` may be a password and is left out."""
    scheme, mark, rest = text.rpartition("://")
    if "@" in rest:
        rest = "…@" + rest.rpartition("@")[2]
    elif "@" in scheme:
        scheme, mark = "…", ""
    return safe_text(scheme + mark + rest)


def read_target(text: str, resolve: Resolve, where: str = "") -> Target:
    """What the text means; `where` is kept for messages.

    Raises:
        TargetError: It is no target, or one that programs read in different ways.
    """
    text = text.strip(" \t")
    if not text:
        raise TargetError("it is empty")
    if len(text) > LONGEST:
        raise TargetError(f"longer than {LONGEST} characters")
    if not text.isprintable() or " " in text:
        raise TargetError("it holds a space or a control character; write one target per line or argument")
    if "://" in text:
        found = _url(text, resolve)
    elif "@" in text:
        raise TargetError("a target has no user name")
    else:
        found = _plain(text, resolve)
    return structs.replace(found, written=shown(text), where=where)


def read_ranges(text: str) -> tuple[tuple[Range, ...], str]:
    """The addresses of an address, CIDR or range, and a note where one is due.

    Raises:
        TargetError: It is something else.
    """
    try:
        if "/" in text:
            return _cidr(text)
        if "-" in text:
            return (_between(text),), ""
        return (read_address(text),), ""
    except AddressError as error:
        raise TargetError(str(error)) from None


def read_excluded(text: str, resolve: Resolve) -> tuple[Range, ...]:
    """The addresses an exclusion means: addresses, CIDR, ranges and names, without ports.

    Raises:
        TargetError: It is none of these; a name that does not resolve cannot be kept out, so that is an error too.
    """
    target = read_target(text, resolve)
    if target.port is not None:
        raise TargetError("an exclusion is of addresses, whatever the port; leave a port out of `ports` instead")
    return target.ranges


def is_numeric(text: str) -> bool:
    """Whether the text is meant as addresses and not as a name."""
    return ":" in text or "/" in text or bool(_NUMBERS.fullmatch(text)) or _ends_in_number(text)


def read_port(text: str) -> int:
    """A port number.

    Raises:
        TargetError: It is none.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text, re.ASCII) or int(text) > 65535:
        raise TargetError(f"`{safe_text(text[:20])}` is no port from 1 to 65535")
    return int(text)


def read_ports(text: str, ai: Iterable[int]) -> tuple[int, ...]:
    """A list such as `80,443,8000-8100,ai` as numbers in order, each once; `ai` are the ports of all fingerprints.

    Raises:
        TargetError: A part of it is neither port, range nor `ai`.
    """
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        if part == "ai":
            found.update(ai)
            continue
        first, dash, last = part.partition("-")
        if not first or (dash and not last):
            raise TargetError("a port list is numbers, ranges with both ends and `ai`, with commas between")
        low, high = read_port(first), read_port(last if dash else first)
        if low > high:
            raise TargetError(f"the range {low}-{high} runs backwards")
        found.update(range(low, high + 1))
    return tuple(sorted(found))


def _url(text: str, resolve: Resolve) -> Target:
    hit = _URL.fullmatch(text)
    scheme = hit["scheme"].lower() if hit else ""
    if hit is None or scheme not in _DEFAULT_PORTS:
        raise TargetError("only http:// and https:// URLs can be asked")
    if "@" in hit["place"]:
        raise TargetError("a URL with user name or password is not accepted: passwords do not belong in target lists")
    if hit["rest"]:
        raise TargetError("a URL target ends with its path; leave out `?` and `#`")
    path = hit["path"].rstrip("/")
    if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise TargetError("the path must be plain, percent-encoded and without dot segments")
    found = _place(hit["place"], resolve)
    return structs.replace(found, port=found.port or _DEFAULT_PORTS[scheme], scheme=scheme, base_path=path)


def _plain(text: str, resolve: Resolve) -> Target:
    if text.startswith("["):
        return _place(text, resolve)
    single_colon = text.count(":") == 1
    numeric_range = bool(_NUMBERS.fullmatch(text)) and ("-" in text or "*" in text)
    if not single_colon and ("/" in text or ":" in text or numeric_range):
        if "/" in text and not is_numeric(text.partition("/")[0]):
            raise TargetError("a path needs a URL (http://…), and a prefix length an address before it")
        ranges, note = read_ranges(text)
        return Target(ranges=ranges, note=note)
    return _place(text, resolve)


def _place(text: str, resolve: Resolve) -> Target:
    """A host with or without a port."""
    port = ""
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise TargetError("an IPv6 address with a port is written [address]:port")
        found = _literal_v6(address)
        colon, port = rest[:1], rest[1:]
    elif text.count(":") > 1:
        raise TargetError("an IPv6 address stands in brackets here: [address]:port")
    else:
        host, colon, port = text.partition(":")
        if "/" in host:
            raise TargetError("a port goes with a single host; name the ports of a network with --ports or `ports`")
        if "/" in port:
            raise TargetError("a path needs a URL: http://host:port/path")
        found = _host(host, resolve)
    return structs.replace(found, port=read_port(port)) if colon else found


def _literal_v6(text: str) -> Target:
    try:
        value = read_v6(text)
        return Target(ranges=(unmapped(Range(value, value, 6)),))
    except AddressError as error:
        raise TargetError(str(error)) from None


def _host(text: str, resolve: Resolve) -> Target:
    if "%" in text:
        raise TargetError("it names an interface, and livebom sweeps by address only")
    if _NUMBERS.fullmatch(text) or _ends_in_number(text):
        if "-" in text or "*" in text:
            raise TargetError("a port goes with a single host; name the ports of a range with --ports or `ports`")
        return Target(ranges=read_ranges(text)[0])
    name = _name(text)
    try:
        addresses = resolve(name)
        found = merged(read_address(address) for address in addresses)
    except AddressError as error:
        raise TargetError(f"the name leads to an address that cannot be used: {error}") from None
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "no answer"
        raise TargetError(f"the name does not resolve: {safe_text(said)}") from None
    if not found:
        raise TargetError("the name does not resolve: no address")
    return Target(ranges=found, name=name)


def _name(text: str) -> str:
    """The name in lower case and ASCII, without the final dot."""
    name = text.removesuffix(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise TargetError("not a host name: its letters cannot be encoded (IDNA)") from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise TargetError("not a host name: labels of letters, digits and inner hyphens, with dots between")
    if _ends_in_number(name):
        raise TargetError("it reads as a number; an IPv4 address is four decimal ASCII numbers without a final dot")
    return name


def _ends_in_number(text: str) -> bool:
    """The rule by which the URL standard tells IPv4 addresses from names."""
    return bool(_LIKE_NUMBER.fullmatch(text.removesuffix(".").rpartition(".")[2]))


def _cidr(text: str) -> tuple[tuple[Range, ...], str]:
    address, _, prefix = text.partition("/")
    value, family = (read_v6(address), 6) if ":" in address else (read_v4(address), 4)
    bits = BITS[family]
    if not re.fullmatch(r"0|[1-9][0-9]{0,2}", prefix, re.ASCII) or int(prefix) > bits:
        raise AddressError(f"the prefix length must be a number from 0 to {bits}")
    size = 1 << (bits - int(prefix))
    first = value & ~(size - 1)
    run = unmapped(Range(first, first + size - 1, 6 if family == 6 else 4))
    note = "" if first == value else f"{text} is read as its whole network, {run}"
    return (run,), note


def _between(text: str) -> Range:
    first, _, last = text.partition("-")
    if "*" in text or "-" in last or ("." not in first and ":" not in first):
        raise AddressError("a range is `first-last`, as in 10.0.0.5-40 or 10.0.0.5-10.0.1.20; or write it as CIDR")
    start = read_address(first)
    if start.family == 4 and re.fullmatch(r"0|[1-9][0-9]{0,2}", last, re.ASCII):
        last = f"{first.rpartition('.')[0]}.{last}"
    end = read_address(last)
    if start.family != end.family:
        raise AddressError("both ends of a range must be of one family")
    if end.first < start.first:
        raise AddressError("the range runs backwards")
    return Range(start.first, end.first, start.family)
