"""License elements of SPDX as one expression, whatever form they have."""

from livebom.readers.spdx.index import Index
from livebom.readers.spdx.words import NOTHING

_LISTED = ("https://spdx.org/licenses/", "http://spdx.org/licenses/")
_DEEPEST = 32
_LONGEST = 4096
_SETS = {"expandedlicensing_ConjunctiveLicenseSet": " AND ", "expandedlicensing_DisjunctiveLicenseSet": " OR "}


def expression(id_: str, index: Index, above: tuple[str, ...] = ()) -> str:
    """The license as an expression, empty where none is asserted; sets that hold themselves are cut off."""
    if id_.startswith(_LISTED):
        return id_.rpartition("/")[2]
    entry = index.entries.get(id_)
    if entry is None or id_ in above or len(above) > _DEEPEST or id_.rpartition("/")[2] in NOTHING:
        return ""
    if entry.type in _SETS:
        members = [expression(one, index, (*above, id_)) for one in entry.refs("expandedlicensing_member")]
        told = [one for one in members if one]
        text = _SETS[entry.type].join(f"({one})" if " " in one else one for one in told)
        return text[:_LONGEST]
    return (entry.text("simplelicensing_licenseExpression") or entry.text("name"))[:_LONGEST]
