"""What the words of a value label say about why there is no rating."""

from __future__ import annotations

import re

from drivers.survey.codes import text_key
from drivers.survey.decode import Reason

_NOT_APPLICABLE = re.compile(
    r"not applicable|not apply|never used|not used|did(n't| not) use|have(n't| not) used|no experience|"
    r"\bn\.? ?/? ?a\b\.?|trifft nicht zu|nicht genutzt|sans objet|non concern|no aplica"
)
_DONT_KNOW = re.compile(
    r"don'?t know|do not know|\bdk\b|no opinion|can(no|')t (say|judge|rate)|unsure|"
    r"wei(ß|ss) nicht|ne sait? pas|no sabe"
)
_BLANK = re.compile(
    r"blank|no (answer|response)|not answered|refuse|missing|skipped|keine angabe|sans réponse|no contesta"
)


def reason_of_label(label: str) -> Reason | None:
    """Return why a code so labelled has no rating, or None when the words do not say.

    Parameters
    ----------
    label : str
        A value label such as "Have never used".

    Returns
    -------
    Reason or None
        Not applicable, don't know or blank, from English, German, French and Spanish wordings.
    """
    words = text_key(label)
    for reason, pattern in (
        (Reason.NOT_APPLICABLE, _NOT_APPLICABLE),
        (Reason.DONT_KNOW, _DONT_KNOW),
        (Reason.BLANK, _BLANK),
    ):
        if pattern.search(words):
            return reason
    return None
