"""`python -I -S …/jail FOLDER…`: the keeper, started without the front doors of the packages that it stands in."""

import sys
from pathlib import Path
from types import ModuleType

_HERE = Path(__file__).resolve().parent


def _begin() -> None:
    """Run the keeper; `livebom` and `livebom.store` are bare names here, so that it loads only what it needs."""
    sys.path[:1] = []
    sys.path += sys.argv[1:]
    for name, folder in (("livebom", _HERE.parents[1]), ("livebom.store", _HERE.parent)):
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    from livebom.store.jail.keeper import keep

    keep()


if __name__ == "__main__":
    _begin()
