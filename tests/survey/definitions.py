"""Definitions for the tests: a plain one to change, and others drawn at random within the rules."""

from hypothesis import strategies as st

from drivers.survey.schema import Survey

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=8
).filter(lambda text: text.strip())
"""Column names and texts of any script, with quotes, dots, line ends and control signs in them."""

NO_ANSWER = st.sampled_from(["refused", "n/a", "weiß nicht", "10,5"])
OUTSIDE = st.one_of(st.integers(11, 99), st.integers(-99, -1), NO_ANSWER)
"""Codes that lie on no scale between 0 and 10."""


def survey(**changes):
    """Two drivers and an outcome on 1 to 5, with changes."""
    return Survey(**{"drivers": ["a", "b"], "outcomes": ["y"], "scale": [1, 5], **changes})


@st.composite
def codes(draw):
    listed = draw(st.lists(OUTSIDE, unique=True, max_size=4))
    cut = draw(st.integers(0, len(listed)))
    return {"not_applicable": listed[:cut], "dont_know": listed[cut:]}


@st.composite
def items(draw):
    """One item that contradicts nothing; its codes lie off every scale."""
    item = draw(st.fixed_dictionaries({}, optional={"label": WORDS, "direction": st.sampled_from(["higher", "lower"])}))
    kind = draw(st.sampled_from(["inherits", "closed", "nps", "levels", "open"]))
    if kind == "closed":
        low = draw(st.integers(0, 4))
        item |= {"scale": [low, draw(st.integers(low + 1, 10))], **draw(codes())}
    elif kind == "nps":
        item |= {"scale": [0, 10], "direction": "higher", "score": "nps"}
    elif kind == "levels":
        texts = [["bad", "ok"], ["None", 'Some, "more"', "All"], ["1 low", "2", "3 high"]]
        item |= {"levels": draw(st.sampled_from(texts))}
    elif kind == "open":
        item |= {"scale": "open", **draw(codes())}
    return item


@st.composite
def definitions(draw):
    """A whole definition that contradicts nothing, as plain values."""
    names = draw(st.lists(WORDS, unique=True, min_size=12, max_size=12))
    drivers, outcomes = names[:draw(st.integers(1, 3))], names[3:draw(st.integers(4, 5))]
    asked = dict(zip(drivers, names[5:8], strict=False)) if draw(st.booleans()) else {}
    roles = draw(st.lists(st.sampled_from(["weight", "frequency", "wave", "id"]), unique=True))
    asked_for = {"drivers": drivers, "outcomes": outcomes, "expectations": asked, "scale": [1, 5], **draw(codes())}
    asked_for |= dict(zip(roles, names[8:], strict=False))
    asked_for |= draw(st.fixed_dictionaries({}, optional={"title": WORDS, "data": WORDS}))
    rated = st.sampled_from([*drivers, *outcomes, *asked.values()])
    asked_for["items"] = draw(st.dictionaries(rated, items(), max_size=3))
    return asked_for
