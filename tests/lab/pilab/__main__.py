"""Entry point, both for `python -m tests.lab.pilab` and for `python /path/to/pilab`."""

import importlib
import sys
from pathlib import Path

if not __package__:
    # Run by path: make this folder a package, instead of a place to import modules from.
    folder = Path(__file__).resolve().parent
    sys.path[0] = str(folder.parent)
    __package__ = importlib.import_module(folder.name).__name__

from .cli import main

sys.exit(main())
