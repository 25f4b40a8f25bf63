//! A meeting of threads that costs less than a microsecond, since waking a sleeping one takes many.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Lets threads go on once all have come; usable again and again.
#[derive(Debug)]
pub(crate) struct Barrier {
    parties: usize,
    arrived: AtomicUsize,
    meetings: AtomicUsize,
}

/// Turns of waiting before the processor is offered to others, who may be those waited for.
const TURNS: u32 = 4_000;

impl Barrier {
    pub(crate) fn new(parties: usize) -> Self {
        Self {
            parties,
            arrived: AtomicUsize::new(0),
            meetings: AtomicUsize::new(0),
        }
    }

    pub(crate) fn wait(&self) {
        let meeting = self.meetings.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.parties {
            self.arrived.store(0, Ordering::Release);
            self.meetings.fetch_add(1, Ordering::AcqRel);
            return;
        }
        let mut turns = 0;
        while self.meetings.load(Ordering::Acquire) == meeting {
            turns += 1;
            match turns % TURNS {
                0 => std::thread::yield_now(),
                _ => std::hint::spin_loop(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_on_before_all_have_come() {
        const PARTIES: usize = 4;
        let (barrier, arrivals) = (Barrier::new(PARTIES), AtomicUsize::new(0));
        let meet = || {
            for meeting in 1..=50 {
                arrivals.fetch_add(1, Ordering::SeqCst);
                barrier.wait();
                assert!(arrivals.load(Ordering::SeqCst) >= meeting * PARTIES);
                barrier.wait();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..PARTIES {
                scope.spawn(meet);
            }
        });
        assert_eq!(arrivals.into_inner(), 50 * PARTIES);
    }

    #[test]
    fn one_alone_never_waits() {
        let barrier = Barrier::new(1);
        barrier.wait();
        barrier.wait();
        assert_eq!(barrier.meetings.into_inner(), 2);
    }
}
