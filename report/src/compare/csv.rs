//! A comparison as CSV.

use super::written::difference;
use super::{Compared, Comparison, LeftOut};
use crate::export::ExportError;
use crate::known_tax::KnownTax;

const HEAD: [&str; 25] = [
    "figure",
    "baseline_side",
    "side",
    "cell",
    "baseline",
    "value",
    "ratio",
    "ratio_low",
    "ratio_high",
    "effect",
    "why_unknown",
    "baseline_tax_ns",
    "baseline_tax_low_ns",
    "baseline_tax_high_ns",
    "baseline_tax_method",
    "baseline_tax_is_upper_bound",
    "tax_ns",
    "tax_low_ns",
    "tax_high_ns",
    "tax_method",
    "tax_is_upper_bound",
    "across_machines",
    "doubts",
    "left_out",
    "differences",
];

impl Comparison {
    /// A row a cell that was compared, then one a cell that was left out, without values and with why; what differs between
    /// the sides stands in each.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>, ExportError> {
        let failed = |reason: &dyn std::fmt::Display| ExportError::write("CSV", reason);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(HEAD).map_err(|e| failed(&e))?;
        let differences: Vec<String> = self.differences.iter().map(difference).collect();
        let differences = differences.join("; ");
        let compared = self.rows.iter().map(|row| self.compared(row));
        let left_out = self.left_out.iter().map(|one| self.left_out(one));
        for mut fields in compared.chain(left_out) {
            fields.push(differences.clone());
            writer.write_record(fields).map_err(|e| failed(&e))?;
        }
        writer.into_inner().map_err(|e| failed(&e))
    }

    /// The figure, both sides and the cell.
    fn names(&self, side: &str, cell: &str) -> Vec<String> {
        let first = self.sides.first().map_or("", |side| &side.name);
        let names = [first, side, cell].map(str::to_owned);
        [vec![self.figure.to_string()], names.to_vec()].concat()
    }

    /// All but the last field.
    fn compared(&self, row: &Compared) -> Vec<String> {
        let mut fields = self.names(&row.side, &row.label);
        fields.extend([row.baseline, row.value, row.ratio].map(|one| one.to_string()));
        fields.extend([number(row.low), number(row.high)]);
        fields.push(format!("{:?}", row.effect).to_lowercase());
        fields.push(row.why_unknown.clone().unwrap_or_default());
        fields.extend(tax(row.baseline_tax_ns, row.baseline_tax));
        fields.extend(tax(row.tax_ns, row.tax));
        fields.push(row.across_machines.to_string());
        fields.extend([row.doubts.join("; "), String::new()]);
        fields
    }

    /// The same of what was not.
    fn left_out(&self, one: &LeftOut) -> Vec<String> {
        let mut fields = self.names(&one.side, &one.label);
        fields.resize(HEAD.len() - 2, String::new());
        fields.push(one.reason.clone());
        fields
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A side's tax: the value, its interval, and how it is known.
fn tax(value: Option<f64>, known: Option<KnownTax>) -> [String; 5] {
    let text = |of: fn(KnownTax) -> String| known.map_or_else(String::new, of);
    [
        number(value),
        number(known.and_then(|one| one.low_ns)),
        number(known.and_then(|one| one.high_ns)),
        text(|one| one.method.name().to_owned()),
        text(|one| one.is_upper_bound.to_string()),
    ]
}
