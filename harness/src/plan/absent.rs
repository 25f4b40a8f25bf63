//! Adapters of a suite that are not here: left out, each said once with what mends it.

use std::fmt;

use super::settle::check_adapter;
use super::{PlanError, Selection};
use crate::desk::Desk;

/// One matrix of a suite, with its experiment's name where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The experiment.
    pub experiment: Option<String>,
    /// Its cells.
    pub selection: Selection,
}

/// Something that will not be measured; printed as one line with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Adapters as written, or an experiment.
    pub what: Vec<String>,
    /// Why, and what mends it.
    pub reason: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "left out: {}: {}", self.what.join(", "), self.reason)
    }
}

/// The matrices without the adapters that are not here, and what was left out: adapters by what mends them, then the
/// experiments of which nothing is left.
///
/// # Errors
/// Where an adapter is unknown, or no adapter of any matrix is here.
pub fn leave_out(
    matrices: Vec<Named>,
    desk: &dyn Desk,
) -> Result<(Vec<Named>, Vec<LeftOut>), PlanError> {
    let mut left_out: Vec<LeftOut> = Vec::new();
    let mut empty: Vec<LeftOut> = Vec::new();
    let mut present: Vec<Named> = Vec::new();
    for mut matrix in matrices {
        let mut here = Vec::new();
        for adapter in &matrix.selection.adapters {
            match check_adapter(desk, adapter) {
                Ok(()) => here.push(adapter.clone()),
                Err(PlanError::Unavailable { reason, remedy, .. }) => {
                    note(
                        &mut left_out,
                        adapter.to_string(),
                        format!("{reason}; {remedy}"),
                    );
                }
                Err(other) => return Err(other),
            }
        }
        matrix.selection.adapters = here;
        match (matrix.selection.adapters.is_empty(), &matrix.experiment) {
            (false, _) => present.push(matrix),
            (true, Some(name)) => empty.push(nothing_of(name)),
            (true, None) => {}
        }
    }
    if present.is_empty() {
        let reasons = left_out.iter().map(|left_out| {
            let what = left_out.what.join(", ");
            format!("{what}: {}", left_out.reason)
        });
        return Err(PlanError::NoneHere(reasons.collect::<Vec<_>>().join(" · ")));
    }
    left_out.extend(empty);
    Ok((present, left_out))
}

fn nothing_of(experiment: &str) -> LeftOut {
    LeftOut {
        what: vec![format!("experiment '{experiment}'")],
        reason: "none of its adapters is here".to_owned(),
    }
}

/// Adds `adapter` to those that the same thing mends.
fn note(left_out: &mut Vec<LeftOut>, adapter: String, reason: String) {
    match left_out.iter_mut().find(|known| known.reason == reason) {
        Some(known) if known.what.contains(&adapter) => {}
        Some(known) => known.what.push(adapter),
        None => left_out.push(LeftOut {
            what: vec![adapter],
            reason,
        }),
    }
}
