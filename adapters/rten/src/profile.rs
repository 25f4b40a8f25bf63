//! Reads the table that rten prints after a profiled request.

use tare_adapter_api::OperatorTime;

/// Why the text is not rten's profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileError {
    #[error("no profile")]
    Empty,
}

pub(crate) fn parse(text: &str) -> Result<Vec<OperatorTime>, ProfileError> {
    let _ = text;
    Err(ProfileError::Empty)
}
