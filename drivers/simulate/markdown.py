"""A table as Markdown."""

from __future__ import annotations

import pandas as pd


def markdown_table(table: pd.DataFrame, digits: int) -> str:
    """Return a table of numbers as Markdown, its index in the first column, missing numbers left empty.

    Parameters
    ----------
    table : DataFrame
        Numbers.
    digits : int
        Decimals to print.

    Returns
    -------
    str
        Lines of Markdown, without a newline at the end.
    """
    lines = [f"| | {' | '.join(map(str, table.columns))} |", f"|---|{'---:|' * table.shape[1]}"]
    for name, row in table.iterrows():
        lines.append(f"| `{name}` | " + " | ".join("" if pd.isna(v) else f"{v:.{digits}f}" for v in row) + " |")
    return "\n".join(lines)
