"""The names a user types mean the same whatever was imported before, and tell who they are."""

import importlib.metadata
import inspect
import pickle
import subprocess
import sys
from copy import deepcopy

import pytest

import drivers
from tests.architecture.source import PACKAGE

CALLABLE = {
    "read": "drivers.read.source",
    "fit": "drivers.fit.run",
    "gap": "drivers.gap.run",
    "importance": "drivers.importance.compute",
    "change": "drivers.change.run",
    "report": "drivers.report.run",
    "simulate": "drivers.simulate.survey",
}

ORDERS = [
    "import drivers as dr",
    "from drivers import fit, read, importance; import drivers as dr",
    "import drivers.fit.regression; import drivers as dr",
    "from drivers.fit.run import fit; import drivers as dr",
    "import drivers.importance.compute, drivers.read.source, drivers.fit.run; import drivers as dr",
    "import drivers as dr; dr.fit; import drivers.fit.regression; from drivers.fit.run import fit",
    "from drivers.importance.result import Importance; from drivers import *; import drivers as dr",
]

CHECK = """
{order}
import importlib.metadata
for name, home in {callables!r}.items():
    function = getattr(importlib.import_module(home), name)
    assert callable(getattr(dr, name)), name
    assert getattr(dr, name).__call__ is function, name
    assert getattr(importlib.import_module("drivers." + name), name) is function, name
from drivers.fit import regression
import drivers.fit
assert drivers.fit is dr.fit and dr.fit.regression is regression
"""


@pytest.mark.parametrize("order", ORDERS)
def test_a_stage_can_be_called_in_every_order_of_imports(order):
    code = CHECK.format(order=order, callables=CALLABLE)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", drivers.__all__)
def test_every_public_name_loads(name):
    assert getattr(drivers, name) is not None
    assert name in dir(drivers)


@pytest.mark.parametrize(("name", "home"), CALLABLE.items())
def test_a_stage_shows_its_functions_signature_and_docstring(name, home):
    function = getattr(importlib.import_module(home), name)
    stage = getattr(drivers, name)
    assert inspect.signature(stage) == inspect.signature(function)
    assert stage.__doc__ == function.__doc__
    assert inspect.getdoc(function)


def test_an_error_in_a_call_starts_at_the_users_line():
    with pytest.raises(TypeError, match=r"simulate\(\) got an unexpected keyword argument 'no_such_option'") as caught:
        drivers.simulate(no_such_option=1)
    assert len(caught.traceback) == 1


def test_a_stage_survives_pickling_and_copying():
    assert pickle.loads(pickle.dumps(drivers.fit)) is drivers.fit  # noqa: S301 - our own bytes
    assert deepcopy(drivers.fit) is drivers.fit


@pytest.mark.parametrize("name", CALLABLE)
def test_no_file_hides_the_function_of_its_folder(name):
    assert not (PACKAGE / name / f"{name}.py").exists()
    assert not (PACKAGE / name / name).exists()


@pytest.mark.parametrize("stage", [drivers, drivers.fit])
def test_an_unknown_name_is_an_attribute_error(stage):
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = stage.nonsense


def test_the_version_is_the_installed_one():
    assert drivers.__version__ == importlib.metadata.version("drivers")
