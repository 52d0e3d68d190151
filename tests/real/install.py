"""Builds the real servers' environments into the cache folder: `python -m tests.real.install [--slow] [NAME…]`."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.real.recipe import Recipe, program, recipes

_CHECKOUT = Path(__file__).resolve().parents[2]
_STAMP = ".pins"


def cache() -> Path:
    """The folder that outlives a checkout's clean-up; `REAL_SERVERS_CACHE` moves it."""
    return Path(os.environ.get("REAL_SERVERS_CACHE") or _CHECKOUT / ".cache").resolve()


def environment(name: str, recipe: Recipe) -> Path:
    """Where the recipe of that name is, or would be, installed."""
    return cache() / "real" / (recipe.shares or name)


def stands(name: str, recipe: Recipe) -> bool:
    """Whether the environment is there, whole, and of the recipe's present pins."""
    stamp = environment(name, recipe) / _STAMP
    owner = recipes()[recipe.shares] if recipe.shares else recipe
    return stamp.is_file() and stamp.read_text() == _pins(stamp.parent, owner)


def install(home: Path, recipe: Recipe) -> None:
    """Builds the environment, from what is kept where that suffices.

    Raises `CalledProcessError` where pip, uv or npm fails; its words are on standard error.
    """
    shutil.rmtree(home, ignore_errors=True)
    if recipe.packages:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
        (_with_uv if recipe.without else _with_pip)(home, recipe)
    if recipe.npm:
        _with_npm(home, recipe)
    # Written last: an installation that broke half-way is begun anew.
    (home / _STAMP).write_text(_pins(home, recipe))


def _pip(home: Path) -> list[str]:
    """This environment's pip, acting on another: a pip of its own costs each of them seconds."""
    python = ("--python", str(home / "bin" / "python"))
    return [sys.executable, "-m", "pip", "-qq", "--no-input", "--disable-pip-version-check", *python]


def _with_pip(home: Path, recipe: Recipe) -> None:
    wheels = cache() / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    wanted = [*recipe.packages] if recipe.dependencies else ["--no-deps", *recipe.packages]
    # Not compiled: most of the time would go to modules that no server ever imports.
    offline = [*_pip(home), "install", "--no-compile", "--no-index", "--find-links", str(wheels), *wanted]
    if subprocess.run(offline, check=False, capture_output=True).returncode != 0:
        fetch = [*_pip(home), "wheel", "--wheel-dir", str(wheels), "--find-links", str(wheels), *wanted]
        subprocess.run(fetch, check=True, env={**os.environ, **recipe.build}, stdout=sys.stderr)
        subprocess.run(offline, check=True, stdout=sys.stderr)


def _with_uv(home: Path, recipe: Recipe) -> None:
    """With uv, because pip cannot leave out what a package asks for."""
    subprocess.run([*_pip(home), "install", "uv"], check=True, stdout=sys.stderr)
    never = home / "without.txt"
    never.write_text("".join(f'{name}; python_version < "3"\n' for name in recipe.without))
    # uv does not read pip's settings; a folder of wheels that pip knows holds for both.
    links = os.environ.get("UV_FIND_LINKS") or ",".join(os.environ.get("PIP_FIND_LINKS", "").split())
    subprocess.run(
        [str(home / "bin" / "uv"), "pip", "install", "--quiet", "--override", str(never), *recipe.packages],
        env={**os.environ, "VIRTUAL_ENV": str(home), "UV_FIND_LINKS": links, "UV_CACHE_DIR": str(cache() / "uv")},
        check=True,
        stdout=sys.stderr,
    )


def _with_npm(home: Path, recipe: Recipe) -> None:
    """Packages of npm, without running what they ship for their own installation."""
    home.mkdir(parents=True, exist_ok=True)
    places = ("--prefix", str(home), "--cache", str(cache() / "npm"), "--prefer-offline")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    command = [program("npm") or "npm", "install", *places, *quiet, *recipe.npm]
    subprocess.run(command, check=True, cwd=home, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def _pins(home: Path, recipe: Recipe) -> str:
    """What the environment depends on; the path too, since console scripts hold it."""
    build = [f"{key}={value}" for key, value in sorted(recipe.build.items())]
    wanted = [*recipe.packages, *build, *recipe.npm, *(f"-{name}" for name in recipe.without)]
    return "\n".join([sys.version, str(home), str(recipe.dependencies), *wanted])


@contextmanager
def _alone() -> Iterator[None]:
    """Keeps two installations from building into one cache."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "real.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tried(name: str, recipe: Recipe) -> bool:
    """Installs one recipe and tells what came of it; False where it failed."""
    lacking = [each for each in recipe.programs if program(each) is None]
    if lacking:
        print(f"not installing {name}: no {', '.join(lacking)} on this machine", file=sys.stderr, flush=True)
        return True
    began = time.monotonic()
    print(f"installing {name}: {' '.join(recipe.packages + recipe.npm)}", file=sys.stderr, flush=True)
    try:
        install(environment(name, recipe), recipe)
    except subprocess.CalledProcessError as error:
        print(f"could not install {name}: {error}", file=sys.stderr, flush=True)
        return False
    print(f"installed {name} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return True


def main(arguments: Sequence[str]) -> int:
    """Installs the named recipes; without a name the fast ones, with `--slow` the slow ones.

    Returns 2 for a name that is none, 1 where an installation failed (the others are tried nevertheless), else 0.
    """
    known = recipes()
    names = [each for each in arguments if each != "--slow"]
    if unknown := sorted(set(names) - set(known)):
        print(f"no such server: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = names or [name for name, recipe in known.items() if recipe.slow == ("--slow" in arguments)]
    owners = dict.fromkeys(known[name].shares or name for name in chosen)
    with _alone():
        needed = [
            name for name in owners if (known[name].packages or known[name].npm) and not stands(name, known[name])
        ]
        worked = [_tried(name, known[name]) for name in needed]
    return 0 if all(worked) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
