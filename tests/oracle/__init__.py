"""PyTorch as the judge, and ONNX's tests: `make oracle`."""
