"""Package URLs: the specification's own examples, and the same answers as the reference library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from livebom.readers.purl import LONGEST, Purl, parse


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("pkg:bitbucket/birkenfeld/pygments-main@244fd47e07d1", "pkg:bitbucket/birkenfeld/pygments-main@244fd47e07d1"),
        ("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", "pkg:deb/debian/curl@7.50.3-1"),
        (
            "pkg:docker/customer/dockerimage@sha256:244fd47e07d1?repository_url=gcr.io",
            "pkg:docker/customer/dockerimage@sha256:244fd47e07d1",
        ),
        ("pkg:GitHub/Package-url/Purl-Spec@244fd47e07d1", "pkg:github/package-url/purl-spec@244fd47e07d1"),
        ("pkg:golang/google.golang.org/genproto#googleapis/api/annotations", "pkg:golang/google.golang.org/genproto"),
        (
            "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?packaging=sources",
            "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1",
        ),
        ("pkg:npm/%40angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
        ("pkg:npm/@angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
        ("pkg:npm/@angular/animation", "pkg:npm/%40angular/animation"),
        ("pkg:PYPI/Django_package@1.11.1.dev1", "pkg:pypi/django-package@1.11.1.dev1"),
        ("pkg:pypi/a@1.0%2Bcu128", "pkg:pypi/a@1.0%2Bcu128"),
        ("pkg://maven//org.apache/commons@1", "pkg:maven/org.apache/commons@1"),
        (
            "pkg:huggingface/microsoft/deberta-v3-base@559062AD13D3",
            "pkg:huggingface/microsoft/deberta-v3-base@559062ad13d3",
        ),
        (
            "pkg:huggingface/distilbert-base-uncased@043235d6088e",
            "pkg:huggingface/distilbert-base-uncased@043235d6088e",
        ),
        (
            "pkg:oci/Debian@sha256%3A244FD47e07d10?repository_url=docker.io/library/debian&tag=latest",
            "pkg:oci/debian@sha256:244fd47e07d10",
        ),
        (
            "pkg:mlflow/CreditFraud@3?repository_url=https://adb-1.azuredatabricks.net/api/2.0/mlflow",
            "pkg:mlflow/CreditFraud@3",
        ),
    ],
)
def test_a_package_url_has_one_key(text: str, key: str) -> None:
    found = parse(text)
    assert found is not None
    assert found.key == key
    assert parse(key) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pkg",
        "pkg:",
        "pkg:pypi",
        "pkg:pypi/",
        "EnterpriseLibrary@6.0",
        "scheme:pypi/a@1",
        "pkg:n&g?inx/a@1",
        "pkg:pypi/%2F",
        "a-purl-1",
        f"pkg:pypi/{'a' * LONGEST}",
    ],
)
def test_what_is_no_package_url_is_none(text: str) -> None:
    assert parse(text) is None


def test_qualifiers_and_subpath_are_told_apart() -> None:
    found = parse("pkg:oci/debian@sha256:1?Repository_URL=docker.io%2Flibrary&tag=&arch=amd64#./a/../b")
    assert found == Purl(
        type="oci",
        name="debian",
        version="sha256:1",
        qualifiers={"arch": "amd64", "repository_url": "docker.io/library"},
        subpath="a/b",
    )


names = st.text(
    st.characters(categories=("L", "N", "P", "S"), max_codepoint=0x2FF, exclude_characters="/"), min_size=1, max_size=8
)


@given(st.sampled_from(["generic", "maven", "cargo", "gem", "huggingface", "pypi"]), names, names, names)
def test_what_the_reference_library_writes_is_read_as_it_was_meant(
    kind: str, space: str, name: str, version: str
) -> None:
    meant = PackageURL(type=kind, namespace=space, name=name, version=version)
    found = parse(meant.to_string())
    assert found is not None
    assert (found.type, found.namespace, found.name, found.version) == (
        kind,
        meant.namespace or "",
        meant.name,
        meant.version,
    )


@given(st.text(max_size=60).map(lambda text: f"pkg:{text}"))
def test_any_text_is_read_or_refused_and_its_key_stays(text: str) -> None:
    found = parse(text)
    if found is not None:
        again = parse(found.key)
        assert again is not None
        assert again.key == found.key
