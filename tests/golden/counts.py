"""Published tables of counts: outcome by categories, complete, with dummies for the categories."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def dummies(category: IntArray) -> FloatArray:
    """One column for each category but the first."""
    return (category[:, None] == np.arange(1, category.max() + 1)).astype(np.float64)


# R> esoph (datasets, from R 4.0.4 on): cases/controls of oesophageal cancer, one line per age group, then 4 alcohol x
# 4 tobacco cells, tobacco fastest, "-" where there is no row; 88 rows, 200 cases, 775 controls.
# Breslow & Day (1980), Statistical Methods in Cancer Research 1, IARC.
_ESOPH = """
0/40 0/10 0/6 0/5 0/27 0/7 0/4 0/7 0/2 0/1 - 0/2 0/1 1/0 0/1 0/2
0/60 1/13 0/7 0/8 0/35 3/20 1/13 0/8 0/11 0/6 0/2 0/1 2/1 0/3 2/2 -
1/45 0/18 0/10 0/4 6/32 4/17 5/10 5/2 3/13 6/8 1/4 2/2 4/0 3/1 2/1 4/0
2/47 3/19 3/9 4/2 9/31 6/15 4/13 3/3 9/9 8/7 3/3 4/0 5/5 6/1 2/1 5/1
5/43 4/10 2/5 0/2 17/17 3/7 5/4 - 6/7 4/8 2/1 1/0 3/1 1/1 1/0 1/0
1/17 2/4 - 1/2 2/3 1/2 0/3 1/0 1/0 1/0 - - 2/0 1/0 - -
"""


def esoph() -> tuple[FloatArray, IntArray, FloatArray, FloatArray]:
    """Dummies of age (columns 0-4), alcohol (5-7) and tobacco (8-10); case or control; count; and (88, 2) counts."""
    rows = [line.split() for line in _ESOPH.split("\n") if line]
    places = [(a, k // 4, k % 4, cell) for a, line in enumerate(rows) for k, cell in enumerate(line) if cell != "-"]
    category = np.array([place[:3] for place in places], dtype=np.intp)
    counts = np.array([[int(n) for n in place[3].split("/")] for place in places], dtype=np.float64)
    x = np.column_stack([dummies(column) for column in category.T])
    y = np.tile([1, 0], len(x)).astype(np.intp)
    return np.repeat(x, 2, axis=0), y, counts.ravel(), counts


# R> housing (MASS): satisfaction of 1,681 Copenhagen tenants, Freq with Sat fastest (Low, Medium, High), then Infl
# (Low, Medium, High), Type (Tower, Apartment, Atrium, Terrace), Cont (Low, High). Madsen (1976).
_HOUSING = """
21 21 28 34 22 36 10 11 36 61 23 17 43 35 40 26 18 54 13 9 10 8 8 12 6 7 9 18 6 7 15 13 13 7 5 11
14 19 37 17 23 40 3 5 23 78 46 43 48 45 86 15 25 62 20 23 20 10 22 24 7 10 21 57 23 13 31 21 13 5 6 13
"""


def housing() -> tuple[FloatArray, IntArray, FloatArray]:
    """Dummies of influence (columns 0-1), type (2-4) and contact (5); satisfaction 0-2; count."""
    count = np.array(_HOUSING.split(), dtype=np.float64)
    contact, kind, influence, satisfaction = np.unravel_index(np.arange(72), (2, 4, 3, 3))
    x = np.column_stack([dummies(column) for column in (influence, kind, contact)])
    return x, satisfaction.astype(np.intp), count
