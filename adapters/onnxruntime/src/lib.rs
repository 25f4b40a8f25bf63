//! ONNX Runtime, loaded from a library file.
#![forbid(unsafe_code)]
