//! The processor's frequency as a program meets it: additions that wait for each other take one cycle each.
//!
//! They are woven into the kernel that they stand beside, since a processor's clock depends on the instructions it executes and changes within microseconds.
//! The second operand is a register: processors since Golden Cove add small constants without taking a cycle.

mod sys;

pub(crate) use sys::weave;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_addition_happens() {
        assert_eq!(weave::<0>(7), 7);
        assert_eq!(weave::<1>(7), 8);
        assert_eq!(weave::<80>(weave::<16>(0)), 96);
    }
}
