"""The learned prior: from model packs to ONNX weights. One command a step: `python3 -m training <step>` (README.md)."""
