//! The order of a run's workers: every repeat goes once over all cells before the next begins, adapters side by side.

use tare_results::PlannedCell;

/// A repeat of a cell, by the cell's place in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Place in the plan.
    pub cell: usize,
    /// Which repeat, from 0.
    pub repeat: u64,
}

/// All turns of a run.
///
/// Cells that differ only in their adapter stand side by side, and each repeat begins with another of them, so that slow
/// drift of the machine meets all adapters alike.
pub fn interleaved(cells: &[PlannedCell], repeats: u64) -> Vec<Turn> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, planned) in cells.iter().enumerate() {
        let key = without_adapter(planned);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, places)) => places.push(place),
            None => groups.push((key, vec![place])),
        }
    }
    (0..repeats)
        .flat_map(|repeat| {
            groups.iter().flat_map(move |(_, places)| {
                let first = (repeat as usize) % places.len();
                (0..places.len()).map(move |step| Turn {
                    cell: places[(first + step) % places.len()],
                    repeat,
                })
            })
        })
        .collect()
}

fn without_adapter(planned: &PlannedCell) -> String {
    let mut cell = planned.cell.clone();
    cell.adapter.clear();
    cell.adapter_options.clear();
    cell.id(&planned.model.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::planned;

    #[test]
    fn adapters_stand_side_by_side_and_take_turns_to_begin() {
        let cells = [
            planned("rten", 1),
            planned("rten", 8),
            planned("tract", 1),
            planned("tract", 8),
        ];
        let order: Vec<(usize, u64)> = interleaved(&cells, 2)
            .iter()
            .map(|turn| (turn.cell, turn.repeat))
            .collect();
        assert_eq!(
            order,
            [
                (0, 0),
                (2, 0),
                (1, 0),
                (3, 0),
                (2, 1),
                (0, 1),
                (3, 1),
                (1, 1)
            ]
        );
    }

    #[test]
    fn every_cell_has_every_repeat_once() {
        let cells = [
            planned("a", 1),
            planned("b", 1),
            planned("c", 1),
            planned("a", 2),
        ];
        let turns = interleaved(&cells, 5);
        for cell in 0..4 {
            let mut repeats: Vec<u64> = turns
                .iter()
                .filter(|turn| turn.cell == cell)
                .map(|turn| turn.repeat)
                .collect();
            repeats.sort_unstable();
            assert_eq!(repeats, [0, 1, 2, 3, 4]);
        }
    }
}
