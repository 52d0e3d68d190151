"""What a comparison of two documents tells: typed events, a view of the raw delta by rules and policy."""

from livebom.bom.events.catalogue import EVENTS, Event
from livebom.bom.events.compare import compare, compare_and_hold
from livebom.bom.events.history import NO_HISTORY, History

__all__ = ["EVENTS", "NO_HISTORY", "Event", "History", "compare", "compare_and_hold"]
