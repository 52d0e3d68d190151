"""livebom, the living AI bill of materials: this file finds the house and puts it on the import path."""

import sys
from pathlib import Path

__version__ = "0.1.0"

_HERE = Path(__file__).resolve().parent

HOUSE = _HERE / "_house" if (_HERE / "_house").is_dir() else _HERE.parent
"""The folder that holds `daemon probes fingerprints config systemd`: inside the wheel, or the checkout's root."""

if str(HOUSE) not in sys.path:
    sys.path.insert(0, str(HOUSE))
