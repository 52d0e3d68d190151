"""Headers and credentials: where they go, where they never go, and that nothing of them is kept."""

import json
from pathlib import Path

import duckdb
import msgspec
import pytest
from msgspec.structs import replace

from tests.lab import Lab
from tests.lab_process import Place
from tests.livebom.cli.runner import RATE, Run, discovered, runner
from tests.recording import Recording, load

KEYED = "vllm-0.32.0-cpu-apikey"
LLAMACPP = "llama-server-0c1e57098-apikey-hardened"
TOKEN = "qx7-Wint3rgarten.token"  # noqa: S105 - planted, to be searched for


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own."""
    return runner(tmp_path / "home", monkeypatch)


@pytest.fixture
def both(tmp_path: Path) -> str:
    """A vLLM that wants a key: what it answered with and without one, in one recording."""
    open_, keyed = load(KEYED), load(f"{KEYED}+auth")
    path = tmp_path / "vllm-both.json"
    whole = replace(open_, name="vllm-both", exchanges=[*open_.exchanges, *keyed.exchanges])
    path.write_bytes(msgspec.json.encode(whole))
    return str(path)


@pytest.fixture
def bearer(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    return path


def grouped(tmp_path: Path, place: Place, credential: str, include: str = "", more: str = "") -> Path:
    targets = tmp_path / "targets.yaml"
    include = include or f"{place.host}:{place.port}"
    targets.write_text(
        f"groups:\n  lab:\n    include: ['{include}']\n{more}    credentials:\n      - {{{credential}}}\n"
    )
    return targets


def echoing(path: Path) -> Path:
    """The same server, which also repeats the key that it wants, to a stranger in its metrics."""
    recording = msgspec.json.decode(path.read_bytes(), type=Recording)
    body = f'{{"version":"0.32.0","you":"{TOKEN}"}}'
    exchanges = [
        replace(one, response=replace(one.response, body=f"vllm:{TOKEN} 1" if asked == "/metrics" else body))
        if (asked := one.request.path) == "/metrics" or (asked == "/version" and one.request.headers)
        else one
        for one in recording.exchanges
    ]
    path.write_bytes(msgspec.json.encode(replace(recording, exchanges=exchanges)))
    return path


def went(lab: Lab, place: Place, name: str = "authorization") -> list[str | None]:
    """What each request held in that header, in order."""
    return [seen.headers.get(name) for seen in lab.requests(place)]


def test_a_key_adds_what_a_stranger_is_not_told_and_changes_nothing_else(
    run: Run, lab: Lab, both: str, bearer: Path
) -> None:
    place = lab.add(both)
    [stranger] = discovered(run, f"{place.host}:{place.port}")
    lab.forget(place)
    [line] = discovered(run, f"{place.host}:{place.port}", "--bearer-file", bearer)
    assert (stranger["product"], stranger["models"]) == ("vllm", None)
    assert [model["name"] for model in line["models"]] == ["tiny"]
    for same in ("product", "version", "version_source", "auth", "findings", "score"):
        assert line[same] == stranger[same]
    assert any("with key" in said for layer in line["stack"] for said in layer["evidence"])
    assert not any("with key" in said for layer in stranger["stack"] for said in layer["evidence"])
    sent, first = went(lab, place), stranger["requests"]
    assert sent[:first] == [None] * first
    assert set(sent[first:]) == {f"Bearer {TOKEN}"}
    assert line["requests"] == len(sent) <= 48
    assert "/collective_rpc" in {seen.target for seen in lab.requests(place)[:first]}
    assert "/collective_rpc" not in {seen.target for seen in lab.requests(place)[first:]}


def test_evidence_says_what_was_asked_with_key(run: Run, lab: Lab, both: str, bearer: Path, tmp_path: Path) -> None:
    place = lab.add(both)
    out = tmp_path / "bom.json"
    run("discover", f"{place.host}:{place.port}", "--no-store", "-q", "-o", out, "--bearer-file", bearer)
    said = [e["what"] for o in json.loads(out.read_bytes())["observations"] for e in o["evidence"]]
    assert "GET /v1/models -> 401" in said
    assert "GET /v1/models with key -> 200" in said


def test_who_asks_for_no_key_gets_none(run: Run, lab: Lab, bearer: Path) -> None:
    place = lab.add("vllm-0.32.0-default")
    discovered(run, f"{place.host}:{place.port}", "--bearer-file", bearer)
    assert set(went(lab, place)) == {None}


def test_a_version_told_only_with_the_key_says_so(run: Run, lab: Lab, both: str, bearer: Path) -> None:
    place = lab.add(both)
    lab.patch(place, "/version", status=401, body='{"error":"Unauthorized"}')
    [stranger] = discovered(run, f"{place.host}:{place.port}")
    [line] = discovered(run, f"{place.host}:{place.port}", "--bearer-file", bearer)
    assert stranger["version"] is None
    assert (line["version"], line["version_source"]) == ("0.32.0", "GET /version (declared), with key")


def test_what_turns_every_stranger_away_is_named_with_the_key(
    run: Run, lab: Lab, both: str, bearer: Path, tmp_path: Path
) -> None:
    recording = load(both)
    closed = replace(recording.exchanges[0].response, status=401, reason="Unauthorized", body="who are you?")
    shut = [
        one if one.request.header("authorization") else replace(one, response=closed) for one in recording.exchanges
    ]
    path = tmp_path / "shut.json"
    path.write_bytes(msgspec.json.encode(replace(recording, name="shut", exchanges=shut)))
    place = lab.add(str(path))
    assert discovered(run, f"{place.host}:{place.port}") == []
    [line] = discovered(run, f"{place.host}:{place.port}", "--bearer-file", bearer)
    assert (line["product"], line["version"], line["auth"], line["findings"]) == ("vllm", "0.32.0", "required", [])
    assert all("with key" in said for said in line["stack"][0]["evidence"])


@pytest.mark.slow
@pytest.mark.parametrize("form", ["table", "json", "jsonl"])
def test_nothing_of_a_secret_is_kept_or_shown(
    run: Run, lab: Lab, both: str, bearer: Path, tmp_path: Path, form: str
) -> None:
    place = lab.add(str(echoing(Path(both))))
    other = tmp_path / "home" / "kept.duckdb"
    common = (f"{place.host}:{place.port}", "-v", "--db", other, "--rate", RATE, "-f", form)
    result = run("discover", *common, "--bearer-file", bearer, "--header", "X-Note: Kaninchenbau")
    assert f"Bearer {TOKEN}" in went(lab, place)
    assert "Kaninchenbau" in went(lab, place, "x-note")
    written = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert written
    assert result.exit_code == 0
    with duckdb.connect(str(other), read_only=True) as db:
        tables = [name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        rows = "".join(str(db.execute(f'SELECT * FROM "{name}"').fetchall()) for name in tables)  # noqa: S608
    assert "/v1/models" in rows
    for secret in (TOKEN, "Kaninchenbau"):
        assert secret not in result.stdout + result.stderr
        assert secret not in rows
        assert all(secret.encode() not in path.read_bytes() for path in written)


def test_a_token_too_short_to_be_found_again_keeps_its_replies_out_of_the_store(
    run: Run, lab: Lab, both: str, tmp_path: Path
) -> None:
    place = lab.add(both)
    out = tmp_path / "bom.json"
    run("discover", f"{place.host}:{place.port}", "--no-store", "-q", "-o", out, "--header", "Authorization: Bearer q7")
    evidence = [e for o in json.loads(out.read_bytes())["observations"] for e in o["evidence"]]
    keyed = [e for e in evidence if "with key" in e["what"]]
    assert keyed
    assert not any(e["digest"] or e["excerpt"] for e in keyed)
    assert any(e["digest"] for e in evidence)


def test_a_range_gets_no_key(run: Run, lab: Lab, both: str, bearer: Path) -> None:
    place = lab.add(both)
    for targets, options in (
        ([lab.network], ("--bearer-file", bearer)),
        ([f"{place.host}:{place.port}", f"{lab.prefix}.1-9"], ("--header", f"Authorization: {TOKEN}")),
        ([f"{place.host}/31"], ("--header", f"x-API-key: {TOKEN}")),
    ):
        result = run("discover", *targets, "--no-store", *options)
        assert result.exit_code == 2
        assert "`credentials` in a targets file" in result.stderr
        assert TOKEN not in result.stderr
    assert lab.connections(place) == []


def test_a_list_of_targets_gets_no_key(run: Run, lab: Lab, both: str, bearer: Path, tmp_path: Path) -> None:
    place = lab.add(both)
    listed = tmp_path / "list.txt"
    listed.write_text(f"{place.host}:{place.port}\n")
    result = run("discover", "--targets", listed, "--no-store", "--bearer-file", bearer)
    assert result.exit_code == 2
    assert "--targets" in result.stderr
    assert lab.connections(place) == []


def test_other_headers_go_with_every_ask_also_to_a_range(run: Run, lab: Lab) -> None:
    place = lab.add("ollama-0.32.15-default")
    [line] = discovered(run, lab.network, "--ports", place.port, "--header", "X-Team: soc", "--header", "accept:a/b")
    assert line["product"] == "ollama"
    assert set(went(lab, place, "x-team")) == {"soc"}
    assert set(went(lab, place, "accept")) == {"a/b"}


def test_a_header_that_would_bend_the_request_is_refused_unseen(run: Run, lab: Lab) -> None:
    place = lab.add("ollama-0.32.15-default")
    for header in (f"Host: {TOKEN}", f"X-A: b\r\nX-B: {TOKEN}", TOKEN):
        result = run("discover", f"{place.host}:{place.port}", "--no-store", "--header", header)
        assert result.exit_code == 2
        assert "--header" in result.stderr
        assert TOKEN not in result.stdout + result.stderr
    assert lab.connections(place) == []


def test_one_header_twice_is_refused(run: Run, bearer: Path) -> None:
    result = run("discover", "127.0.0.1:9", "--bearer-file", bearer, "--header", f"authorization: {TOKEN}")
    assert result.exit_code == 2
    assert "twice" in result.stderr


def test_a_file_that_others_may_read_gives_a_note(run: Run, bearer: Path) -> None:
    arguments = ("discover", "127.0.0.1:9", "--dry-run", "--bearer-file", bearer)
    assert "chmod" not in run(*arguments).stderr
    bearer.chmod(0o640)
    result = run(*arguments)
    assert "mode 0640" in result.stderr
    assert "chmod 600" in result.stderr
    assert result.exit_code == 0
    assert "chmod" not in run(*arguments, "-q").stderr


def test_a_targets_file_binds_a_key_to_one_origin_of_a_range(run: Run, lab: Lab, both: str, bearer: Path) -> None:
    place, stranger = lab.add(both), lab.add(both)
    targets = grouped(
        bearer.parent,
        place,
        f"origin: 'http://{place.host}:{place.port}', bearer_file: {bearer.name}",
        include=lab.network,
        more="    ports: 8000\n",
    )
    lines = discovered(run, "--targets", targets)
    told = {line["host"]: line["models"] for line in lines}
    assert told[place.host]
    assert told[stranger.host] is None
    assert f"Bearer {TOKEN}" in went(lab, place)
    assert set(went(lab, stranger)) == {None}


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        ("https://{host}:{port}", "{host}:{port}"),
        ("http://{host}:{other}", "{host}:{port}"),
        ("http://localhost:{port}", "{host}:{port}"),
    ],
    ids=["other scheme", "other port", "other name"],
)
def test_another_origin_never_gets_it(run: Run, lab: Lab, both: str, bearer: Path, origin: str, target: str) -> None:
    place = lab.add(both)
    words = {"host": place.host, "port": place.port, "other": place.port + 1}
    credential = f"origin: '{origin.format(**words)}', bearer_file: {bearer.name}"
    targets = grouped(bearer.parent, place, credential, include=target.format(**words))
    [line] = discovered(run, "--targets", targets)
    assert line["models"] is None
    assert set(went(lab, place)) == {None}


def test_a_redirect_takes_no_key_elsewhere(run: Run, lab: Lab, both: str, bearer: Path) -> None:
    place, elsewhere = lab.add(both), lab.add("ollama-0.32.15-default")
    away = {"Location": f"http://{elsewhere.host}:{elsewhere.port}/v1/models"}
    for path in ("/version", "/load", "/metrics"):
        lab.patch(place, path, status=302, headers=away)
    discovered(run, f"{place.host}:{place.port}", "--bearer-file", bearer, "--all")
    assert lab.connections(elsewhere) == []


def test_a_key_goes_over_tls_where_the_origin_says_so(run: Run, lab: Lab, both: str, bearer: Path) -> None:
    place = lab.add(both, tls="only")
    targets = grouped(bearer.parent, place, f"origin: 'https://{place.host}:{place.port}', bearer_file: {bearer}")
    [line] = discovered(run, "--targets", targets)
    assert (line["scheme"], bool(line["models"])) == ("https", True)


def test_keys_come_from_the_environment_too(
    run: Run, lab: Lab, both: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_TOKEN", TOKEN)
    vllm, llamacpp = lab.add(both), lab.add(LLAMACPP)
    targets = tmp_path / "targets.yaml"
    targets.write_text(
        f"groups:\n  lab:\n    include: ['{vllm.host}:{vllm.port}', '{llamacpp.host}:{llamacpp.port}']\n"
        "    credentials:\n"
        f"      - {{origin: 'http://{vllm.host}:{vllm.port}', bearer_env: VLLM_TOKEN}}\n"
        f"      - {{origin: 'http://{llamacpp.host}:{llamacpp.port}', header_env: {{X-Api-Key: VLLM_TOKEN}}}}\n"
    )
    lines = discovered(run, "--targets", targets)
    assert all(line["models"] for line in lines)
    assert {line["auth"] for line in lines} == {"partial", "required"}
    assert f"Bearer {TOKEN}" in went(lab, vllm)
    assert TOKEN in went(lab, llamacpp, "x-api-key")
    assert set(went(lab, llamacpp)) == {None}
