//! Experiments over several precisions of which one is left: they compare nothing, and are left out.

use std::collections::BTreeSet;

use super::{Named, Work};

/// Takes those experiments out of `cells`, save for the cells that others have too, and says so, a line each. Where nothing
/// else would be measured they stay.
pub fn leave_out(cells: &mut Vec<Work>, matrices: &[Named]) -> Vec<String> {
    let mut told = Vec::new();
    for (place, matrix) in matrices.iter().enumerate() {
        let own = cells.iter().filter(|work| work.selections.contains(&place));
        let left: BTreeSet<&str> = own
            .map(|work| work.planned.cell.precision.as_str())
            .collect();
        let (Some(name), Some(one), 1) = (&matrix.experiment, left.first(), left.len()) else {
            continue;
        };
        let alone = |work: &Work| work.selections == [place];
        if matrix.selection.precisions.len() < 2 || cells.iter().all(alone) {
            continue;
        }
        told.push(format!(
            "left out: experiment '{name}': no adapter here computes its models in another precision than {one}, so that \
             there is nothing to compare; a GPU does"
        ));
        cells.retain(|work| !alone(work));
        for work in cells.iter_mut() {
            work.selections.retain(|own| *own != place);
        }
    }
    told
}
