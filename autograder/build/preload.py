"""Imported once by the process that all notebook runs are forked from. See warm.py."""

import autograder.build.warm

# isort: split
import ipykernel.inprocess
import ipywidgets
import matplotlib.pyplot
import numpy
import otter.assign
import sympy

import autograder.build.builder

__all__ = ["autograder", "ipykernel", "ipywidgets", "matplotlib", "numpy", "otter", "sympy"]
