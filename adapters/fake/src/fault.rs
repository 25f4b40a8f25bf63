//! What can go wrong on request.

use tare_clock::Clock;
use tare_units::{Bytes, Nanoseconds};

/// The exit code of `fault=exit`.
pub(crate) const EXIT_CODE: i32 = 7;

const STEP: usize = 16 << 20;
const PAGE: usize = 4096;

/// A fault, ready to strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Panic,
    Abort,
    Hang,
    Error,
    Exit,
    EatMemory(Bytes),
}

/// When the fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Load,
    EveryRequest,
    Request(u64),
}

impl At {
    /// Whether it strikes at a session's request `number`, counted from one.
    pub(crate) fn request(self, number: u64) -> bool {
        match self {
            Self::Load => false,
            Self::EveryRequest => true,
            Self::Request(at) => at == number,
        }
    }
}

impl Fault {
    /// Does not return for most faults; the memory eaten is to be kept.
    pub(crate) fn strike(self, clock: &impl Clock) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Panic => panic!("fault=panic"),
            Self::Abort => std::process::abort(),
            Self::Hang => loop {
                std::thread::park();
            },
            Self::Error => Err("fault=error"),
            Self::Exit => std::process::exit(EXIT_CODE),
            Self::EatMemory(bytes) => Ok(eat(bytes, clock)),
        }
    }
}

fn eat(bytes: Bytes, clock: &impl Clock) -> Vec<u8> {
    let bytes = usize::try_from(bytes.as_bytes()).unwrap_or(usize::MAX);
    let mut eaten = vec![0u8; bytes];
    for step in eaten.chunks_mut(STEP) {
        for page in step.chunks_mut(PAGE) {
            page[0] = 1;
        }
        clock.wait_until(clock.now() + Nanoseconds::from_millis(10));
    }
    eaten
}

#[cfg(test)]
mod tests {
    use tare_clock::SimulatedClock;

    use super::*;

    #[test]
    fn a_fault_strikes_when_it_is_asked_to() {
        let strikes = |at: At| [1, 2, 3].map(|number| at.request(number));
        assert_eq!(strikes(At::Load), [false, false, false]);
        assert_eq!(strikes(At::EveryRequest), [true, true, true]);
        assert_eq!(strikes(At::Request(2)), [false, true, false]);
    }

    #[test]
    fn eaten_memory_is_touched_slowly_enough_to_be_noticed() {
        let clock = SimulatedClock::new();
        let eaten = Fault::EatMemory(Bytes::from_mib(33)).strike(&clock);
        let eaten = eaten.expect("memory is not an error");
        assert_eq!(eaten.len(), 33 << 20);
        assert!(eaten.chunks(PAGE).all(|page| page[0] == 1));
        assert_eq!(clock.now(), Nanoseconds::from_millis(30));
    }

    #[test]
    fn an_error_is_returned_and_a_panic_is_raised() {
        let clock = SimulatedClock::new();
        assert_eq!(Fault::Error.strike(&clock), Err("fault=error"));
        let caught = std::panic::catch_unwind(|| Fault::Panic.strike(&SimulatedClock::new()));
        assert!(caught.is_err());
    }
}
