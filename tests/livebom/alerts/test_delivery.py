"""Alerts by HTTP: signed, to the sink's own host and nowhere else, and no secret in anything that is told."""

import base64
import hashlib
import hmac
import json
import logging
import os
import socket
from pathlib import Path

import pytest
from aiohttp import web

from livebom.alerts import Undelivered, carriers
from livebom.alerts.addresses import resolved
from livebom.alerts.requests import key_of, request_for, signature
from livebom.alerts.secrets import revealed
from livebom.bom.alerting import Form, SecretFrom, Sink, Slack, Splunk, Webhook
from livebom.bom.policy import Policy
from tests.livebom.alerts.made import ORIGIN, one
from tests.livebom.alerts.servers import Hook, certificate, http, never, serving
from tests.sample import NOW

KEY = "a-key-that-nobody-knows-x7Qp"
TOKEN = "0f1e2d3c-splunk-token-4b5a"  # noqa: S105 - of no Splunk
ENVIRONMENT = {"KEY": KEY, "TOKEN": TOKEN, "SLACK": "/services/T000/B000/verySecretPath"}
FROM_KEY = SecretFrom(environment="KEY")


async def carry(sink: Sink, environment: dict[str, str] | None = None) -> None:
    _, carrier = carriers(Policy(sinks={"x": sink}), ENVIRONMENT if environment is None else environment, ORIGIN)["x"]
    await carrier.carry(one(), NOW)


async def failure(sink: Sink, environment: dict[str, str] | None = None) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await carry(sink, environment)
    for secret in ENVIRONMENT.values():
        assert secret not in f"{caught.value!r} {caught.value.__cause__!r}"
    return caught.value


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


async def test_a_webhook_gets_an_event_whose_signature_it_can_verify() -> None:
    hook = Hook()
    async with http(hook) as port:
        await carry(Webhook(url=f"http://127.0.0.1:{port}/livebom", key=FROM_KEY))
    [(path, headers, body)] = hook.got
    assert path == "/livebom"
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["user-agent"].startswith("livebom/")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.digest(KEY.encode(), signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert int(headers["webhook-timestamp"]) == NOW.timestamp()
    assert headers["webhook-id"] == json.loads(body)["id"] == one().id
    assert KEY not in f"{headers} {body!r}"


@pytest.mark.parametrize("form", list(Form))
async def test_a_webhook_may_have_any_format(form: Form) -> None:
    hook = Hook(204)
    async with http(hook) as port:
        await carry(Webhook(url=f"http://localhost:{port}", key=FROM_KEY, format=form))
    [(_, _, body)] = hook.got
    assert one().id in body.decode() or form is Form.TEXT


def test_a_signature_is_that_of_the_standards_example() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = NOW.fromtimestamp(1614265330, tz=NOW.tzinfo)
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["0123456789", "whsec_c2hvcnQ=", "whsec_!!!!"])
def test_a_key_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(Undelivered) as caught:
        key_of(secret)
    assert secret not in str(caught.value)


async def test_slack_is_posted_to_the_path_that_is_kept_secret(tmp_path: Path) -> None:
    hook = Hook()
    async with http(hook) as port:
        base = f"http://127.0.0.1:{port}"
        await carry(Slack(url=base, path=SecretFrom(environment="SLACK")))
        kept = tmp_path / "hook"
        kept.write_text(f"{base}/whole/url?sig=a%2Fb%2B\n")
        kept.chmod(0o600)
        await carry(Slack(url=base, path=SecretFrom(file=str(kept))))
        kept.write_text("https://elsewhere.example/services\n")
        assert "does not begin as `url` does" in str(await failure(Slack(url=base, path=SecretFrom(file=str(kept)))))
    assert [path for path, _, _ in hook.got] == [ENVIRONMENT["SLACK"], "/whole/url?sig=a%2Fb%2B"]
    assert "Authentication removed" in json.loads(hook.got[0][2])["text"]
    assert "authorization" not in hook.got[0][1]


@pytest.mark.parametrize("form", [Form.JSON, Form.CEF])
async def test_splunk_gets_its_envelope_and_its_token(form: Form) -> None:
    hook = Hook()
    async with http(hook) as port:
        url = f"http://127.0.0.1:{port}/"
        await carry(Splunk(url=url, token=SecretFrom(environment="TOKEN"), index="ai", format=form))
    [(path, headers, body)] = hook.got
    assert path == "/services/collector/event"
    assert headers["authorization"] == f"Splunk {TOKEN}"
    envelope = json.loads(body)
    event = envelope.pop("event")
    assert envelope == {
        "time": NOW.timestamp(),
        "host": ORIGIN,
        "source": "livebom",
        "sourcetype": "livebom:alert",
        "index": "ai",
        "fields": {"alert_id": one().id},
    }
    assert event["id"] == one().id if form is Form.JSON else event.startswith("CEF:0|")


@pytest.mark.parametrize(
    ("status", "hopeless", "wait"), [(500, False, 0), (401, False, 0), (404, False, 0), (422, True, 0), (429, False, 7)]
)
async def test_an_answer_that_is_no_success_is_no_delivery(status: int, hopeless: bool, wait: float) -> None:
    async with http(Hook(status, headers={"Retry-After": "7"} if wait else {})) as port:
        told = await failure(Webhook(url=f"http://127.0.0.1:{port}/", key=FROM_KEY))
    assert str(told) == f"127.0.0.1 answered {status}"
    assert (told.hopeless, told.wait) == (hopeless, wait)


async def test_a_redirect_is_not_followed() -> None:
    elsewhere = Hook()
    async with http(elsewhere) as other, http(Hook(307, headers={"Location": f"http://127.0.0.1:{other}/"})) as port:
        told = await failure(Webhook(url=f"http://127.0.0.1:{port}/", key=FROM_KEY))
    assert "redirects are not followed" in str(told)
    assert elsewhere.got == []


async def test_proxies_and_passwords_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, proxy = Hook(), Hook()
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    async with http(hook) as port, http(proxy) as other:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{other}")
        monkeypatch.setenv("NETRC", str(netrc))
        await carry(Webhook(url=f"http://127.0.0.1:{port}/", key=FROM_KEY))
    assert len(hook.got) == 1
    assert proxy.got == []
    assert "authorization" not in hook.got[0][1]


async def test_tls_is_verified_with_the_file_that_is_named(pem: tuple[Path, Path], tmp_path: Path) -> None:
    hook = Hook()
    async with http(hook, serving(pem[1])) as port:
        url = f"https://localhost:{port}/"
        assert "not trusted" in str(await failure(Webhook(url=url, key=FROM_KEY)))
        await carry(Webhook(url=url, key=FROM_KEY, ca=str(pem[0])))
        bad = tmp_path / "bad.pem"
        bad.write_text("no certificate")
        assert "no certificates" in str(await failure(Webhook(url=url, key=FROM_KEY, ca=str(bad))))
    assert len(hook.got) == 1


async def test_a_name_that_the_certificate_does_not_hold_is_refused(pem: tuple[Path, Path]) -> None:
    hook = Hook()
    async with http(hook, serving(pem[1])) as port:
        told = await failure(Webhook(url=f"https://127.0.0.1:{port}/", key=FROM_KEY, ca=str(pem[0])))
    assert "not trusted" in str(told)
    assert hook.got == []


async def test_a_server_that_hangs_is_left_at_the_deadline() -> None:
    async with http(never) as port:
        told = await failure(Webhook(url=f"http://127.0.0.1:{port}/", key=FROM_KEY, deadline=0.1))
    assert "did not answer in time" in str(told)


async def test_nobody_there_is_told_without_the_secret_path() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    told = await failure(Slack(url=f"http://127.0.0.1:{port}", path=SecretFrom(environment="SLACK")))
    assert "cannot be reached" in str(told)


async def test_garbage_for_an_answer_is_no_delivery_and_not_repeated() -> None:
    async def garbage(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.write(b"garbage verySecretPath\r\n\r\n")
        request.transport.close()
        return web.Response()

    async with http(garbage) as port:
        told = await failure(Slack(url=f"http://127.0.0.1:{port}", path=SecretFrom(environment="SLACK")))
    assert "broke the conversation off" in str(told)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1%2", "fd00:ec2::254", "0.0.0.0", "::ffff:169.254.1.1", "224.0.0.1"]
)
async def test_a_name_that_leads_to_metadata_is_not_followed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Undelivered, match="not sent to"):
        await resolved("hooks.example", 443)
    assert "not sent to" in str(await failure(Webhook(url="https://hooks.example/", key=FROM_KEY)))
    found.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 443)))
    assert await resolved("hooks.example", 443) == ["192.0.2.7"]


async def test_an_address_that_was_named_is_taken_and_loopback_only_where_it_must_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await resolved("169.254.1.1", 80) == ["169.254.1.1"]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("192.0.2.7", 80))])
    with pytest.raises(Undelivered):
        await resolved("localhost", 80, only_local=True)


def test_a_secret_is_read_where_the_policy_says(tmp_path: Path) -> None:
    kept = tmp_path / "soc.key"
    kept.write_text(f"  {KEY}\n")
    kept.chmod(0o640)
    assert revealed(SecretFrom(file=str(kept)), {}) == KEY
    assert revealed(SecretFrom(credential="soc.key"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == KEY
    assert revealed(FROM_KEY, ENVIRONMENT) == KEY


def test_a_secret_that_is_missing_or_open_to_all_is_told_without_it(tmp_path: Path) -> None:
    kept, odd = tmp_path / "open.key", tmp_path / "odd.key"
    kept.write_text(KEY)
    kept.chmod(0o644)
    odd.write_bytes(f"{KEY}\nsecond line".encode())
    odd.chmod(0o600)
    os.mkfifo(tmp_path / "fifo", 0o600)
    told: dict[str, tuple[SecretFrom, dict[str, str]]] = {
        "chmod o=": (SecretFrom(file=str(kept)), {}),
        "more than one line": (SecretFrom(file=str(odd)), {}),
        "No such file": (SecretFrom(file=str(tmp_path / "none")), {}),
        "no regular file": (SecretFrom(file=str(tmp_path / "fifo")), {}),
        "no secret": (FROM_KEY, {}),
        "LoadCredential": (SecretFrom(credential="soc"), {}),
    }
    for words, (source, environment) in told.items():
        with pytest.raises(Undelivered, match=words) as caught:
            revealed(source, environment)
        assert KEY not in str(caught.value)


async def test_no_secret_is_logged_or_shown(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    sink = Splunk(url="http://127.0.0.1:1", token=SecretFrom(environment="TOKEN"))
    await failure(sink)
    request = request_for(sink, one(), NOW, ENVIRONMENT, ORIGIN)
    assert request.headers["Authorization"].endswith(TOKEN)
    assert TOKEN not in repr(request)
    assert TOKEN not in repr(sink)
    out, err = capfd.readouterr()
    assert TOKEN not in caplog.text + out + err
