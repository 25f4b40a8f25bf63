//! The sizes that a free class may get, in the order in which they are tried.

use super::classes::Classes;
use super::constraint::{Rule, Tie};
use super::state::State;

/// Sizes tried one by one from the wanted one on, before doubling.
const NEIGHBOURS: i64 = 6;
/// Inputs tried that give a known output.
const MOST_INPUTS: usize = 12;

/// Sizes from the wanted one to the original; those that give the known output of a function where there is one.
pub(super) fn candidates(classes: &Classes, state: &State, class: usize) -> Vec<i64> {
    let original = classes.originals[class];
    let functions = state.ties_of(class).iter();
    let known = functions.filter_map(|tie| match &classes.ties[*tie].1 {
        Tie::Function {
            output,
            inputs,
            rule,
            ..
        } if inputs.as_slice() == [class] => Some((*rule, state.value(*output)?)),
        _ => None,
    });
    let from = classes.wanted[class].clamp(1, original);
    let mut sizes: Vec<i64> = match known.collect::<Vec<_>>().as_slice() {
        [] => growing(from, original),
        known => {
            let gives = |size: &i64| {
                known
                    .iter()
                    .all(|(rule, output)| gives(*rule, *size, *output))
            };
            (1..=original).filter(gives).take(MOST_INPUTS).collect()
        }
    };
    if sizes.last() != Some(&original) {
        sizes.push(original);
    }
    sizes
}

fn gives(rule: Rule, input: i64, output: i64) -> bool {
    rule.apply(&[input]) == output
}

fn growing(from: i64, original: i64) -> Vec<i64> {
    let near = from..=original.min(from + NEIGHBOURS);
    let doubled = std::iter::successors(Some(from.saturating_mul(2)), |size| size.checked_mul(2));
    let far = doubled.skip_while(|size| *size <= from + NEIGHBOURS);
    near.chain(far.take_while(|size| *size < original))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_grow_by_one_then_double() {
        assert_eq!(growing(2, 100), [2, 3, 4, 5, 6, 7, 8, 16, 32, 64]);
        assert_eq!(growing(2, 4), [2, 3, 4]);
        assert_eq!(growing(5, 5), [5]);
    }
}
