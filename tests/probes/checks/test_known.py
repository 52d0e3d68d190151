"""The room of checks that need logic: each file is found, and each decides a check that the data knows."""

from pathlib import Path

import probes.checks
from livebom.recognise.sound import clauses
from probes.checks import known
from tests.playback import catalog


def test_every_file_of_the_room_decides_one_check() -> None:
    files = [path for folder in probes.checks.__path__ for path in Path(folder).glob("*.py")]
    assert len(known()) == len(files) - 1


def test_every_one_decides_a_check_of_the_data_that_decides_nothing_itself() -> None:
    rules = {check.id: check for kit in catalog().kits for check in kit.fingerprint.checks}
    for name in known():
        assert rules[name].confirm != "host"
        assert not rules[name].fail + rules[name].pass_


def test_every_other_check_has_a_clause_to_fail_by_or_is_the_hosts() -> None:
    for kit in catalog().kits:
        for check in kit.fingerprint.checks:
            assert check.fail or check.confirm == "host" or check.id in known(), check.id
        assert all(clause.all for clause in clauses(kit.fingerprint))
