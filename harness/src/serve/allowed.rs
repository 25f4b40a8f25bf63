//! The time that is left of a worker's for requests: less than all of it, as it must still tell what became of them.

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::job::JobError;
use crate::patience::telling;

/// Until when a worker may wait for requests. It knows neither when its parent began to count nor what ending takes: both
/// are in what it leaves.
pub struct Allowed<'a, C> {
    clock: &'a C,
    ends: Nanoseconds,
}

impl<'a, C: Clock> Allowed<'a, C> {
    /// Of a worker that has `deadline` from now on.
    pub fn new(clock: &'a C, deadline: Nanoseconds) -> Self {
        let left = deadline.saturating_sub(telling(deadline));
        Self {
            clock,
            ends: clock.now() + left,
        }
    }

    /// What `ask` says, which waits for the parent: that is not the worker's time.
    ///
    /// # Errors
    /// That of `ask`.
    pub fn waiting<T>(&mut self, ask: impl FnOnce() -> Result<T, JobError>) -> Result<T, JobError> {
        let before = self.clock.now();
        let answer = ask()?;
        self.ends = self.ends + self.clock.now().saturating_sub(before);
        Ok(answer)
    }

    /// The end of what takes `time` from now on, or the worker's where that is earlier.
    pub fn until(&self, time: Nanoseconds) -> Nanoseconds {
        self.ends.min(self.clock.now() + time)
    }

    /// The time until its end.
    pub fn left(&self) -> Nanoseconds {
        self.ends.saturating_sub(self.clock.now())
    }

    /// The same where `later` comes after, for which no more than half of what is left is kept.
    pub fn before(&self, later: Nanoseconds) -> Self {
        let half = Nanoseconds::from_nanos(self.left().as_nanos() / 2);
        Self {
            clock: self.clock,
            ends: self.ends.saturating_sub(later.min(half)),
        }
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::SimulatedClock;

    use super::*;

    const fn seconds(seconds: u64) -> Nanoseconds {
        Nanoseconds::from_secs(seconds)
    }

    #[test]
    fn an_end_is_as_asked_for_or_the_worker_s_own_which_waits_for_the_parent_put_off() {
        let clock = SimulatedClock::new();
        let began = clock.now();
        let mut allowed = Allowed::new(&clock, seconds(16));
        assert_eq!(allowed.until(seconds(3)), began + seconds(3));
        assert_eq!(
            allowed.until(seconds(15)),
            began + seconds(14),
            "an eighth is for telling"
        );
        let waited = allowed.waiting(|| {
            clock.wait_until(clock.now() + seconds(5));
            Ok(7)
        });
        assert_eq!(waited.ok(), Some(7));
        assert_eq!(allowed.until(seconds(15)), began + seconds(19));
        assert_eq!(allowed.left(), seconds(14));
    }

    #[test]
    fn what_comes_later_is_left_its_time_but_no_more_than_half() {
        let clock = SimulatedClock::new();
        let allowed = Allowed::new(&clock, seconds(16));
        assert_eq!(allowed.before(seconds(4)).left(), seconds(10));
        assert_eq!(allowed.before(seconds(60)).left(), seconds(7));
    }
}
