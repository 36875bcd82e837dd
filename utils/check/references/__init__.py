"""The right answers to those steps of the notebooks that no operator of `utils` gives; `operations` lists them."""
