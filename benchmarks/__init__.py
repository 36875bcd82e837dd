"""Measurements. Each script measures one thing and writes its section of RESULTS.md."""
