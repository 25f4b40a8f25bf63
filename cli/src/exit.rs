//! The exit code, decided in one place.

use std::fmt::Display;
use std::process::ExitCode;

use crate::terminal::plain;

/// How the program ends, as its exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0.
    Done,
    /// 1: the gate found a regression.
    Regression,
    /// 2: bad arguments or bad input.
    BadInput,
    /// 3: invalid or inconclusive measurement.
    Invalid,
    /// 4: at least one cell failed; the others are recorded.
    CellFailed,
    /// 5: what tuning changed of the machine could not be set back, however the run came out.
    NotRestored,
    /// 130: stopped by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Regression => 1,
            Self::BadInput => 2,
            Self::Invalid => 3,
            Self::CellFailed => 4,
            Self::NotRestored => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error with the exit code it means.
#[derive(Debug)]
pub struct Failed {
    exit: Exit,
    error: anyhow::Error,
}

impl Failed {
    /// Bad arguments or bad input.
    pub fn input(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::BadInput,
            error: error.into(),
        }
    }

    /// Bad arguments or bad input, told in words.
    pub fn told(message: impl Display) -> Self {
        Self::input(anyhow::anyhow!("{message}"))
    }

    /// A machine or result that does not count, told in words.
    pub fn invalid(message: impl Display) -> Self {
        Self {
            exit: Exit::Invalid,
            error: anyhow::anyhow!("{message}"),
        }
    }

    /// A result that could not be kept: what was to be measured has failed.
    pub fn cell(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::CellFailed,
            error: error.into(),
        }
    }

    /// A machine that is not as it was.
    pub fn not_restored(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::NotRestored,
            error: error.into(),
        }
    }

    /// The same error, said to be of `what`.
    pub fn beneath(self, what: &str) -> Self {
        let error = anyhow::anyhow!("{what}: {}", self.text());
        Self { error, ..self }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Prints the error to standard error, each of its lines without what would command a terminal or a CI system.
    pub fn print(&self) {
        let text = self.text();
        let lines: Vec<String> = text.lines().map(plain).collect();
        eprintln!("error: {}", lines.join("\n"));
    }

    /// The error and its causes, without those that the text before them tells already.
    pub fn text(&self) -> String {
        self.error.chain().fold(String::new(), |text, cause| {
            let cause = cause.to_string();
            match text.is_empty() {
                true => cause,
                false if text.contains(&cause) => text,
                false => format!("{text}: {cause}"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_out_has_its_documented_code() {
        let codes = [
            Exit::Done,
            Exit::Regression,
            Exit::BadInput,
            Exit::Invalid,
            Exit::CellFailed,
            Exit::NotRestored,
            Exit::Interrupted,
        ]
        .map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 130]);
        assert_eq!(Failed::told("x").exit(), Exit::BadInput);
        assert_eq!(Failed::invalid("x").exit(), Exit::Invalid);
    }

    #[test]
    fn a_cause_is_told_once() {
        let cause = || std::io::Error::other("no such file");
        let text = |outer: &str| {
            Failed::input(anyhow::Error::new(cause()).context(outer.to_owned())).text()
        };
        assert_eq!(
            text("cannot read m.onnx"),
            "cannot read m.onnx: no such file"
        );
        assert_eq!(
            text("m.onnx: no such file; check the path"),
            "m.onnx: no such file; check the path"
        );
    }
}
