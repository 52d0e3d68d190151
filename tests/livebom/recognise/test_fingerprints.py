"""The data itself: every fingerprint is complete, says where it knows from, and keeps to the manners."""

import re

from livebom.recognise.judge import DECIDED, NAMED
from livebom.recognise.rules import Fingerprint
from livebom.settings import data_path
from probes.checks import known
from tests.every import every
from tests.playback import catalog
from tests.recording import names

PRODUCTS = sorted(catalog().products)
SEVEN = ["ollama", "vllm", "tgi", "localai", "triton", "lmstudio", "llamacpp"]
_BOUND = re.compile(r"(==|<=|>=|<|>)[vb]?\d[\w.-]*")
_RECORDED = re.compile(r"[a-z0-9.+_-]+-\d[\w.+-]*|decoy-[\w.-]+")


def fingerprint(product: str) -> Fingerprint:
    return catalog().products[product].fingerprint


def test_a_file_is_named_after_its_product() -> None:
    files = {path.stem for path in data_path("fingerprints", "servers").glob("*.yaml")}
    assert files == set(PRODUCTS)


def test_the_seven_are_known_and_swept_by_default() -> None:
    for product in SEVEN:
        assert fingerprint(product).ports[0] in catalog().ports
        assert fingerprint(product).hints.process
        assert len(fingerprint(product).checks) >= 12


@every(PRODUCTS)
def test_enough_evidence_can_be_found_to_decide(product: str) -> None:
    missing = 1.0
    for mark in fingerprint(product).marks:
        missing *= 1 - max(0.0, mark.weight)
    assert 1 - missing >= (NAMED if fingerprint(product).generic else DECIDED)


@every(PRODUCTS)
def test_every_statement_has_a_source(product: str) -> None:
    one = fingerprint(product)
    assert one.sources
    said = [rule.source for rule in one.marks] + [rule.source for rule in one.vetoes]
    said += [rule.source for rule in one.checks] + [rule.source for rule in one.cves]
    assert all(said)


@every(PRODUCTS)
def test_the_recordings_that_are_cited_are_there(product: str) -> None:
    one = fingerprint(product)
    cited = {rule.source for rule in one.marks} | {rule.source for rule in one.vetoes}
    cited |= {rule.source for rule in one.checks}
    for source in (source for source in cited if source.startswith("recording")):
        for name in _RECORDED.findall(source.split(":", 1)[1].split(";")[0].split("(")[0]):
            assert any(known == name or known.endswith(name) for known in names()), name


@every(PRODUCTS)
def test_checks_are_named_after_their_product_and_say_what_to_do(product: str) -> None:
    for check in fingerprint(product).checks:
        assert check.id.startswith(f"{product}-")
        assert check.cwe
        assert all(re.fullmatch(r"LLM(0[1-9]|10)", one) for one in check.owasp)
        assert check.remediation.endswith(".")
        assert check.fail or check.confirm == "host" or check.id in known()


def test_ids_of_checks_are_used_once() -> None:
    ids = [check.id for product in PRODUCTS for check in fingerprint(product).checks]
    assert len(ids) == len(set(ids))


@every(PRODUCTS)
def test_ranges_of_vulnerabilities_can_be_read(product: str) -> None:
    cves = fingerprint(product).cves
    assert len({cve.id for cve in cves}) == len(cves)
    for cve in cves:
        assert all(_BOUND.fullmatch(bound) for bound in cve.affected.split(",")), cve


@every(PRODUCTS)
def test_products_that_are_fronted_are_known(product: str) -> None:
    assert set(fingerprint(product).fronts) <= set(PRODUCTS)


@every(PRODUCTS)
def test_what_only_reads_says_why_it_is_harmless(product: str) -> None:
    for name, ask in fingerprint(product).asks.items():
        assert ask.safe_post is None or ask.why, name
        assert ask.head is None


@every(PRODUCTS)
def test_every_ask_is_looked_at(product: str) -> None:
    kit = catalog().products[product]
    used = {*kit.identifying, *kit.naming, *kit.dating, *kit.per_model, *kit.checking, *kit.closing}
    assert set(kit.own) <= used


@every(PRODUCTS)
def test_no_fingerprint_asks_what_is_forbidden(product: str) -> None:
    kit = catalog().products[product]
    for method, path, *_ in kit.signatures.values():
        if (method, path) != ("GET", "/"):
            forbidding = {rule.product for rule in catalog().forbidden(method, path)}
            assert not forbidding & {"any", product}, path


def test_what_is_never_asked_is_about_products_that_are_known() -> None:
    assert {rule.product for rule in catalog().never} <= {"any", *PRODUCTS}


def test_few_asks_are_sent_blindly_to_one_port() -> None:
    for port in catalog().ports:
        blind = {
            kit.signatures[name] for kit in catalog().kits if port in kit.fingerprint.ports for name in kit.blind[:1]
        }
        assert len(blind) <= 3, port
