"""Real surveys as the published numbers were made from them: construct means, complete rows, dummies."""

from pathlib import Path

import numpy as np
import pandas as pd

import drivers as dr
from drivers.survey.answers import Answers

MOBI_BLOCKS = {
    "image": ["IMAG1", "IMAG2", "IMAG3", "IMAG4", "IMAG5"],
    "expectation": ["CUEX1", "CUEX2", "CUEX3"],
    "quality": ["PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7"],
    "value": ["PERV1", "PERV2"],
    "satisfaction": ["CUSA1", "CUSA2", "CUSA3"],
    "complaints": ["CUSCO"],
    "loyalty": ["CUSL1", "CUSL2", "CUSL3"],
}
MOBI_DRIVERS = ("image", "expectation", "quality", "value")
SFO_DRIVERS = ("food", "signs", "walkways", "screens", "wifi", "roads")


def mobi(shared: Path) -> pd.DataFrame:
    """Construct means of 250 customers, and ``y5``: overall satisfaction CUSA1 cut at 4, 6, 7, 8 into 1..5."""
    items = pd.read_csv(shared / "data" / "mobi.csv")
    scores = pd.DataFrame({name: items[block].mean(axis=1) for name, block in MOBI_BLOCKS.items()})
    return scores.assign(y5=np.searchsorted([4, 6, 7, 8], items["CUSA1"]) + 1)


def mobi_y5(shared: Path) -> Answers:
    survey = dr.Survey(drivers=MOBI_DRIVERS, outcomes=("y5",), items={"y5": {"scale": (1, 5)}})
    return dr.read(mobi(shared), survey)


def sfo(shared: Path) -> pd.DataFrame:
    """San Francisco Airport 2017: the 1,359 travellers with every one of six ratings, the outcome and a weight."""
    columns = ["overall", *SFO_DRIVERS, "weight"]
    return pd.read_csv(shared / "data" / "sfo_airport_2017.csv")[columns].dropna().reset_index(drop=True)


def sfo_answers(shared: Path, weight: str | None = "weight") -> Answers:
    return dr.read(sfo(shared), dr.Survey(drivers=SFO_DRIVERS, outcomes=("overall",), scale=(1, 5), weight=weight))


def housing(shared: Path) -> Answers:
    """Copenhagen housing (Madsen 1976): 72 rows that stand for 1,681 tenants, treatment contrasts as in R."""
    table = pd.read_csv(shared / "data" / "housing_copenhagen.csv")
    dummies = {
        f"{column}{level}": (table[column] == level).astype(int)
        for column, levels in {
            "Infl": ("Medium", "High"), "Type": ("Apartment", "Atrium", "Terrace"), "Cont": ("High",)
        }.items()
        for level in levels
    }
    survey = dr.Survey(
        drivers=tuple(dummies), outcomes=("Sat",), frequency="Freq",
        items={"Sat": {"levels": ("Low", "Medium", "High")}},
    )
    return dr.read(table[["Sat", "Freq"]].assign(**dummies), survey)
