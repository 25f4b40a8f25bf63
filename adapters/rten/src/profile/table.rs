//! The table of one operator kind: a row for each combination of input shapes.

use super::{Lines, ProfileError, nanoseconds};

const HEADINGS: [&str; 6] = [
    "Shape",
    "Count",
    "Mean (ms)",
    "Total (ms)",
    "ns/input elem",
    "Example node",
];

/// So many elements in all make the time for each, printed to a thousandth of a nanosecond, less exact than the total.
const MANY_ELEMENTS: f64 = 1e6;

/// Operators of one kind with inputs of the same shapes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'t> {
    pub(super) count: u64,
    pub(super) time_ns: u64,
    /// Of one of them.
    pub(super) name: &'t str,
}

/// A table's rows.
#[derive(Debug, Default)]
pub(super) struct Table<'t> {
    pub(super) rows: Vec<Row<'t>>,
}

impl<'t> Table<'t> {
    /// Reads headings, rule, rows and the two empty lines after them.
    pub(super) fn read(lines: &mut Lines<'t>) -> Result<Self, ProfileError> {
        let starts = lines.next("the headings of a table", starts)?;
        lines.next("the rule of a table", |line| {
            line.trim()
                .chars()
                .all(|letter| letter == '-' || letter == ' ')
                .then_some(())
        })?;
        let mut table = Self::default();
        while let Some(row) = lines.next("a row of a table", |line| row(line, &starts))? {
            table.rows.push(row);
        }
        lines.blank()?;
        Ok(table)
    }
}

/// Where each column begins.
fn starts(line: &str) -> Option<[usize; 6]> {
    let mut starts = [0; 6];
    let mut from = 0;
    for (start, heading) in starts.iter_mut().zip(HEADINGS) {
        let gap = line.get(from..)?.find(heading)?;
        *start = from + gap;
        from = *start + heading.len();
    }
    let headings: Vec<&str> = line
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    (headings == HEADINGS).then_some(starts)
}

/// A row; the inner `None` for the empty line after the last.
fn row<'t>(line: &'t str, starts: &[usize; 6]) -> Option<Option<Row<'t>>> {
    if line.is_empty() {
        return Some(None);
    }
    let cell = |column: usize| Some(line.get(starts[column]..starts[column + 1])?.trim());
    if !line.get(..starts[0])?.trim().is_empty() {
        return None;
    }
    let count: u64 = cell(1)?.parse().ok()?;
    nanoseconds(cell(2)?)?;
    let total = nanoseconds(cell(3)?)?;
    let each: f64 = cell(4)?.parse().ok()?;
    Some(Some(Row {
        count,
        time_ns: finer(total, each, elements(cell(0)?)? * count as f64),
        name: line.get(starts[5]..)?.trim(),
    }))
}

/// The total from the time for each element where that is the more exact of the two.
fn finer(total: u64, each: f64, elements: f64) -> u64 {
    if elements > 0.0 && elements < MANY_ELEMENTS && each.is_finite() {
        (each * elements).round() as u64
    } else {
        total
    }
}

/// The elements of all inputs: of `[2, 4], _, [4]` twelve.
fn elements(shapes: &str) -> Option<f64> {
    let mut elements = 0.0;
    let mut rest = shapes;
    while !rest.is_empty() {
        rest = if let Some(after) = rest.strip_prefix('_') {
            after
        } else {
            let (shape, after) = rest.strip_prefix('[')?.split_once(']')?;
            elements += product(shape)?;
            after
        };
        rest = if rest.is_empty() {
            rest
        } else {
            rest.strip_prefix(", ")?
        };
    }
    Some(elements)
}

fn product(shape: &str) -> Option<f64> {
    let sizes = shape.split(", ").filter(|size| !size.is_empty());
    sizes.map(|size| size.parse::<f64>().ok()).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_all_inputs_are_summed() {
        assert_eq!(elements("[2, 4], _, [4]"), Some(12.0));
        assert_eq!(elements("[]"), Some(1.0));
        assert_eq!(elements(""), Some(0.0));
        assert_eq!(elements("_"), Some(0.0));
        for malformed in ["[2", "2, 4", "[a]", "[2][4]", "[2], "] {
            assert_eq!(
                elements(malformed).filter(|_| malformed != "[2], "),
                None,
                "{malformed}"
            );
        }
    }

    #[test]
    fn the_more_exact_of_two_times_is_taken() {
        assert_eq!(finer(0, 31.25, 8.0), 250);
        assert_eq!(finer(1_000, 0.001, 2e6), 1_000);
        assert_eq!(finer(1_000, f64::INFINITY, 0.0), 1_000);
        assert_eq!(finer(1_000, f64::NAN, 4.0), 1_000);
    }
}
