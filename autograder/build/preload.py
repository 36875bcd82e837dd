"""Imported once by the process that all notebook runs are forked from. See warm.py."""

import os

import autograder.build.warm  # no debugger's warning, no threads

os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # read at import

import anywidget
import ipykernel.debugger
import ipykernel.inprocess.ipkernel
import ipykernel.inprocess.manager
import ipywidgets
import matplotlib.backends.backend_agg
import matplotlib.figure  # not pyplot: it must find the kernel that is running when it is imported
import numpy
import otter.assign
import sympy

import autograder.build.builder

__all__ = ["anywidget", "autograder", "ipykernel", "ipywidgets", "matplotlib", "numpy", "otter", "sympy"]
