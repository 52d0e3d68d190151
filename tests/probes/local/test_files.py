"""Files of servers on a real file system: modes by the way that leads there, and nothing of what they hold."""

import json
import os
from pathlib import Path

from msgspec.structs import replace

from probes.local.files import with_files
from probes.local.workload import Held, Looked, Workload
from tests.probes.local.shapes import known, process, state_of


def seen(workload: Workload) -> Workload:
    """As a look at it finds it."""
    [looked] = with_files([Looked(source="process", workloads=(workload,))], known().hints)
    return looked.workloads[0]


def opened(tmp_path: Path) -> Path:
    """A folder that everybody may enter, whatever the folder of the test is."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):  # noqa: S108 - pytest's own
            folder.chmod(folder.stat().st_mode | 0o111)
    return tmp_path


def llama(key: Path | str, **given: str) -> Workload:
    return process("llama-server", "-m", "/m.gguf", "--api-key-file", str(key), cwd=given.get("cwd", ""))


def test_who_may_read_a_key_file_depends_on_the_way_to_it(tmp_path: Path) -> None:
    folder = opened(tmp_path) / "keys"
    folder.mkdir(mode=0o755)
    (folder / "key").write_text("open sesame")
    (folder / "key").chmod(0o644)
    (tmp_path / "link").symlink_to(folder / "key")
    check = "llamacpp-api-key-file-mode"

    wide = [state_of(check, seen(llama(path))) for path in (folder / "key", tmp_path / "link")]
    by_name = state_of(check, seen(llama("keys/key", cwd=str(tmp_path))))
    folder.chmod(0o700)
    hidden = state_of(check, seen(llama(folder / "key")))
    (folder / "key").chmod(0o600)

    assert [*wide, by_name] == ["fail"] * 3
    assert hidden == "pass"
    assert state_of(check, seen(llama(folder / "key"))) == "pass"
    assert state_of(check, seen(llama(folder / "none"))) == "unknown"
    assert state_of(check, seen(process("llama-server"))) == "not_applicable"
    assert "sesame" not in str(seen(llama(folder / "key")))


def test_a_key_that_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")

    assert seen(llama(tmp_path / "fifo")).files == ()
    assert seen(replace(llama(tmp_path), container="c" * 64, pid=None)).files == ()


def test_the_store_of_ollama_is_looked_at_below_its_home(tmp_path: Path) -> None:
    blobs = opened(tmp_path) / ".ollama" / "models" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "sha256-1").write_bytes(b"1")
    serve = process("ollama", "serve", env={"HOME": str(tmp_path)})
    check = "ollama-model-store-writable"

    well = seen(serve)
    (blobs / "sha256-1").chmod(0o666)
    ill = seen(serve)

    assert len(well.files) == 3
    assert state_of(check, well) == "pass"
    assert state_of(check, ill) == "fail"


def test_lm_studio_tells_its_mcp_servers_and_no_value(tmp_path: Path) -> None:
    home = tmp_path / ".lmstudio"
    home.mkdir()
    studio = process("/opt/LM-Studio/lm-studio", env={"HOME": str(tmp_path)})
    checks = ("lmstudio-mcp-json-secrets", "lmstudio-mcp-json-callable", "lmstudio-prompts-in-server-logs")

    bare = [state_of(check, seen(studio)) for check in checks]
    (home / "server-logs").mkdir()
    (home / "server-logs" / "a.log").write_text("a prompt")
    tool = {"command": "x", "env": {"API_TOKEN": "swordfish", "HOME": "/", "KEY": "${KEY}", "\x1bKEY": "x"}}
    (home / "mcp.json").write_text(json.dumps({"mcpServers": {"tool": tool}}))
    (home / "mcp.json").chmod(0o600)
    full = seen(studio)
    (home / "mcp.json").write_text("[" * 100_000)
    broken = seen(studio)

    assert bare == ["pass"] * 3
    assert [state_of(check, full) for check in checks] == ["fail", "unknown", "unknown"]
    names = [name for held in full.files if held.role == "mcp" for name in held.secrets]
    assert len(names) == 2
    assert "env.API_TOKEN" in names
    assert "swordfish" not in str(full)
    assert [state_of(check, broken) for check in checks[:2]] == ["unknown", "unknown"]
    assert Held(role="mcp", path="/x", mode=0).servers is None
