//! The processor's frequency as a program meets it: additions that wait for each other take one cycle each.

mod sys;

pub(crate) use sys::{ADDS, chain};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_addition_of_the_chain_happens() {
        assert_eq!(chain(0), 0);
        assert_eq!(chain(1), ADDS);
        assert_eq!(chain(1_000), 1_000 * ADDS);
    }
}
