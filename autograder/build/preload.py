"""Imported once by the process that all notebook runs are forked from. See warm.py."""

# pyright: reportUnusedImport=false
import os

os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # read at import

import ipykernel.inprocess.manager
import ipywidgets
import matplotlib.backends.backend_agg
import matplotlib.figure  # not pyplot: it must find the kernel that is running when it is imported
import numpy
import otter.assign
import sympy

import autograder.build.builder

__all__ = ["autograder", "ipykernel", "ipywidgets", "matplotlib", "numpy", "otter", "sympy"]
