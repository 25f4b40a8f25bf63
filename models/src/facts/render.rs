//! Facts as plain text: aligned columns, thousands separated.

use tare_units::Bytes;

use super::{Class, Facts, OperatorFacts};

/// The facts as a table, one line an operator at the end where `per_operator` asks for it.
pub fn render(facts: &Facts, per_operator: bool) -> String {
    let mut text = totals(facts);
    text += &section("by class", &by_class(facts));
    text += &section("by kind of operator", &by_kind(facts));
    if !facts.unknown_cost.is_empty() {
        text += "\nnot counted: the sums above are lower bounds\n";
        for unknown in &facts.unknown_cost {
            text += &format!(
                "  {} '{}': {}\n",
                unknown.op_type, unknown.name, unknown.reason
            );
        }
    }
    if per_operator {
        text += &section("by operator", &operators(facts));
    }
    text
}

fn totals(facts: &Facts) -> String {
    let bytes = |bytes: Bytes| (separated(bytes.as_bytes()), bytes.to_string());
    let plain = |number: u64| (separated(number), String::new());
    let flops = facts.flops;
    let rows = [
        ("parameters", plain(facts.parameters)),
        ("operators", plain(facts.operators as u64)),
        (
            "FLOPs",
            (separated(flops.as_operations()), flops.to_string()),
        ),
        ("multiply-adds", plain(facts.macs)),
        (
            "  of linear and convolution layers",
            plain(facts.macs_linear),
        ),
        ("  as papers count them", plain(facts.macs_paper)),
        ("bytes that must move", bytes(facts.bytes_min)),
        ("bytes moved unfused", bytes(facts.bytes_unfused)),
        ("input bytes", bytes(facts.input_bytes)),
        ("output bytes", bytes(facts.output_bytes)),
        ("peak activation bytes", bytes(facts.peak_activation_bytes)),
    ];
    let rows = rows.map(|(name, (number, short))| vec![name.to_owned(), number, short]);
    aligned(&rows)
}

fn section(title: &str, rows: &[Vec<String>]) -> String {
    format!("\n{title}\n{}", aligned(rows))
}

fn by_class(facts: &Facts) -> Vec<Vec<String>> {
    let total = facts.flops.as_operations();
    let mut rows = vec![vec![
        "class".to_owned(),
        "FLOPs".to_owned(),
        "share".to_owned(),
    ]];
    rows.extend(facts.by_class.iter().map(|class| {
        let flops = class.flops.as_operations();
        vec![
            class_name(Some(class.class)),
            separated(flops),
            share(flops, total),
        ]
    }));
    rows
}

fn by_kind(facts: &Facts) -> Vec<Vec<String>> {
    let total = facts.flops.as_operations();
    let mut rows = vec![
        ["kind", "count", "FLOPs", "share", "bytes"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(facts.by_kind.iter().map(|kind| {
        let flops = kind.flops.as_operations();
        vec![
            kind.kind.clone(),
            kind.count.to_string(),
            separated(flops),
            share(flops, total),
            separated(kind.bytes.as_bytes()),
        ]
    }));
    rows
}

fn operators(facts: &Facts) -> Vec<Vec<String>> {
    let heads = [
        "operator",
        "FLOPs",
        "bytes read",
        "bytes written",
        "class",
        "kind",
        "shape",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(facts.per_operator.iter().map(operator));
    rows
}

fn operator(operator: &OperatorFacts) -> Vec<String> {
    let known = |number: Option<u64>| number.map_or_else(|| "?".to_owned(), separated);
    let shape = operator.shape.as_ref();
    vec![
        operator.name.clone(),
        known(operator.flops.map(|flops| flops.as_operations())),
        known(operator.bytes_read.map(|bytes| bytes.as_bytes())),
        known(operator.bytes_written.map(|bytes| bytes.as_bytes())),
        class_name(operator.class),
        operator.op_type.clone(),
        shape.map_or_else(|| "?".to_owned(), |shape| format!("{shape:?}")),
    ]
}

fn class_name(class: Option<Class>) -> String {
    let name = match class {
        Some(Class::Matmul) => "matmul",
        Some(Class::Convolution) => "convolution",
        Some(Class::AttentionScores) => "attention scores",
        Some(Class::AttentionValues) => "attention values",
        Some(Class::Normalisation) => "normalisation",
        Some(Class::Softmax) => "softmax",
        Some(Class::Elementwise) => "element-wise",
        Some(Class::Reduction) => "reduction",
        Some(Class::Other) => "other",
        Some(Class::Movement) => "movement",
        None => "?",
    };
    name.to_owned()
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "-".to_owned(),
        _ => format!("{:.1}%", 100.0 * part as f64 / whole as f64),
    }
}

/// Digits in groups of three.
fn separated(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows of cells, each column as wide as its widest cell; columns of numbers to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let numeric: Vec<bool> = (0..columns)
        .map(|column| is_numeric(rows, column))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .enumerate()
            .map(|(column, cell)| match numeric[column] {
                true => format!("{cell:>0$}", widths[column]),
                false => format!("{cell:<0$}", widths[column]),
            });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let last = rows.last().and_then(|row| row.get(column));
    last.is_some_and(|cell| cell.starts_with(|c: char| c.is_ascii_digit()) && !cell.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(separated(0), "0");
        assert_eq!(separated(999), "999");
        assert_eq!(separated(1_000), "1,000");
        assert_eq!(separated(109_482_240), "109,482,240");
    }

    #[test]
    fn numbers_are_aligned_to_the_right_and_names_to_the_left() {
        let rows = [["a", "1,000"], ["long", "7"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "a     1,000\nlong      7\n");
    }
}
