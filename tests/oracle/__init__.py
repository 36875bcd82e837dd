"""PyTorch as the judge: `make oracle`."""
