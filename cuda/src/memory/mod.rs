//! Memory of the device, memory of the host that copies read and write directly, and the copies.

mod copy;
mod sys;

use std::ops::Range;

use tare_units::Bytes;

use crate::Fault;

pub use sys::{Memory, Pinned};

/// A range that lies within memory of `bytes`.
fn within(call: &str, range: &Range<usize>, bytes: usize) -> Result<(), Fault> {
    match range.start <= range.end && range.end <= bytes {
        true => Ok(()),
        false => {
            let reason = format!("{range:?} does not lie within {bytes} bytes of memory");
            Err(Fault::new(call, reason))
        }
    }
}

/// What follows `offset`, without overflow.
fn from(offset: usize, bytes: usize) -> Range<usize> {
    offset..offset.saturating_add(bytes)
}

/// As the driver counts; more than there can be stays so.
fn size(bytes: Bytes) -> usize {
    usize::try_from(bytes.as_bytes()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "a caller may give one")]
    fn a_range_lies_within_memory_or_is_a_fault_with_its_bounds() {
        for range in [0..0, 0..10, 9..10, 10..10] {
            assert_eq!(within("f", &range, 10), Ok(()));
        }
        for range in [0..11, 11..11, 3..2, from(usize::MAX, 1)] {
            let fault = within("f", &range, 10).unwrap_err().to_string();
            let expected = format!("f: {range:?} does not lie within 10 bytes of memory");
            assert_eq!(fault, expected);
        }
    }
}
