"""Where grading runs besides this machine: a container, a cluster, Gradescope."""
