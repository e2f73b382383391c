"""One thing found wrong, or worth knowing, about data."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``column`` where, ``count`` how many, ``found`` what, ``cure`` what to type or change next."""

    severity: Literal["error", "warning"]
    check: str
    column: str
    count: int
    found: str
    cure: str
