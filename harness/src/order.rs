//! The order of a run's workers: every repeat goes once over all cells before the next begins, adapters side by side; what
//! a cell is compared with comes before it, profiles come last.

use std::collections::BTreeSet;

use tare_results::{Kind, PlannedCell};

/// One worker's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// What it is for.
    pub kind: Kind,
    /// Place among the plan's references, or its cells.
    pub place: usize,
    /// Which repeat, from 0.
    pub repeat: u64,
}

/// Profiled passes of a cell: one, or where its tax is read from them, on a device, as many as it has repeats.
pub fn passes(planned: &PlannedCell, repeats: u64, profile: bool) -> u64 {
    match (profile, planned.cell.device.as_str()) {
        (false, _) => 0,
        (true, "cpu") => 1,
        (true, _) => repeats,
    }
}

/// All turns over the cells of a run: every repeat, right after it the twin's of those that `is_weighed` says of by their
/// place, then the profiles if they are asked for; those of a device stand with each repeat.
///
/// Cells that differ only in their adapter stand side by side, and each repeat begins with another of them, so that slow
/// drift of the machine meets all adapters alike.
pub fn interleaved(
    cells: &[PlannedCell],
    repeats: u64,
    is_weighed: impl Fn(usize) -> bool,
    profile: bool,
) -> Vec<Turn> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, planned) in cells.iter().enumerate() {
        let key = without_adapter(planned);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, places)) => places.push(place),
            None => groups.push((key, vec![place])),
        }
    }
    let passes: Vec<u64> = cells
        .iter()
        .map(|planned| passes(planned, repeats, profile))
        .collect();
    let several = |place: usize| passes[place] > 1;
    let last = (0..cells.len()).filter(|place| passes[*place] == 1);
    let profiles = last.map(|place| Turn {
        kind: Kind::Profile,
        place,
        repeat: 0,
    });
    (0..repeats)
        .flat_map(|repeat| {
            groups.iter().flat_map(move |(_, places)| {
                let first = (repeat as usize) % places.len();
                let in_turn = (0..places.len()).map(move |step| (first + step) % places.len());
                in_turn.map(move |at| (places[at], repeat))
            })
        })
        .flat_map(|(place, repeat)| {
            let turn = |kind| Turn {
                kind,
                place,
                repeat,
            };
            let twin = is_weighed(place).then(|| turn(Kind::Twin));
            let profile = several(place).then(|| turn(Kind::Profile));
            let timed = [turn(Kind::Measurement)].into_iter();
            timed.chain(twin).chain(profile)
        })
        .chain(profiles)
        .collect()
}

/// `turns` with each reference before the first measurement that needs it, as `needs` says of a cell's place.
pub fn with_references(turns: &[Turn], needs: impl Fn(usize) -> Option<usize>) -> Vec<Turn> {
    let mut given = BTreeSet::new();
    let mut all = Vec::new();
    for turn in turns {
        let needed = match turn.kind {
            Kind::Measurement => needs(turn.place),
            _ => None,
        };
        if let Some(place) = needed.filter(|place| given.insert(*place)) {
            all.push(Turn {
                kind: Kind::Reference,
                place,
                repeat: 0,
            });
        }
        all.push(*turn);
    }
    all
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

    fn told(turns: &[Turn]) -> Vec<(Kind, usize, u64)> {
        let told = |turn: &Turn| (turn.kind, turn.place, turn.repeat);
        turns.iter().map(told).collect()
    }

    #[test]
    fn a_cell_on_a_device_is_profiled_with_each_repeat() {
        let mut cells = [planned("rten", 1), planned("tract", 1)];
        cells[0].cell.device = "cuda:0".to_owned();
        let turns = interleaved(&cells, 2, |place| place == 0, true);
        assert_eq!(
            told(&turns),
            [
                (Kind::Measurement, 0, 0),
                (Kind::Twin, 0, 0),
                (Kind::Profile, 0, 0),
                (Kind::Measurement, 1, 0),
                (Kind::Measurement, 0, 1),
                (Kind::Twin, 0, 1),
                (Kind::Profile, 0, 1),
                (Kind::Measurement, 1, 1),
                (Kind::Profile, 1, 0),
            ]
        );
        let planned = cells.iter().map(|cell| passes(cell, 2, true)).sum::<u64>();
        assert_eq!(planned, 3);
    }

    #[test]
    fn adapters_stand_side_by_side_and_take_turns_to_begin() {
        let cells = [
            planned("rten", 1),
            planned("rten", 8),
            planned("tract", 1),
            planned("tract", 8),
        ];
        let order: Vec<(usize, u64)> = interleaved(&cells, 2, |_| false, false)
            .iter()
            .map(|turn| (turn.place, turn.repeat))
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
        let turns = interleaved(&cells, 5, |_| false, false);
        for cell in 0..4 {
            let mut repeats: Vec<u64> = turns
                .iter()
                .filter(|turn| turn.place == cell)
                .map(|turn| turn.repeat)
                .collect();
            repeats.sort_unstable();
            assert_eq!(repeats, [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn a_profile_of_each_cell_comes_after_every_measurement() {
        let cells = [planned("a", 1), planned("b", 1)];
        let turns = interleaved(&cells, 2, |_| false, true);
        assert_eq!(
            told(&turns[4..]),
            [(Kind::Profile, 0, 0), (Kind::Profile, 1, 0)]
        );
        assert!(turns[..4].iter().all(|turn| turn.kind == Kind::Measurement));
    }

    #[test]
    fn a_twin_follows_each_repeat_of_its_cell() {
        let cells = [planned("a", 1), planned("b", 1)];
        let turns = interleaved(&cells, 2, |place| place == 1, false);
        let (measured, twin) = (Kind::Measurement, Kind::Twin);
        assert_eq!(
            told(&turns),
            [
                (measured, 0, 0),
                (measured, 1, 0),
                (twin, 1, 0),
                (measured, 1, 1),
                (twin, 1, 1),
                (measured, 0, 1)
            ]
        );
    }

    #[test]
    fn a_reference_comes_once_and_right_before_the_first_that_needs_it() {
        let cells = [planned("a", 1), planned("b", 1), planned("c", 1)];
        let turns = interleaved(&cells, 2, |_| false, true);
        let all = with_references(&turns, |place| [None, Some(1), Some(0)][place]);
        let (measured, reference) = (Kind::Measurement, Kind::Reference);
        assert_eq!(
            told(&all[..6]),
            [
                (measured, 0, 0),
                (reference, 1, 0),
                (measured, 1, 0),
                (reference, 0, 0),
                (measured, 2, 0),
                (measured, 1, 1)
            ]
        );
        assert_eq!(all.len(), turns.len() + 2);
        assert_eq!(with_references(&turns, |_| None), turns);
    }
}
