"""All hostile peers of HTTP at once, in one sweep with the honest ones: none has more of it for the others' sake."""

from contextlib import ExitStack

import pytest

from tests.hostile.arena import PORT, Arena, swept
from tests.hostile.conftest import Table
from tests.hostile.peers import serving
from tests.hostile.test_http import ROWS

pytestmark = pytest.mark.hostile


def test_each_of_a_crowd_is_told_as_if_it_were_alone(arena: Arena, table: Table) -> None:
    hosts = {case: arena.lab.address() for case in ROWS}
    with ExitStack() as stack:
        for case, host in hosts.items():
            stack.enter_context(serving(host, PORT, ROWS[case][1]))
        outcome = swept([*arena.neighbours, *hosts.values()])
    arena.unharmed(outcome)
    told = {case: outcome.services[host]["outcome"] for case, host in hosts.items()}
    table.tell("own", f"{len(hosts)} hostile peers at once", f"{len(told)} told, code {outcome.code}", outcome)
    assert told == {case: expected for case, (_, _, expected) in ROWS.items()}
