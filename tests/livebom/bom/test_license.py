"""What a licence's tag, id, expression or text means, and that nothing written there can break the reading."""

import re

from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.license import Family, license_of
from livebom.bom.license_tags import TAGS, TITLES
from livebom.bom.spdx_ids import EXCEPTIONS, LICENSES
from tests.every import every

P, C, N, R = Family.PERMISSIVE, Family.COPYLEFT, Family.NON_COMMERCIAL, Family.USE_RESTRICTED
words = st.sampled_from(
    ["MIT", "apache-2.0", "GPL-2.0", "llama3.1", "and", "OR", "AND", "WITH", "LLVM-exception", "(", ")", "x", "/", "+"]
)


@every(
    [
        ("apache-2.0", "Apache-2.0", P, True),
        ("mit", "MIT", P, True),
        ("GPL-3.0-or-later", "GPL-3.0-or-later", C, True),
        ("cc-by-nc-4.0", "CC-BY-NC-4.0", N, True),
        ("cc-by-nd-4.0", "CC-BY-ND-4.0", R, True),
        ("odc-by", "ODC-By-1.0", P, True),
        ("Apache 2.0", "Apache-2.0", P, True),
        ("llama3.1", "LicenseRef-llama3.1", R, False),
        ("LicenseRef-Llama3.1", "LicenseRef-llama3.1", R, False),
        ("gemma", "LicenseRef-gemma", R, False),
        ("openrail++", "LicenseRef-openrail-plus-plus", R, False),
        ("qwen-research", "LicenseRef-qwen-research", N, False),
        ("other", "LicenseRef-other", Family.UNKNOWN, False),
        ("unknown", "", Family.UNKNOWN, False),
        ("", "", Family.UNKNOWN, False),
        ("Acme House Terms", "LicenseRef-Acme-House-Terms", Family.UNKNOWN, False),
        ("UNLICENSED", "LicenseRef-unlicensed", Family.PROPRIETARY, False),
        ("MIT OR GPL-2.0-only", "MIT OR GPL-2.0-only", P, True),
        ("mit and gpl-2.0-only", "MIT AND GPL-2.0-only", C, True),
        ("(MIT OR GPL-2.0-only) AND cc-by-nc-4.0", "(MIT OR GPL-2.0-only) AND CC-BY-NC-4.0", N, True),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0", P, True),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception", P, True),
        ("MIT AND LicenseRef-house", "MIT AND LicenseRef-house", Family.UNKNOWN, False),
        ("MIT AND LicenseRef-house AND llama2", "MIT AND LicenseRef-house AND LicenseRef-llama2", R, False),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0", P, True),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "CC-BY-NC-SA-4.0", N, True),
        ("Attribution-NonCommercial 4.0 International\n\n=====\n\nCreative Commons Corp", "CC-BY-NC-4.0", N, True),
        ("\n    Apache License\n    Version 2.0, January 2004\n    http://www.apache.org/", "Apache-2.0", P, True),
        ("MIT License\n\nCopyright (c) Somebody\n\nPermission is hereby granted", "MIT", P, True),
        ("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version", "LicenseRef-llama3.1", R, False),
        ("META LLAMA 3 COMMUNITY LICENSE AGREEMENT\n", "LicenseRef-llama3", R, False),
        ("Gemma Terms of Use\n\nLast modified: February 21, 2024\n", "LicenseRef-gemma", R, False),
        ("Tongyi Qianwen LICENSE AGREEMENT\n\nTongyi Qianwen Release Date: August", "LicenseRef-qwen", R, False),
        ("Qwen RESEARCH LICENSE AGREEMENT\n\nRelease Date", "LicenseRef-qwen-research", N, False),
        ("DEEPSEEK LICENSE AGREEMENT\nVersion 1.0, 23 October 2023", "LicenseRef-deepseek", R, False),
        ("Falcon 180B TII License\nBased on Apache License 2.0", "LicenseRef-falcon-llm-license", R, False),
        ("Redistribution and use in source and binary forms,\n* Neither the name of", "BSD-3-Clause", P, True),
        ("You may do\nwhatever is asked of you\n" * 400, "LicenseRef-unknown", Family.UNKNOWN, False),
    ]
)
def test_what_is_said_is_understood(said: str, id_: str, family: Family, listed: bool) -> None:
    found = license_of(said)
    assert (found.id, found.family, found.listed) == (id_, family, listed)


def test_every_listed_id_is_itself_and_every_tag_and_title_leads_somewhere() -> None:
    assert all(license_of(id_.upper()).id == id_ and license_of(id_).listed for id_ in LICENSES.values())
    assert {license_of(tag).family for tag in TAGS} == set(Family)
    assert {license_of(f"GPL-2.0-only WITH {name}").id for name in EXCEPTIONS} == {
        f"GPL-2.0-only WITH {name}" for name in EXCEPTIONS.values()
    }
    assert [tag for _, tag in TITLES if tag != "cc" and not license_of(tag).id] == []


@given(st.one_of(st.text(max_size=60), st.lists(words, max_size=12).map(" ".join)))
def test_whatever_is_said_gives_an_id_that_can_be_written_and_means_itself(said: str) -> None:
    found = license_of(said)
    assert re.fullmatch(r"|[A-Za-z0-9.+-]+|[A-Za-z0-9.+() -]+", found.id)
    assert license_of(found.id) == found


@every(["(" * 4000, "(MIT OR " * 500 + "MIT" + ")" * 500, "MIT AND " * 500, ")", "WITH", "MIT WITH", "MIT ("])
def test_no_depth_of_brackets_and_no_half_expression_breaks_it(said: str) -> None:
    assert license_of(said) == license_of(said + " ")
