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

#[cfg(test)]
mod tests {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};

    use super::super::constraint::Rule;
    use super::super::problem::Problem;
    use super::super::rung::Rung;
    use super::super::settle::{Step, settle};
    use super::*;

    fn solved(problem: &Problem) -> Result<Solution, Unsolved> {
        solve(&Classes::new(problem, Rung::smallest(), &BTreeSet::new()))
    }

    /// The sizes that `vars` get.
    fn sizes(problem: &Problem, vars: &[Var]) -> Vec<i64> {
        let solution = solved(problem).expect("a solution");
        vars.iter().map(|var| solution.size(*var)).collect()
    }

    #[test]
    fn what_nothing_ties_shrinks_to_the_rung_and_ones_stay() {
        let mut problem = Problem::default();
        let vars = [768, 1, 2].map(|size| problem.free(size));
        assert_eq!(sizes(&problem, &vars), [2, 1, 2]);
    }

    #[test]
    fn a_product_follows_its_factors_and_a_pinned_factor_stays() {
        let mut problem = Problem::default();
        let [hidden, heads, width] = [768, 12, 64].map(|size| problem.free(size));
        problem.product(vec![hidden], vec![heads, width]);
        assert_eq!(sizes(&problem, &[hidden, heads, width]), [4, 2, 2]);
        problem.pin(&[heads]);
        assert_eq!(sizes(&problem, &[hidden, heads, width]), [24, 12, 2]);
    }

    #[test]
    fn a_broken_tie_goes_back_to_the_choice_to_blame() {
        let mut problem = Problem::default();
        let [unrelated, map, windows, window] = [9, 56, 8, 7].map(|size| problem.free(size));
        let [shift, rest] = [3, 53].map(|size| problem.free(size));
        problem.pin(&[shift]);
        problem.product(vec![map], vec![windows, window]);
        problem.sum(map, vec![shift, rest]);
        let all = [unrelated, map, windows, window, shift, rest];
        assert_eq!(sizes(&problem, &all), [2, 4, 2, 2, 3, 1]);
    }

    #[test]
    fn a_map_that_stays_keeps_an_input_that_gives_it_and_a_free_one_the_least() {
        let patch = Rule::Window {
            kernel: 16,
            stride: 16,
            dilation: 1,
            padding: 0,
            ceil: false,
        };
        let image_and_map = |pins: bool| {
            let mut problem = Problem::default();
            let [image, map] = [230, 14].map(|size| problem.free(size));
            problem.follow(map, image, patch);
            if pins {
                problem.pin(&[map]);
            }
            sizes(&problem, &[image, map])
        };
        assert_eq!(image_and_map(true), [224, 14]);
        assert_eq!(image_and_map(false), [16, 1]);
    }

    #[test]
    fn a_tie_that_even_the_originals_break_is_named_with_its_operator() {
        let mut problem = Problem::default();
        let [total, part] = [8, 5].map(|size| problem.free(size));
        problem.pin(&[total, part]);
        problem.current = 7;
        problem.sum(total, vec![part]);
        let unsolved = solved(&problem).expect_err("8 is not 5");
        assert_eq!(unsolved.operator, 7);
        assert_eq!(
            unsolved.tie,
            Tie::Sum {
                total: 8,
                parts: vec![5]
            }
        );
    }

    /// A problem of random sums and products that its originals satisfy.
    fn random(seed: u64) -> Problem {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut below = |limit: usize| (random.next_u64() % limit as u64) as usize;
        let mut problem = Problem::default();
        let mut vars: Vec<Var> = (0..6).map(|_| problem.free(1 + below(12) as i64)).collect();
        for _ in 0..10 {
            let [one, other] = [vars[below(vars.len())], vars[below(vars.len())]];
            let (x, y) = (problem.was(one), problem.was(other));
            match below(3) {
                0 => {
                    let total = problem.free(x + y);
                    problem.sum(total, vec![one, other]);
                    vars.push(total);
                }
                1 if x * y < 10_000 => {
                    let product = problem.free(x * y);
                    problem.product(vec![product], vec![one, other]);
                    vars.push(product);
                }
                _ if x == y => problem.unite(one, other),
                _ => problem.pin(&[vars[below(6)]]),
            }
        }
        problem
    }

    #[test]
    fn every_solution_meets_every_tie_and_nothing_grows() {
        for seed in 0..300 {
            let problem = random(seed);
            let classes = Classes::new(&problem, Rung::smallest(), &BTreeSet::new());
            let solution = solve(&classes).expect("the originals satisfy all");
            let values: Vec<_> = solution.sizes.iter().copied().map(Some).collect();
            for (_, tie) in &classes.ties {
                let step = settle(tie, &values, &classes.originals, [1, 1]);
                assert_eq!(step, Step::Nothing, "seed {seed} {tie:?}");
            }
            let mut both = solution.sizes.iter().zip(&classes.originals);
            assert!(
                both.all(|(size, original)| (1..=*original).contains(size)),
                "seed {seed}"
            );
        }
    }
}
