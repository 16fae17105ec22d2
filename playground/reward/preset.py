"""A named reward, and what it teaches."""

from collections.abc import Mapping
from dataclasses import dataclass

from playground.reward.design import Design


@dataclass(frozen=True)
class Preset:
    """A named reward."""

    slug: str
    config: Design
    name: Mapping[str, str]
    """Short name by language."""
    lesson: Mapping[str, str]
    """One sentence by language: what this reward teaches."""
