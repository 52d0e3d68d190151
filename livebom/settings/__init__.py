"""The only reader of data files: strict YAML to frozen structs, and the settings among them."""

from livebom.settings.cache import cache_folder
from livebom.settings.daemon import Accounts, BlackoutEntry, Daemon, LocalEntry, Roles, ScheduleEntry, seconds
from livebom.settings.problem import DataError, DataErrors, Problem
from livebom.settings.reading import FILE_CAP, Place, data_path, examine, parse, read, read_folder
from livebom.settings.values import Settings, config_file, load_settings

__all__ = [
    "FILE_CAP",
    "Accounts",
    "BlackoutEntry",
    "Daemon",
    "DataError",
    "DataErrors",
    "LocalEntry",
    "Place",
    "Problem",
    "Roles",
    "ScheduleEntry",
    "Settings",
    "cache_folder",
    "config_file",
    "data_path",
    "examine",
    "load_settings",
    "parse",
    "read",
    "read_folder",
    "seconds",
]
