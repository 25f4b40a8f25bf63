//! What libtorch says when it fails, without what only its makers read.

use tch::TchError;

/// A reason, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ShimError(String);

impl ShimError {
    /// From the text of an exception: of a traceback its last word, of several lines the first.
    pub(crate) fn new(text: &str) -> Self {
        let told = raised(text)
            .unwrap_or(text)
            .split(" This is an internal miniz error.")
            .next();
        let line = told
            .unwrap_or_default()
            .lines()
            .find(|line| !line.trim().is_empty());
        Self(
            line.unwrap_or("no reason")
                .trim()
                .trim_end_matches('.')
                .to_owned(),
        )
    }
}

/// What follows the last `KindOfError: ` that begins a line, such as `builtins.RuntimeError: `.
fn raised(text: &str) -> Option<&str> {
    let is_kind = |word: &str| {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        word.chars().all(is_name) && (word.ends_with("Error") || word.ends_with("Exception"))
    };
    let lines = text.split_inclusive('\n').scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line))
    });
    let reasons = lines.filter_map(|(start, line)| {
        let (kind, _) = line.split_once(": ")?;
        is_kind(kind).then(|| &text[start + kind.len() + 2..])
    });
    reasons.last()
}

/// What the binding's error says, in a line.
pub(crate) fn told(error: &TchError) -> String {
    match error {
        TchError::Torch(text) => ShimError::new(text).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::*;

    #[test]
    fn one_line_remains_of_what_the_binding_says() {
        let failed = Tensor::from_slice(&[1.0f32, 2.0]).f_reshape([3]);
        assert_eq!(
            told(&failed.expect_err("two are not three")),
            "shape '[3]' is invalid for input of size 2"
        );
        let shape = TchError::Shape("three axes".to_owned());
        assert_eq!(told(&shape), "invalid shape: three axes");
    }

    #[test]
    fn one_line_remains_of_what_an_exception_says() {
        let told = |text| ShimError::new(text).to_string();
        let traceback = "The following operation failed in the TorchScript interpreter.\nTraceback (most recent call last):\n    return x @ x\n           ~~~~~ <--- HERE\nRuntimeError: shapes differ\n\n";
        assert_eq!(told(traceback), "shapes differ");
        let raised = "The following operation failed in the TorchScript interpreter.\nTraceback (most recent call last):\n    raise RuntimeError(\"boom\")\n    ~~~~~ <--- HERE\nbuiltins.RuntimeError: boom\n";
        assert_eq!(told(raised), "boom");
        assert_eq!(told("\nno such file.\nat line 3"), "no such file");
        assert_eq!(
            told("not a ZIP archive. This is an internal miniz error. If you are seeing this"),
            "not a ZIP archive"
        );
        assert_eq!(told(""), "no reason");
    }
}
