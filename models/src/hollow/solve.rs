//! Small sizes that satisfy all ties: a search that chooses the smallest first and, where a tie breaks, goes back to
//! the last choice that led there (conflict-directed backjumping: P. Prosser, Hybrid algorithms for the constraint
//! satisfaction problem, 1993).

use std::collections::BTreeSet;

use super::candidates::candidates;
use super::classes::Classes;
use super::constraint::Tie;
use super::state::{Conflict, State};
use super::variables::Var;

/// Broken ties of one search, after which what led to the last keeps its size and the search begins anew.
const MOST_CONFLICTS: usize = 3_000;
const MOST_SEARCHES: usize = 50;

/// A size for each class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Solution {
    of: Vec<usize>,
    sizes: Vec<i64>,
}

impl Solution {
    /// The size of a variable.
    pub fn size(&self, var: Var) -> i64 {
        self.sizes[self.of[var.0 as usize]]
    }
}

/// A tie that no sizes satisfied, by the operator that makes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unsolved {
    pub operator: usize,
    pub tie: Tie<i64>,
}

/// Chooses what is free, smallest first, and draws what follows.
///
/// # Errors
/// A tie that does not hold even at the original sizes of what leads to it.
pub(super) fn solve(classes: &Classes) -> Result<Solution, Unsolved> {
    let mut classes = classes.clone();
    for _ in 0..MOST_SEARCHES {
        let conflict = match search(&classes) {
            Ok(sizes) => {
                return Ok(Solution {
                    of: classes.of,
                    sizes,
                });
            }
            Err(conflict) => conflict,
        };
        if conflict.chosen.is_empty() {
            return Err(unsolved(&classes, &conflict));
        }
        for class in conflict.chosen {
            classes.fixed[class] = true;
        }
    }
    let tie = 0;
    let chosen = BTreeSet::new();
    Err(unsolved(&classes, &Conflict { tie, chosen }))
}

fn unsolved(classes: &Classes, conflict: &Conflict) -> Unsolved {
    let (operator, tie) = &classes.ties[conflict.tie];
    Unsolved {
        operator: *operator,
        tie: tie.map(|class| classes.originals[class]),
    }
}

/// A choice that may still be revised.
struct Choice {
    class: usize,
    /// Its place in the order of choices.
    place: usize,
    /// What was known before it.
    mark: usize,
    left: std::vec::IntoIter<i64>,
    /// Other choices that its earlier sizes were in conflict with.
    blamed: BTreeSet<usize>,
}

fn search(classes: &Classes) -> Result<Vec<i64>, Conflict> {
    let mut order: Vec<usize> = (0..classes.originals.len()).collect();
    order.sort_by_key(|class| (classes.derived[*class], classes.originals[*class]));
    let mut state = State::new(classes)?;
    let mut choices: Vec<Choice> = vec![];
    let mut conflicts = 0;
    loop {
        let from = choices.last().map_or(0, |choice| choice.place);
        let open = (from..order.len()).find(|place| state.value(order[*place]).is_none());
        let Some(place) = open else {
            let values = (0..order.len()).filter_map(|class| state.value(class));
            return Ok(values.collect());
        };
        let class = order[place];
        choices.push(Choice {
            class,
            place,
            mark: state.mark(),
            left: candidates(classes, &state, class).into_iter(),
            blamed: BTreeSet::new(),
        });
        let mut outcome = advance(&mut state, &mut choices, None);
        while let Err(conflict) = outcome {
            conflicts += 1;
            if choices.is_empty() || conflicts > MOST_CONFLICTS {
                return Err(conflict);
            }
            outcome = advance(&mut state, &mut choices, Some(conflict));
        }
    }
}

/// Tries the next size of the last choice that a conflict blames; `Err` where that breaks a tie in turn, or no choice is left.
fn advance(
    state: &mut State,
    choices: &mut Vec<Choice>,
    conflict: Option<Conflict>,
) -> Result<(), Conflict> {
    let mut conflict = conflict;
    while let Some(mut choice) = choices.pop() {
        state.undo(choice.mark);
        if let Some(conflict) = &mut conflict {
            if !conflict.chosen.remove(&choice.class) {
                continue;
            }
            choice.blamed.append(&mut conflict.chosen);
        }
        if let Some(size) = choice.left.next() {
            let class = choice.class;
            choices.push(choice);
            return state.choose(class, size);
        }
        if let Some(conflict) = &mut conflict {
            conflict.chosen = choice.blamed;
        }
    }
    conflict.map_or(Ok(()), Err)
}
