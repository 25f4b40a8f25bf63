//! How the tax of a split is known, and the marks that say so wherever one stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tare_results::{Tax, TaxMethod};

use crate::split::BOUND;

/// What is known of the tax in a median.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnownTax {
    /// How it was come by.
    pub method: TaxMethod,
    /// Whether it is an upper bound, as the twin may still do work worth more than 5% of what it costs, or nobody knows how
    /// much.
    pub is_upper_bound: bool,
    /// Lower end of its interval, in nanoseconds, which reaches down by what the twin may still do.
    pub low_ns: Option<f64>,
    /// Upper end.
    pub high_ns: Option<f64>,
}

impl KnownTax {
    /// Of a split.
    pub fn of(tax: &Tax) -> Self {
        let is_small = |residual| residual <= BOUND * tax.tax_ns.as_nanos_f64();
        let residual = tax.residual_ns.map(|residual| residual.as_nanos_f64());
        Self {
            method: tax.method,
            is_upper_bound: tax.method == TaxMethod::HollowTwin && !residual.is_some_and(is_small),
            low_ns: tax.tax_low_ns.map(|low| low.as_nanos_f64()),
            high_ns: tax.tax_high_ns.map(|high| high.as_nanos_f64()),
        }
    }

    /// What stands before a tax, or before the share that it is: `≤` before an upper bound, `≥` before a lower one, `~` before what a law foretells,
    /// nothing before what was measured.
    pub fn mark(&self) -> &'static str {
        self.either("≤")
    }

    /// A tax, or the share that it is, behind its mark; what is written as less than something is a bound already.
    pub fn marked(&self, shown: &str) -> String {
        match shown.starts_with('<') && self.is_upper_bound {
            true => shown.to_owned(),
            false => format!("{}{shown}", self.mark()),
        }
    }

    /// What stands before what the tax leaves of the latency.
    pub fn mark_of_work(&self) -> &'static str {
        self.either("≥")
    }

    fn either(&self, bound: &'static str) -> &'static str {
        match self.method {
            TaxMethod::Law => "~",
            TaxMethod::DeviceEvents if bound == "≤" => "≥",
            TaxMethod::DeviceEvents => "≤",
            _ if self.is_upper_bound => bound,
            TaxMethod::HollowTwin | TaxMethod::DeviceIntervals => "",
        }
    }
}
