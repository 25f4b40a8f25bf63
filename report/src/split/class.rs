//! What a cell's time is spent on, and whether an algorithm explains that it beats its floor.

use tare_results::{Class, FloorTerm, Missing, Tax, TaxMethod};

use super::{Weighing, lack};

const HALF: f64 = 0.5;

impl Weighing<'_> {
    /// Puts the class in, and the label of a negative inefficiency.
    pub fn label(&self, tax: &mut Tax, missing: &mut Missing) {
        tax.algorithmic = self.is_algorithmic(tax);
        match class(tax) {
            Ok(class) => tax.class = Some(class),
            Err(reason) => lack(missing, &["class"], reason),
        }
    }

    /// Winograd's and Fourier's ways need fewer multiplications than are counted; both are ways to convolve.
    fn is_algorithmic(&self, tax: &Tax) -> bool {
        let profile = self.profile.and_then(|record| record.profile.as_ref());
        let mut kinds = profile.into_iter().flat_map(|profile| &profile.operators);
        let convolves = kinds.any(|one| one.kind.to_ascii_lowercase().contains("conv"));
        let is_beaten = tax
            .inefficiency_high_ns
            .is_some_and(|high| high.is_negative());
        convolves && is_beaten && tax.floor_term == Some(FloorTerm::Compute)
    }
}

fn class(tax: &Tax) -> Result<Class, &'static str> {
    let (Some(low), Some(high)) = (tax.tax_fraction_low, tax.tax_fraction_high) else {
        return Err("nothing is known of how far the share of the tax may be off");
    };
    if low > HALF {
        return Ok(Class::FrameworkBound);
    }
    if high >= HALF {
        return Ok(Class::Undecided);
    }
    match tax.floor_term {
        Some(FloorTerm::Compute) => Ok(Class::ComputeBound),
        Some(_) => Ok(Class::MemoryBound),
        None => Err("without a floor it is not known what bounds the work"),
    }
}

impl Weighing<'_> {
    /// Whether the device may hide a part of the tax that was read from a twin.
    pub fn may_hide(&self, tax: &Tax) -> bool {
        let device = self
            .cell
            .counted
            .first()
            .map(|record| record.cell.device.as_str());
        let is_by_device = matches!(
            tax.method,
            TaxMethod::DeviceIntervals | TaxMethod::DeviceEvents
        );
        !is_by_device && device.is_some_and(|device| device != "cpu")
    }
}
