"""`Survey`: what each column of a survey means. Column names and declarations only, never data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Code = int | float | str
Scale = tuple[float, float] | Literal["open"]

ROLE_COLUMNS = ("weight", "frequency", "stratum", "psu", "wave", "id")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Item(_Frozen):
    """One rated question; whatever is left out follows the survey's own setting."""

    label: str | None = None
    scale: Scale | None = None
    direction: Literal["higher", "lower"] = "higher"
    levels: tuple[str, ...] | None = None
    not_applicable: tuple[Code, ...] | None = None
    dont_know: tuple[Code, ...] | None = None
    score: Literal["top2", "nps", "ces", "mean"] | None = None


class Survey(_Frozen):
    """Roles of columns, scale ends, direction, labels and codes for "no answer"."""

    title: str = "Survey"
    data: str | None = None
    drivers: tuple[str, ...] = Field(min_length=1)
    outcomes: tuple[str, ...] = Field(min_length=1)
    expectations: dict[str, str] = Field(default_factory=dict)
    scale: Scale = "open"
    not_applicable: tuple[Code, ...] = ()
    dont_know: tuple[Code, ...] = ()
    weight: str | None = None
    frequency: str | None = None
    stratum: str | None = None
    psu: str | None = None
    wave: str | None = None
    segments: tuple[str, ...] = ()
    id: str | None = None
    items: dict[str, Item] = Field(default_factory=dict)
    folder: Path | None = Field(default=None, exclude=True)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        import tomllib

        path = Path(path)
        return cls(**tomllib.loads(path.read_text(encoding="utf-8")), folder=path.parent)

    @property
    def rated(self) -> tuple[str, ...]:
        """Every rated column once: drivers, outcomes, then their expectations."""
        return tuple(dict.fromkeys((*self.drivers, *self.outcomes, *self.expectations.values())))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the survey speaks of, once."""
        roles = (getattr(self, role) for role in ROLE_COLUMNS)
        return tuple(dict.fromkeys((*self.rated, *(r for r in roles if r), *self.segments)))

    def item(self, name: str) -> Item:
        """Return the question `name` with the survey's own settings filled in."""
        given = self.items.get(name, Item())
        scale = given.scale
        if scale is None:
            scale = (1.0, float(len(given.levels))) if given.levels else self.scale
        return given.model_copy(update={
            "label": given.label or name,
            "scale": scale,
            "not_applicable": self.not_applicable if given.not_applicable is None else given.not_applicable,
            "dont_know": self.dont_know if given.dont_know is None else given.dont_know,
        })

    def label(self, name: str) -> str:
        """Return the words to print for a column."""
        return self.items[name].label or name if name in self.items else name
