"""The forms of text that the rows of a policy are made of."""

from typing import Annotated

from msgspec import Meta

Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9_.-]*\Z")]
"""A check's id, an event's name, a rule of the policy, a CVE or the name of a sink."""
Pattern = Annotated[str, Meta(min_length=1, max_length=300)]
"""A name with the wildcards `*`, `?` and `[…]`."""
Words = Annotated[str, Meta(pattern=r"\S")]
