//! What every probe is asked, whatever it measures.

use crate::Unavailable;

/// Measures one quantity over a window of time.
pub trait Probe {
    /// What a window gives.
    type Reading;

    /// Whether it can measure here, without disturbing anything.
    ///
    /// # Errors
    /// The reason why not.
    fn check(&self) -> Result<(), Unavailable>;

    /// Opens a window.
    ///
    /// # Errors
    /// Where the beginning cannot be marked.
    fn begin(&mut self) -> Result<(), Unavailable>;

    /// Closes the window; what could not be measured carries its reason.
    fn end(&mut self) -> Self::Reading;
}
