"""Exports models to ONNX, safetensors and .pth, and verifies the written files."""
