//! Says what bytes look like that are not an ONNX model, so that the error helps whoever mixed up two files.

/// What is said of bytes that resemble nothing known.
pub(super) const UNKNOWN: &str = "data of an unknown format";
const TORCH: &str = "a zip archive, such as a PyTorch checkpoint";

const MAGIC: [(usize, &[u8], &str); 12] = [
    (0, b"PK\x03\x04", TORCH),
    (
        0,
        b"version https://git-lfs",
        "a Git LFS pointer (run git lfs pull)",
    ),
    (0, b"GGUF", "a GGUF file"),
    (0, b"\x89HDF\r\n", "an HDF5 file, such as a Keras model"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (
        0,
        b"\x80\x02",
        "a Python pickle, such as a PyTorch checkpoint",
    ),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x7fELF", "a program"),
    (0, b"%PDF", "a PDF document"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (4, b"ORTM", "a model in ONNX Runtime's own format"),
    (8, b"{\"", "a safetensors file"),
];

/// What `bytes` look like, with its article.
pub(super) fn looks_like(bytes: &[u8]) -> &'static str {
    let magic = MAGIC
        .iter()
        .find(|(offset, magic, _)| bytes.get(*offset..).is_some_and(|b| b.starts_with(magic)));
    match magic {
        Some((_, _, name)) => name,
        None => looks_like_text(bytes).unwrap_or(UNKNOWN),
    }
}

fn looks_like_text(bytes: &[u8]) -> Option<&'static str> {
    let start = &bytes[..bytes.len().min(512)];
    let is_utf8 = std::str::from_utf8(start).map_or_else(|e| e.error_len().is_none(), |_| true);
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    if !is_utf8 || start.iter().any(is_control) {
        return None;
    }
    Some(match start.trim_ascii_start().first() {
        Some(b'{' | b'[') => "JSON",
        Some(b'<') => "an HTML or XML page",
        _ => "text",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_often_mixed_up_are_told_apart() {
        for (bytes, expected) in [
            (&b"PK\x03\x04\x00\x00"[..], TORCH),
            (b"  {\"a\": 1}", "JSON"),
            (b"<!DOCTYPE html>", "an HTML or XML page"),
            (
                b"version https://git-lfs.github.com/spec/v1\n",
                "a Git LFS pointer (run git lfs pull)",
            ),
            (b"\x40\0\0\0\0\0\0\0{\"weight\":", "a safetensors file"),
            (b"\x1c\0\0\0TFL3", "a TensorFlow Lite model"),
            (b"hello", "text"),
            (b"\0\x01\x02", UNKNOWN),
        ] {
            assert_eq!(looks_like(bytes), expected);
        }
    }
}
