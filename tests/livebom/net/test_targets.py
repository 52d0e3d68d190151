"""Targets: everything `livebom discover` takes, what is refused with a reason, and that no line gets lost."""

import io
import re
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from livebom.net.targets import Group, Target, TargetErrors, Targets, read_targets
from livebom.settings import data_path, examine, parse

AI = (11434, 8000)
NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "gpu1.example": ["10.0.0.5"],
    "xn--bcher-kva.example": ["10.0.0.6"],
    "loop.example": ["fe80::1%eth0"],
    "empty.example": [],
    "backup.example": ["10.10.3.3"],
    "ai.example": ["10.10.3.3"],
}


def resolve(name: str) -> Sequence[str]:
    if name not in NAMES:
        raise OSError(-2, "Name or service not known")
    return NAMES[name]


def look(
    *arguments: str,
    files: Sequence[str] = (),
    exclude: Sequence[str] = (),
    ports: str | None = None,
    stdin: bytes = b"",
) -> Targets:
    return read_targets(
        arguments,
        files,
        ai=AI,
        read_yaml=examine,
        exclude=exclude,
        ports=ports,
        resolve=resolve,
        stdin=io.BytesIO(stdin),
    )


def only(text: str) -> Target:
    return look(text).groups[0].include[0]


def said(*arguments: str, files: Sequence[str] = (), **more: object) -> list[str]:
    with pytest.raises(TargetErrors) as caught:
        look(*arguments, files=files, **more)  # type: ignore[arg-type]  # passed through as it came
    assert [str(problem) for problem in caught.value.problems] == str(caught.value).splitlines()
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "ranges", "port", "name", "scheme", "base_path"),
    [
        ("127.0.0.1", ["127.0.0.1"], None, None, None, ""),
        ("127.0.0.0/30", ["127.0.0.0-127.0.0.3"], None, None, None, ""),
        ("127.0.0.5-40", ["127.0.0.5-127.0.0.40"], None, None, None, ""),
        ("127.0.0.5-127.0.1.20", ["127.0.0.5-127.0.1.20"], None, None, None, ""),
        ("127.0.0.5:8000", ["127.0.0.5"], 8000, None, None, ""),
        ("::1", ["::1"], None, None, None, ""),
        ("[::1]", ["::1"], None, None, None, ""),
        ("[::1]:8000", ["::1"], 8000, None, None, ""),
        ("FD00:0:0::A/127", ["fd00::a-fd00::b"], None, None, None, ""),
        ("fd00::1-fd00::9", ["fd00::1-fd00::9"], None, None, None, ""),
        ("::ffff:127.0.0.1", ["127.0.0.1"], None, None, None, ""),
        ("::ffff:127.0.0.0/126", ["127.0.0.0-127.0.0.3"], None, None, None, ""),
        ("localhost", ["127.0.0.1", "::1"], None, "localhost", None, ""),
        ("LocalHost.:8000", ["127.0.0.1", "::1"], 8000, "localhost", None, ""),
        ("GPU1.Example", ["10.0.0.5"], None, "gpu1.example", None, ""),
        ("Bücher.example", ["10.0.0.6"], None, "xn--bcher-kva.example", None, ""),
        ("http://gpu1.example", ["10.0.0.5"], 80, "gpu1.example", "http", ""),
        ("HTTPS://gpu1.example/", ["10.0.0.5"], 443, "gpu1.example", "https", ""),
        ("https://gpu1.example:8443/llm/v%31/", ["10.0.0.5"], 8443, "gpu1.example", "https", "/llm/v%31"),
        ("http://127.0.0.1:8000/a", ["127.0.0.1"], 8000, None, "http", "/a"),
        ("http://[::1]/", ["::1"], 80, None, "http", ""),
    ],
)
def test_a_target_is_read(
    text: str, ranges: list[str], port: int | None, name: str | None, scheme: str | None, base_path: str
) -> None:
    found = only(text)
    assert [str(each) for each in found.ranges] == ranges
    assert (found.port, found.name, found.scheme, found.base_path) == (port, name, scheme, base_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("010.0.0.1", "leading zero"),
        ("10.0.0.01", "leading zero"),
        ("127.1", "four decimal numbers"),
        ("2130706433", "four decimal numbers"),
        ("0x7f.1", "four decimal numbers"),
        ("0x7f000001", "four decimal numbers"),
        ("1.2.3.4.5", "four decimal numbers"),
        ("127.0.0.1.", "four decimal numbers"),
        ("256.0.0.1", "`256` is greater than 255"),
        ("\uff11\uff12\uff17.0.0.1", "four decimal numbers"),
        ("127\u30020\u30020\u30021", "reads as a number"),
        ("http://2130706433/", "four decimal numbers"),
        ("http://0x7f.1/", "four decimal numbers"),
        ("10.0.0.0/33", "from 0 to 32"),
        ("10.0.0.0/08", "from 0 to 32"),
        ("10.0.0.0/255.0.0.0", "from 0 to 32"),
        ("fd00::/129", "from 0 to 128"),
        ("10.0.0.*", "four decimal numbers"),
        ("10.0.0-5.1-9", "a range is `first-last`"),
        ("10.0.0.9-5", "backwards"),
        ("10.0.0.5-300", "`300` is greater than 255"),
        ("10.0.0.5-040", "four decimal numbers"),
        ("10.0.0.5-::1", "one family"),
        ("10.0.0.0/24:80", "single host"),
        ("10.0.0.5-40:80", "single host"),
        ("gpu1.example/24", "a path needs a URL"),
        ("gpu1.example:80/x", "a path needs a URL"),
        ("fe80::1%eth0", "names an interface"),
        ("[fe80::1%eth0]:80", "names an interface"),
        ("loop.example", "names an interface"),
        ("empty.example", "no address"),
        ("nowhere.example", "does not resolve: Name or service not known"),
        ("::1::2", "not an IPv6 address"),
        ("[::1", "[address]:port"),
        ("[::1]8000", "[address]:port"),
        ("http://::1/", "in brackets"),
        ("gpu1.example:", "no port"),
        ("gpu1.example:0", "`0` is no port"),
        ("gpu1.example:080", "`080` is no port"),
        ("gpu1.example:65536", "`65536` is no port"),
        ("gpu1.example:\u0661", "is no port"),
        ("gpu1..example", "not a host name"),
        ("-gpu1.example", "not a host name"),
        ("*.example", "not a host name"),
        ("a" * 64, "not a host name"),
        ("a b", "space or a control"),
        ("a\u202eb", "space or a control"),
        ("a\x1b[2J", "space or a control"),
        ("http://gpu1.example\t/", "space or a control"),
        ("ftp://gpu1.example", "only http:// and https://"),
        ("http://gpu1.example/?a", "leave out `?` and `#`"),
        ("http://gpu1.example/#a", "leave out `?` and `#`"),
        ("http://gpu1.example/../a", "dot segments"),
        ("http://gpu1.example\\@evil/", "must be plain"),
        ("http://gpu1.example/a\\b", "must be plain"),
        ("user@gpu1.example", "no user name"),
        ("x" * 5000, "longer than 2048"),
    ],
)
def test_a_doubtful_target_is_refused_with_its_reason(text: str, reason: str) -> None:
    lines = said("127.0.0.1", text)
    assert len(lines) == 1
    assert lines[0].startswith("argument:2: `")
    assert reason in lines[0]
    assert lines[0].isprintable()


@pytest.mark.parametrize("text", ["http://jo:hunter2@gpu1.example/", "jo:hunter2@gpu1.example", "jo:hunter2@x://y"])
def test_a_password_in_a_target_is_never_repeated(text: str) -> None:
    line = said(text)[0]
    assert "hunter2" not in line
    assert "user name" in line or "only http" in line


def test_a_network_with_host_bits_is_the_network_and_a_note_says_so() -> None:
    found = look("10.0.0.7/24", "10.0.1.0/24")
    assert str(found.groups[0].include[0].ranges[0]) == "10.0.0.0-10.0.0.255"
    assert found.notes == ("argument:1: 10.0.0.7/24 is read as its whole network, 10.0.0.0-10.0.0.255",)


def test_a_name_is_asked_for_once_per_call() -> None:
    asked: list[str] = []

    def counting(name: str) -> Sequence[str]:
        asked.append(name)
        return resolve(name)

    arguments = ["gpu1.example", "GPU1.example:1", "http://gpu1.example/", "nowhere.example", "nowhere.example:1"]
    with pytest.raises(TargetErrors):
        read_targets(arguments, ai=AI, read_yaml=examine, exclude=["gpu1.example"], resolve=counting)
    assert asked == ["gpu1.example", "nowhere.example"]


def test_the_systems_resolver_is_asked_by_default() -> None:
    found = read_targets(["localhost"], ai=AI, read_yaml=examine)
    assert {str(each) for each in found.groups[0].include[0].ranges} <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        *(("80", (80,)), ("443,80,80", (80, 443)), ("8000-8003, 80", (80, 8000, 8001, 8002, 8003))),
        *(("ai", (8000, 11434)), ("ai,1,8000", (1, 8000, 11434)), ("1-65535", tuple(range(1, 65536)))),
    ],
)
def test_a_port_list_is_read(text: str, ports: tuple[int, ...]) -> None:
    assert look("127.0.0.1", ports=text).groups[0].ports == ports


@pytest.mark.parametrize(
    "text", ["", "80,", "-", "-80", "80-", "90-80", "0", "65536", "http", "T:80", "1-2-3", "08", "a" * 99]
)
def test_a_bad_port_list_is_refused(text: str) -> None:
    assert said("127.0.0.1", ports=text)[0].startswith(f"--ports:1: `{text}`: ")


def test_the_default_ports_are_those_of_the_fingerprints() -> None:
    assert look("127.0.0.1").groups[0].ports == (8000, 11434)


def test_a_plain_list_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(b"\xef\xbb\xbf# hosts\r\n127.0.0.1 # one\r\n\r\n  127.0.0.2:80\t# two\n127.0.0.3")
    found = look("127.0.0.9", files=[str(file), "-"], stdin=b"127.0.0.4\n")
    assert [target.written for target in found.groups[0].include] == [
        *("127.0.0.9", "127.0.0.1", "127.0.0.2:80", "127.0.0.3", "127.0.0.4"),
    ]
    assert found.groups[0].include[2].where == f"{file}:4"
    assert found.groups[0].include[4].where == "stdin:1"


def test_every_bad_line_of_every_source_is_told(tmp_path: Path) -> None:
    plain = tmp_path / "list.txt"
    plain.write_text("127.0.0.1\n127.1\n\nnowhere.example 10.0.0.1\n")
    groups = tmp_path / "groups.yaml"
    groups.write_text(
        "exclude:\n  - 10.0.0.300\ngroups:\n  lab:\n    include:\n      - 127.0.0.1\n      - 0x7f.1\n"
        "    exclude: [gpu1.example:80]\n    ports: 80-\n    owners:\n      - {match: 10.0.0.0/99, owner: a}\n"
    )
    broken = tmp_path / "broken.yaml"
    broken.write_text("groups:\n  lab:\n    inclood: []\n    pace: 0\n")
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"127.0.0.1\ncaf\xe9.example\n")
    files = [str(plain), str(groups), str(broken), str(latin), str(tmp_path / "none.txt"), str(tmp_path / "none.yaml")]
    lines = said("010.0.0.1", files=files, exclude=["x/y"], ports="0")
    assert [line.partition(": ")[0].removeprefix(f"{tmp_path}/") for line in lines] == [
        *("argument:1", "--exclude:1", "--ports:1", "list.txt:2", "list.txt:4"),
        *("groups.yaml:2", "groups.yaml:7", "groups.yaml:8", "groups.yaml:9", "groups.yaml:11"),
        *("broken.yaml:3", "broken.yaml:4", "latin.txt:2", "none.txt", "none.yaml"),
    ]
    assert "at groups.lab.inclood: unknown key `inclood`; did you mean `include`?" in lines[10]


def test_groups_hold_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "groups.yml"
    file.write_text(
        "exclude: [10.0.0.9]\ngroups:\n  lab:\n    include: [10.0.0.0/28, gpu1.example]\n    exclude: [10.0.0.1]\n"
        "    ports: [ai, 80-81, 90]\n    pace: 5\n    zone: berlin\n    exposure: public\n    labels: {site: b}\n"
        "  other:\n    include: ['[::1]:70']\n    ports: 80\n"
    )
    found = look(files=[str(file)])
    lab, other = found.groups
    assert (lab.name, lab.ports, lab.pace, lab.zone, lab.exposure) == (
        "lab",
        (80, 81, 90, 8000, 11434),
        5,
        "berlin",
        "public",
    )
    assert lab.labels == {"site": "b"}
    assert (other.ports, other.zone, other.exposure, other.pace) == ((80,), "default", None, None)
    scope = found.scope(ports_never=())
    assert scope.allows("10.0.0.2", 90, "berlin")
    assert not scope.allows("10.0.0.1", 90)
    assert not scope.allows("10.0.0.9", 90)
    assert scope.allows("::1", 70, "default")
    assert not scope.allows("::1", 80)
    assert scope.exposure_of("10.0.0.2", "berlin") == "public"
    chosen = look(files=[str(file)], ports="7", exclude=["gpu1.example", "10.0.0.2-4"])
    assert [group.ports for group in chosen.groups] == [(7,), (7,)]
    tight = chosen.scope(ports_never=())
    assert [tight.allows(f"10.0.0.{last}", 7) for last in (1, 2, 3, 4, 5, 6, 9, 10)] == [
        *(False, False, False, False, False, True, False, True),
    ]


def test_an_exclusion_counts_in_its_whole_zone(tmp_path: Path) -> None:
    file = tmp_path / "g.yaml"
    file.write_text(
        "groups:\n  a: {include: [10.0.0.0/30], exclude: [10.0.0.1], zone: z}\n  b: {include: [10.0.0.1], zone: z}\n"
        "  c: {include: [10.0.0.1]}\n"
    )
    scope = look(files=[str(file)]).scope(ports_never=())
    assert not scope.allows("10.0.0.1", 8000, "z")
    assert scope.allows("10.0.0.1", 8000, "default")
    assert scope.notes == (f"{file}:3: `10.0.0.1` is left out: an exclusion covers it",)


def test_groups_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    one, two = tmp_path / "1.yaml", tmp_path / "2.yaml"
    one.write_text("groups:\n  a: {include: [127.0.0.1], zone: z, exposure: public}\n")
    two.write_text("groups:\n  a: {include: [127.0.0.2], zone: z, exposure: private}\n")
    lines = said(files=[str(one), str(two)])
    assert len(lines) == 2
    assert "two groups have this name" in lines[0]
    assert "zone z: one group says it is public, another private" in lines[1]


def owners(*rules: str) -> Group:
    text = "groups:\n  g:\n    labels: {site: berlin}\n    owners:\n" + "".join(f"      - {rule}\n" for rule in rules)
    return look_at_yaml(text).groups[0]


def look_at_yaml(text: str) -> Targets:
    return read_targets(
        (), ["x.yaml"], ai=AI, read_yaml=lambda file, kind: (*parse(text.encode(), kind, file), ()), resolve=resolve
    )


def test_the_first_owner_rule_that_fits_wins() -> None:
    group = owners(
        "{match: 10.0.0.5-9, owner: range}",
        "{match: gpu*.Example, owner: name}",
        "{match: team=vis*, owner: label}",
        "{match: site=berlin, owner: group}",
        "{match: 10.0.0.0/8, owner: never}",
    )
    assert group.owner_of("10.0.0.5", "gpu1.example", {"team": "vision"}) == "range"
    assert group.owner_of("::ffff:10.0.0.5") == "range"
    assert group.owner_of("10.0.0.4", "GPU1.example", {"team": "vision"}) == "name"
    assert group.owner_of("10.0.0.4", "other", {"team": "vision"}) == "label"
    assert group.owner_of("10.0.0.4", None, {"team": "speech"}) == "group"
    assert group.owner_of("10.0.0.4", None, {"site": "paris"}) == "never"
    assert owners("{match: fd00::/8, owner: a}").owner_of("10.0.0.4") is None


def test_a_group_that_includes_nothing_is_told() -> None:
    assert look_at_yaml("groups: {lab: {}}").notes == ("group lab includes nothing",)


def test_the_shipped_example_contacts_loopback_only_and_its_comments_are_valid(tmp_path: Path) -> None:
    shipped = data_path("config", "targets.yaml")
    found = look(files=[str(shipped)])
    assert [str(r) for group in found.groups for target in group.include for r in target.ranges] == ["127.0.0.1"]
    example = tmp_path / "targets.yaml"
    commented = re.compile(r"^( *)# (?=\w[\w-]*:(?: |$)| +[\w-])", re.MULTILINE)
    example.write_text(commented.sub(r"\1", shipped.read_text(encoding="utf-8")))
    full = look(files=[str(example)])
    assert [group.name for group in full.groups] == ["this-host", "gpu-lab", "dmz"]
    assert full.groups[1].owner_of("10.10.1.1") == "speech-team@example"
    assert not full.scope(ports_never=()).allows("10.10.3.3", 443)


TEXTS = st.text("0123456789.:/-[]%@#xXfa*\\ \té。", max_size=30) | st.text(max_size=30)


@trial(max_examples=100, deadline=None)
@given(arguments=st.lists(TEXTS, max_size=4), lines=TEXTS | st.binary(max_size=60), ports=st.none() | TEXTS)
def test_no_text_brings_about_anything_but_target_errors(
    arguments: list[str], lines: str | bytes, ports: str | None
) -> None:
    stdin = lines.encode("utf-8", "surrogatepass") if isinstance(lines, str) else lines
    with suppress(TargetErrors):
        found = look(*arguments, files=["-"], ports=ports, exclude=arguments, stdin=stdin)
        wanted = [text for text in (*arguments,) if text]
        assert sum(len(group.include) for group in found.groups) >= len(wanted)


@trial(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_no_yaml_brings_about_anything_but_target_errors(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("y") / "t.yaml"
    file.write_bytes(b"groups: {a: {include: ['" + text.encode("utf-8", "surrogatepass") + b"']}}")
    with suppress(TargetErrors):
        assert look(files=[str(file)]).groups


@trial(max_examples=100, deadline=None)
@given(first=st.integers(0, (1 << 32) - 1).map(IPv4Address), more=st.integers(0, 300))
def test_a_range_written_out_is_read_back(first: IPv4Address, more: int) -> None:
    last = IPv4Address(min(int(first) + more, (1 << 32) - 1))
    found = only(f"{first}-{last}").ranges[0]
    assert (found.first, found.last) == (int(first), int(last))
