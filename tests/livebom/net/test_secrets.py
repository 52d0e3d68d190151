"""Credentials as they are read and held: what is refused, and that nothing shows them."""

import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livebom.net.credentials import (
    Credential,
    CredentialError,
    Header,
    Origin,
    Secret,
    bearer,
    bearer_from_file,
    read_header,
)
from livebom.net.reply import Ask, Reply
from livebom.net.seal import Seal
from livebom.net.targets import TargetErrors, Targets, read_targets
from livebom.settings import examine

TOKEN = "qx7-Wint3rgarten.token"  # noqa: S105 - planted, to be searched for
HEADER = Header("Authorization", Secret(f"Bearer {TOKEN}"))


def key_of(*headers: Header) -> Credential:
    return Credential(origin=Origin("127.0.0.1", 9, "http"), headers=headers)


def read(folder: Path, credential: str) -> Targets:
    file = folder / "targets.yaml"
    file.write_text(f"groups:\n  lab:\n    include: ['127.0.0.1:9']\n    credentials:\n      - {{{credential}}}\n")
    variables = {"SOME_TOKEN": TOKEN, "EMPTY": "", "TWO_LINES": f"{TOKEN}\r\nX-B: 1"}
    return read_targets([], [str(file)], ai=(8000,), read_yaml=examine, environment=variables)


@pytest.mark.parametrize(
    "header",
    [
        f"Host: {TOKEN}",
        f"content-length: {TOKEN}",
        f"Transfer-Encoding: {TOKEN}",
        f"Connection: {TOKEN}",
        f"User-Agent: {TOKEN}",
        f"X-HTTP-Method-Override: {TOKEN}",
        f"X-A: b\r\nX-B: {TOKEN}",
        f"X-A: {TOKEN}\n",
        f"X-A: {TOKEN}\x00",
        f"X-A: {TOKEN}\u2028",
        f"X A: {TOKEN}",
        f"X-A : {TOKEN}",
        f"X-A{TOKEN}\r: {TOKEN}",
        f"{TOKEN}",
        f": {TOKEN}",
        f"X-A: {TOKEN * 400}",
        "X-A:",
        "X-A: \t",
    ],
)
def test_a_header_that_would_bend_the_request_is_refused_unseen(header: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read_header(header)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "value", "secret"),
    [
        ("X-Team: soc", "X-Team", "soc", False),
        ("X-Team:\t a: b ", "X-Team", "a: b", False),
        (f"authorization: {TOKEN}", "authorization", TOKEN, True),
        (f"Cookie: a={TOKEN}", "Cookie", f"a={TOKEN}", True),
        (f"X-Api-Key:{TOKEN}", "X-Api-Key", TOKEN, True),
        (f"CF-Access-Client-Secret: {TOKEN}", "CF-Access-Client-Secret", TOKEN, True),
    ],
)
def test_a_header_is_read_and_known_as_a_secret_by_its_name(text: str, name: str, value: str, secret: bool) -> None:
    header = read_header(text)
    assert (header.name, header.value.reveal(), header.secret) == (name, value, secret)


@pytest.mark.parametrize("text", [TOKEN, f"  {TOKEN}\r\n", f"Bearer {TOKEN}", f"bearer  {TOKEN}\n"])
def test_a_token_is_the_text_without_the_space_around_it(text: str) -> None:
    assert bearer(text, "here").value.reveal() == f"Bearer {TOKEN}"


@pytest.mark.parametrize("content", ["", "two words", f"{TOKEN}\n{TOKEN}", TOKEN * 400, "ünï", f"{TOKEN}\x00"])
def test_a_file_that_holds_no_token_is_refused_unseen(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.write_text(content)
    with pytest.raises(CredentialError) as caught:
        bearer_from_file(path)
    assert "no bearer token" in str(caught.value)
    assert not content or content not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(("mode", "noted"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_who_else_may_read_the_file_is_noted(tmp_path: Path, mode: int, noted: bool) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    path.chmod(mode)
    assert (f"mode {mode:04o}" in bearer_from_file(path)[1]) == noted


@pytest.mark.parametrize(
    ("credential", "said"),
    [
        ("origin: 'http://127.0.0.1:9'", "one of `bearer_file`, `bearer_env` and `header_env`"),
        ("origin: 'http://127.0.0.1:9', bearer_env: SOME_TOKEN, bearer_file: b", "one of `bearer_file`"),
        ("origin: 'http://127.0.0.1:9', bearer_env: NO_SUCH", "NO_SUCH"),
        ("origin: 'http://127.0.0.1:9', bearer_env: EMPTY", "EMPTY"),
        ("origin: 'http://127.0.0.1:9', bearer_env: TWO_LINES", "TWO_LINES holds no bearer token"),
        ("origin: 'http://127.0.0.1:9', header_env: {X-A: TWO_LINES}", "the value of X-A"),
        ("origin: 'http://127.0.0.1:9', bearer_file: no-such-file", "no-such-file cannot be read"),
        ("origin: 'http://127.0.0.1:9', header_env: {Host: SOME_TOKEN}", "Host cannot be set"),
        ("origin: 'http://127.0.0.1:9/path', bearer_env: SOME_TOKEN", "no path"),
        ("origin: '127.0.0.1:9', bearer_env: SOME_TOKEN", "scheme, host and port"),
        ("origin: '127.0.0.0/24', bearer_env: SOME_TOKEN", "scheme, host and port"),
        (f"origin: 'http://user:{TOKEN}@127.0.0.1:9', bearer_env: SOME_TOKEN", "passwords do not belong"),
        (f"origin: 'http://127.0.0.1:9', bearer: {TOKEN}", "unknown key `bearer`"),
    ],
)
def test_a_bad_entry_is_told_with_its_line_and_without_the_secret(tmp_path: Path, credential: str, said: str) -> None:
    with pytest.raises(TargetErrors) as caught:
        read(tmp_path, credential)
    assert f"{tmp_path / 'targets.yaml'}:5" in str(caught.value)
    assert said in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("way", ["bearer_env: SOME_TOKEN", "bearer_file: token", "header_env: {Authorization: BOTH}"])
def test_a_credential_fits_its_origin_and_no_other(tmp_path: Path, way: str) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    [group] = read(tmp_path, f"origin: 'http://127.0.0.1:9', {way.replace('BOTH', 'SOME_TOKEN')}").groups
    found = group.credential_for("127.0.0.1", 9, None, "http")
    assert found is not None
    assert found.headers[0].value.reveal().endswith(TOKEN)
    assert group.credential_for("127.0.0.1", 9, None, None) is found
    for address, port, name, scheme in [
        ("127.0.0.1", 9, None, "https"),
        ("127.0.0.1", 10, None, "http"),
        ("127.0.0.2", 9, None, "http"),
        ("127.0.0.1", 9, "localhost", "http"),
    ]:
        assert group.credential_for(address, port, name, scheme) is None


def test_a_credential_that_no_target_leads_to_is_noted(tmp_path: Path) -> None:
    [note] = read(tmp_path, "origin: 'http://127.0.0.9:9', bearer_env: SOME_TOKEN").notes
    assert "no target of the group leads to http://127.0.0.9:9" in note
    assert read(tmp_path, "origin: 'http://127.0.0.1:9', bearer_env: SOME_TOKEN").notes == ()


def test_a_secret_is_not_shown_by_what_holds_it() -> None:
    sealed = Seal((HEADER,)).put(Ask(id="a"))
    held: list[Any] = [HEADER, key_of(HEADER), sealed]
    for one in held:
        assert TOKEN not in f"{one!r} {one} {[one]}"
    assert TOKEN not in str(held[-1].__rich_repr__())
    assert dict(sealed.headers)["Authorization"].endswith(TOKEN)
    with pytest.raises(TypeError):
        pickle.dumps(HEADER.value)
    with pytest.raises(TypeError):
        msgspec.json.encode(HEADER)


def test_a_key_goes_on_asks_of_its_scheme_alone_and_leaves_their_own_headers() -> None:
    seal = Seal((read_header("X-Team: soc"),), key_of(HEADER), "https")
    own = Ask(id="a", scheme="https", headers=(("authorization", "Basic own"), ("X-Team", "mine")))
    assert dict(seal.put(Ask(id="a", scheme="https")).headers)["Authorization"] == f"Bearer {TOKEN}"
    assert seal.put(Ask(id="a", scheme="http")).headers == (("X-Team", "soc"),)
    assert seal.put(own).headers == own.headers
    assert seal.put(raw := Ask(id="a", scheme="tcp", body=b"PING")) is raw
    assert Seal((), key_of(HEADER)).put(raw := Ask(id="a")) is raw


def test_a_reply_that_repeats_the_secret_is_cleaned_everywhere() -> None:
    seal = Seal((), key_of(Header("Cookie", Secret(f"session={TOKEN}; lang=de"))), "http")
    reply = Reply(
        status=200,
        reason=TOKEN,
        headers=(("X-Echo", f"a {TOKEN}"),),
        body=f"<{TOKEN}> lang=de".encode(),
        banner=TOKEN.encode(),
    )
    cleaned = seal.clean(reply)
    assert TOKEN not in repr(cleaned)
    assert cleaned.body == b"<[credential]> lang=de"
    assert not seal.elusive
    assert Seal((), key_of(Header("Cookie", Secret("a=b"))), "http").elusive
