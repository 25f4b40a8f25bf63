//! Whether a figure is as it should be.

use std::fmt;

/// A figure beside the bounds that it should lie in.
#[derive(Debug)]
pub struct Verdict {
    what: String,
    figure: f64,
    bounds: [f64; 2],
    is_noisy: bool,
}

impl Verdict {
    /// `what` names the figure; the bounds are the least and the most.
    pub fn new(what: String, figure: f64, bounds: [f64; 2]) -> Self {
        Self {
            what,
            figure,
            bounds,
            is_noisy: false,
        }
    }

    /// Of a figure that scatters too much here for a miss to say anything.
    pub fn unless(self, is_noisy: bool) -> Self {
        Self { is_noisy, ..self }
    }

    /// Whether the figure lies outside its bounds on a machine that was quiet.
    pub fn is_missed(&self) -> bool {
        !self.is_within() && !self.is_noisy
    }

    fn is_within(&self) -> bool {
        let [least, most] = self.bounds;
        (least..=most).contains(&self.figure)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match (self.is_within(), self.is_noisy) {
            (true, false) => "met    ",
            (false, false) => "MISSED ",
            (_, true) => "unclear",
        };
        let [least, most] = self.bounds;
        write!(f, "{word} {}: {:.3} ", self.what, self.figure)?;
        match (least > 0.0, most.is_finite()) {
            (true, true) => write!(f, "(from {least} to {most})"),
            (true, false) => write!(f, "({least} at the least)"),
            _ => write!(f, "({most} at the most)"),
        }?;
        match self.is_noisy {
            true => f.write_str(": the machine is not quiet"),
            false => Ok(()),
        }
    }
}
