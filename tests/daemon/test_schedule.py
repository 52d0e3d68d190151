"""When sweeps are due: always later, within their jitter, never in a blackout, once however long nobody looked."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.clock import Moment, jump
from daemon.cron import CronError, read_cron
from daemon.planner import Planner
from daemon.schedule import Schedule, held, schedule
from livebom.settings import BlackoutEntry, ScheduleEntry

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
TIMES = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone
HOURS = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
CRONS = st.builds(
    "{} {} {} {} {}".format,
    st.sampled_from(["0", "15", "*/20", "5,35"]),
    st.sampled_from(["*", "2", "3", "0-6", "*/6"]),
    st.sampled_from(["*", "1", "29", "1-7"]),
    st.sampled_from(["*", "feb", "3,10"]),
    st.sampled_from(["*", "mon-fri", "0", "7"]),
)
BLACKOUTS = st.lists(
    st.builds(BlackoutEntry, begins=HOURS, ends=HOURS, zone=ZONES, days=st.just(("mon", "sun"))), max_size=2
)
ENTRIES = st.one_of(
    st.builds(ScheduleEntry, every=st.sampled_from(["60s", "6h", "1d"]), jitter=st.sampled_from(["0s", "60s"])),
    st.builds(ScheduleEntry, cron=CRONS, zone=ZONES, jitter=st.sampled_from(["0s", "45m"])),
)


def made(**fields: str) -> Schedule:
    return schedule("s", ScheduleEntry(**fields))  # type: ignore[arg-type]


@given(ENTRIES, BLACKOUTS, TIMES)
def test_the_next_run_is_later_and_in_no_blackout(
    entry: ScheduleEntry, blackouts: list[BlackoutEntry], after: datetime
) -> None:
    its = schedule("s", entry, blackouts)
    found = its.next(after)
    assert found is not None
    assert found > after
    assert held(found, its.blackouts) is None


@given(ENTRIES, TIMES)
def test_runs_are_in_order_and_within_their_jitter(entry: ScheduleEntry, after: datetime) -> None:
    its = schedule("s", entry)
    due = list(islice(its.due(after), 5))
    assert due == sorted(due)
    for slot in islice(its.slots(after), 5):
        assert timedelta() <= its.late(slot) < max(its.jitter, timedelta(microseconds=1))


@given(CRONS, st.integers(0, 400))
def test_a_line_means_what_each_minute_says(line: str, day: int) -> None:
    cron, begin = read_cron(line), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    minutes = [begin + timedelta(minutes=n) for n in range(1, 24 * 60)]
    wanted = [
        one for one in minutes if one.minute in cron.minutes and one.hour in cron.hours and cron.means(one.date())
    ]
    found = []
    for one in cron.after(begin, ZoneInfo("UTC")):
        if one > minutes[-1]:
            break
        found.append(one)
    assert found == wanted


def local(line: str, after: datetime, count: int) -> list[str]:
    its = islice(read_cron(line).after(after, BERLIN), count)
    return [one.astimezone(BERLIN).isoformat(timespec="minutes") for one in its]


def test_a_time_that_does_not_exist_runs_after_the_jump_and_one_that_comes_twice_runs_once() -> None:
    spring, autumn = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert local("30 2 * * *", spring, 2) == ["2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00"]
    assert local("30 2 * * *", autumn, 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    hourly = local("0 * * * *", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), 5)
    assert [one[11:] for one in hourly] == ["01:00+02:00", "02:00+02:00", "02:00+01:00", "03:00+01:00", "04:00+01:00"]


def test_both_days_restricted_are_either_of_them() -> None:
    cron = read_cron("0 0 13 * fri")
    days = [one.date() for one in islice(cron.after(datetime(2026, 11, 1, tzinfo=UTC), ZoneInfo("UTC")), 4)]
    assert [day.day for day in days] == [6, 13, 20, 27]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 2 * *", "4 fields instead of 5"),
        ("60 2 * * *", "`60` is no minute; it is 0 to 59"),
        ("0 2 * * mnoday", "is no day of the week"),
        ("0 2 30 2 *", "there is no such day"),
        ("0 5-2 * * *", "`5-2` ends before it begins"),
        ("0 */0 * * *", "a step of 0"),
    ],
)
def test_a_bad_line_says_which_field_and_what_it_may_hold(line: str, told: str) -> None:
    with pytest.raises(CronError, match=told.replace("*", r"\*")):
        read_cron(line)


def test_what_was_missed_is_told_and_made_up_for_once() -> None:
    planner = Planner({"s": made(every="6h")}, {}, NOON)
    assert planner.due(NOON + timedelta(hours=1)) == []
    [due] = planner.due(NOON + timedelta(days=10, hours=1))
    assert due.missed == 39
    assert "39 runs were missed of s since 2026-11-21 18:00 UTC; one takes their place" in due.words
    assert planner.due(NOON + timedelta(days=10, hours=1, seconds=1)) == []
    assert planner.coming(NOON + timedelta(days=10, hours=2))["s"] == datetime(2026, 12, 1, 18, tzinfo=UTC)


def test_a_clock_that_was_set_back_leaves_no_gap_and_makes_no_storm() -> None:
    planner = Planner({"s": made(every="1h")}, {}, NOON)
    ahead = NOON + timedelta(days=365)
    assert len(planner.due(ahead)) == 1
    runs = [due for minute in range(180) for due in planner.due(NOON + timedelta(minutes=minute))]
    assert [due.since for due in runs] == [NOON + timedelta(hours=1), NOON + timedelta(hours=2)]


def test_a_month_of_a_fast_clock_has_every_run_once() -> None:
    lines = {"a": made(cron="15 2 * * 1-5", zone="Europe/Berlin"), "b": made(every="6h", jitter="30m")}
    planner, at, runs = Planner(lines, {}, NOON), NOON, list[str]()
    while at < NOON + timedelta(days=28):
        runs += [due.schedule for due in planner.due(at)]
        at = min(one for one in planner.coming(at).values() if one)
    assert (runs.count("a"), runs.count("b")) == (20, 112)


def test_a_run_due_in_a_blackout_begins_when_that_ends() -> None:
    entry = BlackoutEntry(begins="22:00", ends="06:00", zone="Europe/Berlin", days=("sat",))
    its = schedule("s", ScheduleEntry(cron="30 23 * * *", zone="Europe/Berlin"), [entry])
    assert its.next(NOON) == datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    planner = Planner({"s": its}, {}, NOON)
    assert planner.due(datetime(2026, 11, 21, 23, 0, tzinfo=UTC)) == []
    assert len(planner.due(datetime(2026, 11, 22, 5, 0, tzinfo=UTC))) == 1


@pytest.mark.parametrize(
    ("wall", "running", "elapsed", "told"),
    [
        (10, 10, 10, ""),
        (3610, 10, 3610, "this host was suspended for 1 h 0 min"),
        (7210, 10, 10, "its clock was set forward by 2 h 0 min"),
        (-110, 10, 10, "its clock was set back by 2 min"),
    ],
)
def test_clocks_that_disagree_say_what_happened(wall: float, running: float, elapsed: float, told: str) -> None:
    before = Moment(NOON, 0.0, 0.0)
    assert jump(before, Moment(NOON + timedelta(seconds=wall), running, elapsed)).words == told


def test_a_clock_that_stands_still_orders_nothing_twice() -> None:
    planner = Planner({"s": made(every="1h")}, {}, NOON)
    at = NOON + timedelta(hours=1)
    assert [len(planner.due(at)) for _ in range(1000)] == [1] + [0] * 999
    assert jump(Moment(at, 0.0, 0.0), Moment(at, 90.0, 90.0)).words == "its clock was set back by 1 min"
