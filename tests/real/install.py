"""Builds the environments of the real servers into the cache folder: `python -m tests.real.install [NAME…]`."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.real.recipe import Recipe, recipes

_CHECKOUT = Path(__file__).resolve().parents[2]
_STAMP = ".pins"


def cache() -> Path:
    """The folder that outlives a checkout's clean-up; `LIVEBOM_CACHE` moves it."""
    return Path(os.environ.get("LIVEBOM_CACHE") or _CHECKOUT / ".cache").resolve()


def environment(name: str) -> Path:
    """Where the recipe of that name is, or would be, installed."""
    return cache() / "real" / name


def stands(name: str, recipe: Recipe) -> bool:
    """Whether the environment is there, whole, and of the recipe's present pins."""
    stamp = environment(name) / _STAMP
    return stamp.is_file() and stamp.read_text() == _pins(name, recipe)


def install(name: str, recipe: Recipe) -> None:
    """Builds the environment, from kept wheels where they suffice.

    Raises `CalledProcessError` where pip fails; its words are on standard error.
    """
    home, wheels = environment(name), cache() / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    wanted = [*recipe.packages] if recipe.dependencies else ["--no-deps", *recipe.packages]
    offline = [*pip, "install", "--no-index", "--find-links", str(wheels), *wanted]
    if subprocess.run(offline, check=False, capture_output=True).returncode != 0:
        fetch = [*pip, "wheel", "--wheel-dir", str(wheels), "--find-links", str(wheels), *wanted]
        subprocess.run(fetch, check=True, env={**os.environ, **recipe.build}, stdout=sys.stderr)
        subprocess.run(offline, check=True, stdout=sys.stderr)
    # Written last: an installation that broke half-way is begun anew.
    (home / _STAMP).write_text(_pins(name, recipe))


def _pins(name: str, recipe: Recipe) -> str:
    """What the environment depends on; the path too, since console scripts hold it."""
    build = [f"{key}={value}" for key, value in sorted(recipe.build.items())]
    return "\n".join([sys.version, str(environment(name)), str(recipe.dependencies), *recipe.packages, *build])


@contextmanager
def _alone() -> Iterator[None]:
    """Keeps two installations from building into one cache."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "real.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(names: Sequence[str]) -> int:
    """Installs the named recipes, all without a name; 2 for a name that is none."""
    known = recipes()
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"no such server: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    with _alone():
        for name in names or known:
            recipe = known[name]
            if not recipe.packages or stands(name, recipe):
                continue
            began = time.monotonic()
            print(f"installing {name}: {' '.join(recipe.packages)}", file=sys.stderr, flush=True)
            install(name, recipe)
            print(f"installed {name} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
