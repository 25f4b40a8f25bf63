//! One tie under sizes some of which are known: what follows, or that it cannot hold.

use super::constraint::Tie;

/// What a tie says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet, or that it holds.
    Nothing,
    /// The size of a class.
    Set(usize, i64),
    /// It cannot hold.
    Broken,
}

/// What `tie` says where the known sizes are `values`, no class may exceed `originals`, and maps have `least` rows and columns.
pub(super) fn settle(
    tie: &Tie<usize>,
    values: &[Option<i64>],
    originals: &[i64],
    least: [i64; 2],
) -> Step {
    match tie {
        Tie::Sum { total, parts } => sum(*total, parts, values),
        Tie::Product { left, right } => product(left, right, values),
        Tie::Function {
            output,
            inputs,
            rule,
            map_axis,
        } => {
            let known = inputs.iter().map(|input| values[*input]);
            let Some(known) = known.collect::<Option<Vec<_>>>() else {
                return Step::Nothing;
            };
            let axis = map_axis.and_then(|axis| least.get(axis));
            let least = axis.copied().unwrap_or(1).min(originals[*output]);
            match rule.apply(&known) {
                size if size < least => Step::Broken,
                size => given(*output, size, values),
            }
        }
        Tie::AtLeast { large, small } => match (values[*large], values[*small]) {
            (Some(large), Some(small)) if large < small => Step::Broken,
            _ => Step::Nothing,
        },
        Tie::Lowest { size, bound } => match values[*size] {
            Some(value) if value < (*bound).min(originals[*size]) => Step::Broken,
            _ => Step::Nothing,
        },
    }
}

fn given(class: usize, size: i64, values: &[Option<i64>]) -> Step {
    match values[class] {
        None => Step::Set(class, size),
        Some(known) if known == size => Step::Nothing,
        Some(_) => Step::Broken,
    }
}

fn sum(total: usize, parts: &[usize], values: &[Option<i64>]) -> Step {
    let known: i64 = parts.iter().filter_map(|part| values[*part]).sum();
    let mut open = parts.iter().filter(|part| values[**part].is_none());
    let Some(first) = open.next() else {
        return given(total, known, values);
    };
    let (Some(total), true) = (values[total], open.clone().all(|part| part == first)) else {
        return Step::Nothing;
    };
    let count = 1 + open.count() as i64;
    match (total - known) / count {
        each if each >= 1 && each * count == total - known => Step::Set(*first, each),
        _ => Step::Broken,
    }
}

fn product(left: &[usize], right: &[usize], values: &[Option<i64>]) -> Step {
    let of = |side: &[usize]| {
        let known = side.iter().filter_map(|class| values[*class]);
        known.fold(1, i64::saturating_mul)
    };
    let open = |side: &[usize]| {
        let open = side.iter().filter(|class| values[**class].is_none());
        open.copied().collect::<Vec<usize>>()
    };
    let (known, other_known) = (of(left), of(right));
    let (class, power, larger, smaller) = match (open(left).as_slice(), open(right).as_slice()) {
        ([], []) if known == other_known => return Step::Nothing,
        ([], []) => return Step::Broken,
        ([first, rest @ ..], []) if rest.iter().all(|class| class == first) => {
            (*first, 1 + rest.len(), other_known, known)
        }
        ([], [first, rest @ ..]) if rest.iter().all(|class| class == first) => {
            (*first, 1 + rest.len(), known, other_known)
        }
        _ => return Step::Nothing,
    };
    match root(larger, smaller, power as u32) {
        Some(size) => Step::Set(class, size),
        None => Step::Broken,
    }
}

/// The whole number whose power is the quotient.
fn root(larger: i64, smaller: i64, power: u32) -> Option<i64> {
    if smaller <= 0 || larger % smaller != 0 {
        return None;
    }
    let quotient = larger / smaller;
    let near = (quotient as f64).powf(1.0 / f64::from(power)).round() as i64;
    (near.checked_pow(power) == Some(quotient)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::super::constraint::Rule;
    use super::*;

    fn check(tie: &Tie<usize>, values: &[Option<i64>], expect: Step) {
        assert_eq!(
            settle(tie, values, &[64; 8], [2, 1]),
            expect,
            "{tie:?} {values:?}"
        );
    }

    #[test]
    fn a_sum_gives_its_one_unknown() {
        let tie = Tie::Sum {
            total: 0,
            parts: vec![1, 2],
        };
        check(&tie, &[None, Some(2), Some(3)], Step::Set(0, 5));
        check(&tie, &[Some(5), Some(2), None], Step::Set(2, 3));
        check(&tie, &[Some(2), Some(2), None], Step::Broken);
        check(&tie, &[Some(5), None, None], Step::Nothing);
        check(&tie, &[Some(5), Some(2), Some(2)], Step::Broken);
        let thirds = Tie::Sum {
            total: 0,
            parts: vec![1, 1, 1],
        };
        check(&thirds, &[Some(6), None], Step::Set(1, 2));
        check(&thirds, &[Some(7), None], Step::Broken);
    }

    #[test]
    fn a_product_gives_its_one_unknown_and_roots() {
        let tie = Tie::Product {
            left: vec![0],
            right: vec![1, 2],
        };
        check(&tie, &[None, Some(2), Some(3)], Step::Set(0, 6));
        check(&tie, &[Some(6), None, Some(3)], Step::Set(1, 2));
        check(&tie, &[Some(7), None, Some(3)], Step::Broken);
        check(&tie, &[Some(6), None, None], Step::Nothing);
        let square = Tie::Product {
            left: vec![0],
            right: vec![1, 1],
        };
        check(&square, &[Some(9), None], Step::Set(1, 3));
        check(&square, &[Some(8), None], Step::Broken);
    }

    #[test]
    fn a_function_wants_rows_for_its_map() {
        let tie = Tie::Function {
            output: 0,
            inputs: vec![1],
            rule: Rule::Same { stride: 2 },
            map_axis: Some(0),
        };
        check(&tie, &[None, Some(4)], Step::Set(0, 2));
        check(&tie, &[None, Some(2)], Step::Broken);
        check(&tie, &[Some(3), Some(4)], Step::Broken);
        check(&tie, &[Some(3), None], Step::Nothing);
    }

    #[test]
    fn bounds_break() {
        let bound = Tie::Lowest { size: 0, bound: 5 };
        check(&bound, &[Some(4)], Step::Broken);
        check(&bound, &[Some(5)], Step::Nothing);
        let order = Tie::AtLeast { large: 0, small: 1 };
        check(&order, &[Some(1), Some(2)], Step::Broken);
        check(&order, &[Some(2), Some(2)], Step::Nothing);
    }
}
