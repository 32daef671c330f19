"""Modules of the standard library that few programs reach through this package: each is loaded when first used.

Together they take as long to load as a third of what is ours. The ones that NumPy loads itself are not worth a row.
"""

import importlib

NAMES = ("base64", "configparser", "difflib", "glob", "hashlib", "json", "pdb", "platform", "shutil", "subprocess",
         "sysconfig", "tempfile", "zipfile")


class LateModule:
    """Stands for the module ``name``, with the attributes of that one, ``__dict__`` too."""

    __slots__ = ("_name",)

    def __init__(self, name):
        object.__setattr__(self, "_name", name)

    def __getattr__(self, attribute):
        return getattr(importlib.import_module(self._name), attribute)

    def __setattr__(self, attribute, value):
        setattr(importlib.import_module(self._name), attribute, value)

    def __delattr__(self, attribute):
        delattr(importlib.import_module(self._name), attribute)

    def __reduce__(self):
        return importlib.import_module, (self._name,)

    def __repr__(self):
        return f"<module {self._name!r}, loaded at its first use>"


globals().update({name: LateModule(name) for name in NAMES})
