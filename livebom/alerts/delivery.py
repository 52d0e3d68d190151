"""Alerts by HTTP: webhooks (signed), Slack and its like, Splunk's HTTP Event Collector."""

import socket
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from livebom import __version__
from livebom.alerts.addresses import resolved
from livebom.alerts.alert import Alert
from livebom.alerts.carrier import Undelivered
from livebom.alerts.requests import Request, request_for
from livebom.alerts.secrets import revealed
from livebom.alerts.trust import tls_context
from livebom.bom.alerting import Slack, Splunk, Webhook

Web = Webhook | Slack | Splunk

_HOPELESS = {400, 405, 406, 411, 413, 415, 422}
"""Answers that the same request will always get; all others may be another tomorrow: a key is replaced, a path made."""
_LONGEST_WAIT = 3600.0
_USER_AGENT = f"livebom/{__version__} (alerts)"


class WebCarrier:
    """The way to one sink by HTTP: one connection per alert, to the sink's own host and nowhere else."""

    def __init__(self, sink: Web, environment: Mapping[str, str], origin: str) -> None:
        """`environment` holds secrets that the policy names; `origin` is this host's name."""
        self._sink, self._environment, self._origin = sink, environment, origin

    async def carry(self, alert: Alert, at: datetime) -> None:
        """See `Carrier`: only an answer of 200 to 299 is a delivery; redirects are not followed, proxies not used."""
        sink = self._sink
        request = request_for(sink, alert, at, self._environment, self._origin)
        url = _url(sink, self._environment)
        connector = aiohttp.TCPConnector(
            ssl=tls_context(sink.ca) if url.scheme == "https" else False,
            resolver=_Resolver(url.hostname or "", only_local=url.scheme == "http"),
            use_dns_cache=False,
            force_close=True,
        )
        timeout = aiohttp.ClientTimeout(total=sink.deadline)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        ) as session:
            await _post(session, url, request)


async def _post(session: aiohttp.ClientSession, url: SplitResult, request: Request) -> None:
    headers = {"User-Agent": _USER_AGENT, **request.headers}
    whole = URL(url.geturl(), encoded=True)
    try:
        async with session.post(whole, data=request.body, headers=headers, allow_redirects=False) as reply:
            status, wait = reply.status, reply.headers.get("Retry-After", "")
    except aiohttp.ClientConnectorCertificateError:
        raise Undelivered(f"the certificate of {url.hostname} is not trusted; `ca` names the one to trust") from None
    except aiohttp.ClientConnectorError as error:
        raise Undelivered(f"{url.hostname} cannot be reached: {error.strerror or 'no connection'}") from None
    except TimeoutError:
        raise Undelivered(f"{url.hostname} did not answer in time") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # Their texts may hold the URL, whose path may be a secret.
        raise Undelivered(f"{url.hostname} broke the conversation off ({type(error).__name__})") from None
    if status // 100 != 2:
        redirected = "; redirects are not followed" if status // 100 == 3 else ""
        why = f"{url.hostname} answered {status}{redirected}"
        raise Undelivered(why, hopeless=status in _HOPELESS, wait=_seconds(wait)) from None


def _seconds(retry_after: str) -> float:
    """RFC 9110 §10.2.3 also allows a date, which is not used by what limits a rate."""
    return min(float(retry_after), _LONGEST_WAIT) if retry_after.isascii() and retry_after.isdigit() else 0.0


def _url(sink: Web, environment: Mapping[str, str]) -> SplitResult:
    """The sink's URL, its path from where that is kept; what is kept may be the path or all of the URL."""
    url = urlsplit(sink.url)
    if isinstance(sink, Splunk):
        return url._replace(path=url.path.rstrip("/") + "/services/collector/event")
    if sink.path is None:
        return url
    kept = revealed(sink.path, environment)
    whole = urlsplit(kept) if "://" in kept else url._replace(path="", query="")
    if (whole.scheme, whole.netloc) != (url.scheme, url.netloc):
        raise Undelivered("the URL that `path` holds does not begin as `url` does")
    rest = urlsplit(kept)
    return url._replace(path="/" + rest.path.lstrip("/"), query=rest.query)


class _Resolver(AbstractResolver):
    """Knows the sink's own host and no other."""

    def __init__(self, host: str, *, only_local: bool) -> None:
        self._host, self._only_local = host, only_local

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses that may be contacted. Raises Undelivered."""
        if host.lower().rstrip(".") != self._host.lower().rstrip("."):
            raise Undelivered("it would leave the sink's own host")
        found = await resolved(host, port, only_local=self._only_local)
        return [
            ResolveResult(
                hostname=host,
                host=one,
                port=port,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is held."""
