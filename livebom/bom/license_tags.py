"""Licences that SPDX does not list or that go by another name, and the families of those that it lists."""

import re
from enum import StrEnum


class Family(StrEnum):
    """How far a licence's terms let one go."""

    PERMISSIVE = "permissive"
    COPYLEFT = "copyleft"
    NON_COMMERCIAL = "non-commercial"
    USE_RESTRICTED = "use-restricted"
    """Open weights with a list of forbidden uses, or a threshold of users: Llama, Gemma, OpenRAIL."""
    PROPRIETARY = "proprietary"
    UNKNOWN = "unknown"

    @property
    def restricted(self) -> bool:
        """Whether somebody has to read the terms before the thing is used."""
        return self in {Family.NON_COMMERCIAL, Family.USE_RESTRICTED, Family.PROPRIETARY}


FREEST = (
    Family.PERMISSIVE,
    Family.COPYLEFT,
    Family.UNKNOWN,
    Family.USE_RESTRICTED,
    Family.NON_COMMERCIAL,
    Family.PROPRIETARY,
)
"""From the freest to the strictest. What is unknown may be strict, and never hides a restriction that is known."""

# The kinds of terms, by the SPDX ids' beginnings; what begins with none of these is permissive.
_COPYLEFT = """
agpl- apl- apsl- arphic- artistic-1 artistic-2 artistic-dist bittorrent- bsd-protection cal- catosl- cc-by-sa- cc-sa-
cddl- cdl- cdla-sharing- cecill-1 cecill-2 cecill-c cern-ohl-1 cern-ohl-s cern-ohl-w clartistic copyleft-next- cpal-
cpl- cua-opl- d-fsl- ecos- epl- erlpl- esa-pl-strong esa-pl-weak eupl- eurosym frameworx- freeimage gfdl- gl2ps glide
gpl- gsoap- imatix interbase- ipa ipl- lal- lgpl liliq- linux-man-pages-copyleft lpl- lppl- makeindex motosoto mpl-
ms-lpl ms-rl nasa- nbpl- ngpl nokia nosl npl- nposl- occt-pl oclc- odbl- ogtsl openpbs- opl-1 oset- osl- parity- ppl
qpl- rhecos- rpl- rpsl- rscpl simpl- sissl sleepycat smail-gpl smppl snia spl- sspl- sugarcrm- tapr-ohl- tgppl- tmate
torque- tosl tpl- ucl- vim vostrom watcom- wxwindows ypl- zimbra-
"""
_USE_RESTRICTED = """
aswf-digital-assets- bsd-3-clause-no- busl- c-uda- cc-by-nd- cpol- elastic- fsl- hippocratic- jpl-image
polyform-small-business- sul- unrar
"""
_NON_COMMERCIAL = "aladdin cc-by-nc- ncgl-uk- polyform-noncommercial-"

_BEGINNINGS = (
    (Family.NON_COMMERCIAL, tuple(_NON_COMMERCIAL.split())),
    (Family.USE_RESTRICTED, tuple(_USE_RESTRICTED.split())),
    (Family.COPYLEFT, tuple(_COPYLEFT.split())),
    (Family.UNKNOWN, ("any-osi",)),
)


def family_of(spdx: str) -> Family:
    """The family of an id of SPDX's list."""
    low = spdx.lower()
    return next((family for family, begins in _BEGINNINGS if low.startswith(begins)), Family.PERMISSIVE)


ALIASES = {
    **dict.fromkeys(
        ("apache2", "apache2.0", "apache-2", "apache 2", "apache 2.0", "apachev2", "asl 2.0"), "Apache-2.0"
    ),
    **dict.fromkeys(("cc0", "cc-0", "cc-zero"), "CC0-1.0"),
    **dict.fromkeys(("gpl2", "gplv2", "gpl-2"), "GPL-2.0"),
    **dict.fromkeys(("gpl3", "gplv3", "gpl-3"), "GPL-3.0"),
    **dict.fromkeys(("gplv2+", "gpl2+", "gpl-2+"), "GPL-2.0-or-later"),
    **dict.fromkeys(("gplv3+", "gpl3+", "gpl-3+"), "GPL-3.0-or-later"),
    **dict.fromkeys(("agpl3", "agplv3", "agpl-3"), "AGPL-3.0"),
    **dict.fromkeys(("lgpl3", "lgplv3", "lgpl-3"), "LGPL-3.0"),
    **dict.fromkeys(("lgplv2.1", "lgpl2.1"), "LGPL-2.1"),
    **dict.fromkeys(("mpl2", "mplv2", "mpl 2.0"), "MPL-2.0"),
    **dict.fromkeys(("new bsd", "modified bsd", "bsd3", "bsd-3"), "BSD-3-Clause"),
    **dict.fromkeys(("simplified bsd", "freebsd", "bsd2", "bsd-2"), "BSD-2-Clause"),
    **dict.fromkeys(("psf", "psfl", "python software foundation license"), "PSF-2.0"),
    "c-uda": "C-UDA-1.0",
    "lgpl-lr": "LGPLLR",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "open-mdw": "OpenMDW-1.0",
    "openmdw": "OpenMDW-1.0",
    "pddl": "PDDL-1.0",
    "expat": "MIT",
}
"""Lower-cased other names of listed licences, among them Hugging Face's tags that are no SPDX id."""

NOTHING = frozenset({"", "unknown", "none", "noassertion", "n/a", "na", "null", "undefined"})
"""Words that stand where a licence would, and name none."""

_P, _C, _N, _R, _X, _U = (
    Family.PERMISSIVE,
    Family.COPYLEFT,
    Family.NON_COMMERCIAL,
    Family.USE_RESTRICTED,
    Family.PROPRIETARY,
    Family.UNKNOWN,
)

TAGS: dict[str, Family] = {
    # Hugging Face's tags for licence families of no stated version
    **dict.fromkeys(("bsd", "bsd-license", "apache", "apache-license", "public-domain"), _P),
    **dict.fromkeys(("gpl", "lgpl", "agpl", "gfdl"), _C),
    **dict.fromkeys(("cc", "other", "custom", "see-license"), _U),
    # Hugging Face's tags for the terms of model makers (huggingface.co/docs/hub/repositories-licenses)
    **dict.fromkeys(
        (
            "openrail", "openrail++", "bigscience-openrail-m", "creativeml-openrail-m", "bigscience-bloom-rail-1.0",
            "bigcode-openrail-m", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma",
        ),
        _R,
    ),
    **dict.fromkeys(
        ("deepfloyd-if-license", "intel-research", "h-research", "apple-amlr", "fair-noncommercial-research-license"),
        _N,
    ),
    "apple-ascl": _P,
    # what makers write into `license_name` where the tag is `other`
    **dict.fromkeys(
        (
            "deepseek", "deepseek-license", "qwen", "tongyi-qianwen", "falcon-llm-license", "falcon-180b", "yi-license",
            "stabilityai-ai-community", "stability-ai-community", "nvidia-open-model-license", "lfm1.0", "jamba-open",
            "health-ai-developer-foundations", "hunyuan-community", "databricks-open-model-license", "kimi-k2",
            "glm-4", "internlm-license", "openrail-m", "minimax-model-license", "grok-2",
        ),
        _R,
    ),
    **dict.fromkeys(
        (
            "qwen-research", "tongyi-qianwen-research", "mistral-research", "mrl", "mnpl", "exaone", "llama",
            "stabilityai-non-commercial-research-community", "flux-1-dev-non-commercial-license", "microsoft-research",
            "non-commercial", "noncommercial", "research-only",
        ),
        _N,
    ),
    **dict.fromkeys(("proprietary", "commercial", "unlicensed", "all-rights-reserved", "closed"), _X),
}  # fmt: skip
"""Lower-cased tag of a licence that SPDX does not list, to its family."""

_ATTRIBUTION = (
    r"(?:creative commons )?attribution(?P<nc>[- ]?non-?commercial)?"
    r"(?:[- ](?P<sa>share-?alike)|[- ](?P<nd>no-?deriv(?:ative)?s))? (?P<cc>[234]\.[05])"
)

TITLES: tuple[tuple[str, str], ...] = (
    (r"llama (?P<llama>\d(?:\.\d)?)(?: version release date| community license)", "llama"),
    (r"non-?commercial bespoke license", "llama"),
    (r"gemma (?:terms of use|license)|gemma is provided under", "gemma"),
    (r"(?:tongyi qianwen|qwen) research license", "qwen-research"),
    (r"(?:tongyi qianwen|qwen) license agreement", "qwen"),
    (r"deepseek (?:model )?license agreement", "deepseek"),
    (r"mistral (?:ai )?research license", "mistral-research"),
    (r"mistral (?:ai )?non-production license", "mnpl"),
    (r"bigcode open ?rail-?m", "bigcode-openrail-m"),
    (r"creativeml open ?rail\+\+-?m", "openrail++"),
    (r"creativeml open ?rail-?m", "creativeml-openrail-m"),
    (r"bigscience rail license|bloom rail", "bigscience-bloom-rail-1.0"),
    (r"bigscience open ?rail-?m", "bigscience-openrail-m"),
    (r"(?:tii falcon llm|falcon llm|falcon 180b tii|tii falcon[\w .-]{0,20}) license", "falcon-llm-license"),
    (r"yi series models (?:community )?license", "yi-license"),
    (r"stability ai non-?commercial research community license", "stabilityai-non-commercial-research-community"),
    (r"stability(?: ?ai)? community license", "stabilityai-ai-community"),
    (r"flux(?:\.1)? ?\[dev\] non-?commercial license", "flux-1-dev-non-commercial-license"),
    (r"nvidia open model license", "nvidia-open-model-license"),
    (r"lfm open license", "lfm1.0"),
    (r"exaone ai model license", "exaone"),
    (r"health ai developer foundations", "health-ai-developer-foundations"),
    (r"hunyuan[\w .-]{0,20} community license", "hunyuan-community"),
    (r"jamba open model license", "jamba-open"),
    (r"databricks open model license", "databricks-open-model-license"),
    (r"microsoft research license", "microsoft-research"),
    (r"apache (?:software )?license,? ?(?:\(?(?:version|v)\.? ?)?2", "Apache-2.0"),
    (r"apache\.org/licenses/license-2\.0", "Apache-2.0"),
    (r"\bmit license|permission is hereby granted, free of charge, to any person obtaining", "MIT"),
    (r"opensource\.org/licenses?/mit", "MIT"),
    (r"gnu affero general public licen[sc]e,? (?:version |v)?3", "AGPL-3.0"),
    (r"gnu lesser general public licen[sc]e,? (?:version |v)?3", "LGPL-3.0"),
    (r"gnu lesser general public licen[sc]e,? (?:version |v)?2\.1", "LGPL-2.1"),
    (r"gnu general public licen[sc]e,? (?:version |v)?3", "GPL-3.0"),
    (r"gnu general public licen[sc]e,? (?:version |v)?2", "GPL-2.0"),
    (r"mozilla public licen[sc]e,? (?:version |v)?2", "MPL-2.0"),
    (r"eclipse public licen[sc]e,? -? ?(?:version |v)?2", "EPL-2.0"),
    (r"boost software licen[sc]e", "BSL-1.0"),
    (r"bsd 3-clause|3-clause bsd", "BSD-3-Clause"),
    (r"bsd 2-clause|2-clause bsd", "BSD-2-Clause"),
    (r"redistribution and use in source and binary forms(?=.*neither the name)", "BSD-3-Clause"),
    (r"redistribution and use in source and binary forms", "BSD-2-Clause"),
    (r"\bisc license|permission to use, copy, modify, and(?:/or)? distribute this software for any", "ISC"),
    (r"free and unencumbered software released into the public domain|\bthe unlicense", "Unlicense"),
    (r"cc0 1\.0 universal|creative commons (?:legal code )?cc0|creativecommons\.org/publicdomain/zero/1\.0", "CC0-1.0"),
    (_ATTRIBUTION, "cc"),
    (r"creativecommons\.org/licenses/(?P<by>by[a-z-]*)/(?P<at>\d\.\d)", "cc"),
    (r"all rights reserved\W*$", "proprietary"),
)  # fmt: skip
"""Patterns of titles and first sentences, lower-cased and with single blanks, to the tag or SPDX id they mean."""

TITLE = re.compile("|".join(f"(?P<t{number}>{pattern})" for number, (pattern, _) in enumerate(TITLES)))
"""All titles at once: the leftmost counts, because a licence names itself before it names others."""
