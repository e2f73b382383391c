"""Make a folder callable: `drivers.fit` is a package and `drivers.fit(answers)` fits.

Folders are named after the stage they hold, and so are the functions a user types. Python binds `drivers.fit` to the
folder as soon as anything inside it is imported, whatever was bound before; so the folder itself is made callable, and
`drivers.fit` is one object that means the same in every order of imports. A folder joins with two lines in its
`__init__.py`::

    if TYPE_CHECKING:
        from drivers.fit.run import fit as fit
    make_callable(__name__, "drivers.fit.run", "fit")

The function is imported at the first call. It is also there as `drivers.fit.fit`, its docstring is what
`help(drivers.fit)` shows, and `drivers/__init__.py` tells type checkers that `drivers.fit` is that function. (For them
the rest of the folder is reached by `from drivers.fit.regression import ...`, not by attribute.)
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from inspect import Signature


def signature_of(function: Callable[..., object]) -> Signature:
    """Return the signature of `function`; `inspect` is heavy, so it loads only when one is asked for."""
    from inspect import signature

    return signature(function)


class CallablePackage(ModuleType):
    """A package that stands for the one function it is named after, the `_function` in `_module`."""

    _module: str
    _function: str

    def _load(self) -> Callable[..., object]:
        function: Callable[..., object] = getattr(import_module(self._module), self._function)
        return function

    # Properties, so that signature, docstring, traceback and stacklevel are the function's own.
    __call__ = property(_load)
    __doc__ = property(lambda self: self._load().__doc__)
    __signature__ = property(lambda self: signature_of(self._load()))

    def __getattr__(self, name: str) -> object:
        if name == self.__dict__.get("_function"):
            return self._load()
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), self._function})

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return import_module, (self.__name__,)


def make_callable(package: str, module: str, function: str) -> None:
    """Let `package`, which is being imported, be called as the `function` in `module`; nothing is loaded yet."""
    folder = sys.modules[package]
    vars(folder).update(_module=module, _function=function)
    folder.__class__ = CallablePackage
