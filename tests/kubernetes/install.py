"""Builds a real API server into the cache folder: `python -m tests.kubernetes.install` (Debian 12, about ten minutes).

Debian has only the client ready, and npm's envtest-js fetches its programs from elsewhere. So the source package of
Debian's own kubernetes, which brings what it needs, is built with Debian's Go; etcd is Debian's. Nothing is installed
on this machine: the packages are unpacked below the cache.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.real.install import cache

PROGRAMS = ("apt-get", "dpkg", "dpkg-source", "make", "gcc")
_PACKAGES = (
    "etcd-server",
    "golang-1.19-go",
    "golang-1.19-src",
    "rsync",
    "libpopt0",
    "golang-github-modern-go-reflect2-dev",
)
_SOURCE = (
    "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n"
)


def home() -> Path:
    """Where both programs are, once they are built."""
    return cache() / "kubernetes"


def stands() -> bool:
    """Whether both programs are there."""
    return all((home() / name).is_file() for name in ("etcd", "kube-apiserver"))


def install() -> None:
    """Builds both. Raises `CalledProcessError` where apt or the build fails; its words are on standard error."""
    work = home() / "build"
    shutil.rmtree(work, ignore_errors=True)
    root = work / "root"
    for folder in (root, work / "debs", work / "lists" / "partial", work / "cache" / "archives" / "partial"):
        folder.mkdir(parents=True)
    _run(work / "debs", "apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *_PACKAGES)
    for package in sorted((work / "debs").glob("*.deb")):
        _run(work, "dpkg", "-x", str(package), str(root))
    shutil.copy2(root / "usr" / "bin" / "etcd", home() / "etcd")
    (work / "sources.list").write_text(_SOURCE)
    options = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",
    }
    apt = ("apt-get", "-qq", *(word for name, value in options.items() for word in ("-o", f"{name}={value}")))
    _run(work, *apt, "update")
    _run(work, *apt, "source", "kubernetes")
    _built(next(path for path in work.glob("kubernetes-*") if path.is_dir()), root)
    shutil.rmtree(work)


def _built(source: Path, root: Path) -> None:
    """The API server from its source, as Debian's own rules would build one of its programs."""
    place = source / ".go" / "src" / "k8s.io"
    place.mkdir(parents=True)
    (place / "kubernetes").symlink_to("../../..")
    # The copy that the source brings reads maps as Go before 1.18 laid them out, and would crash.
    mended = root / "usr" / "share" / "gocode" / "src" / "github.com" / "modern-go" / "reflect2"
    copy = source / "vendor" / "github.com" / "modern-go" / "reflect2"
    shutil.rmtree(copy)
    shutil.copytree(mended, copy, ignore=shutil.ignore_patterns("*_test.go"))
    go = root / "usr" / "lib" / "go-1.19"
    settings = {
        "GOROOT": str(go),
        "GOPATH": str(source / ".go"),
        "HOME": str(source),
        "CGO_ENABLED": "0",
        "PATH": f"{go}/bin:{root}/usr/bin:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{root}/usr/lib/x86_64-linux-gnu",
    }
    _run(source, "make", "WHAT=cmd/kube-apiserver", **settings)
    shutil.copy2(source / "_output" / "bin" / "kube-apiserver", home() / "kube-apiserver")


def _run(folder: Path, *words: str, **settings: str) -> None:
    subprocess.run(
        words, cwd=folder, env={**os.environ, **settings}, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )


def main() -> int:
    """Builds what is not there; 1 where that fails."""
    if stands():
        return 0
    if absent := [name for name in PROGRAMS if shutil.which(name) is None]:
        print(f"not building the API server: no {', '.join(absent)} on this machine", file=sys.stderr)
        return 1
    try:
        install()
    except subprocess.CalledProcessError as error:
        print(f"could not build the API server: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
