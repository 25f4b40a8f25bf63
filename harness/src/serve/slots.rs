//! Room for what becomes of every request, 24 bytes each, taken and touched before anything is timed; threads share it.

use std::sync::atomic::{AtomicU64, Ordering};

use tare_results::samples::Sample;
use tare_units::Nanoseconds;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its outputs were ready this long after it was due.
    Done(Nanoseconds),
    /// It found the queue full.
    Rejected,
    /// It waited too long and was never begun.
    TimedOut,
    /// The framework met an error over it, or was still at it when the repeat had to end.
    Error,
    /// It was due and never issued.
    NeverSent,
}

/// Of one request: the time of issue, the latency, and skew and end in one word.
#[derive(Debug)]
struct Slot {
    issued: AtomicU64,
    latency: AtomicU64,
    skew_and_end: AtomicU64,
}

const UNDER_WAY: u64 = 0;
const DONE: u64 = 1;
const REJECTED: u64 = 2;
const TIMED_OUT: u64 = 3;
const ERROR: u64 = 4;
const NEVER_SENT: u64 = 5;

/// Requests by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Outputs were ready.
    pub done: u64,
    /// The queue was full.
    pub rejected: u64,
    /// Never begun.
    pub timed_out: u64,
    /// Failed, or not done in time.
    pub errors: u64,
    /// Never issued.
    pub never_sent: u64,
}

impl Counts {
    /// All of them.
    pub fn due(&self) -> u64 {
        self.done + self.rejected + self.timed_out + self.errors + self.never_sent
    }

    /// Counts one that ended so.
    pub fn add(&mut self, end: End) {
        let count = match end {
            End::Done(_) => &mut self.done,
            End::Rejected => &mut self.rejected,
            End::TimedOut => &mut self.timed_out,
            End::Error => &mut self.errors,
            End::NeverSent => &mut self.never_sent,
        };
        *count += 1;
    }
}

/// A slot for each request that may come, by its number.
#[derive(Debug)]
pub struct Slots(Vec<Slot>);

impl Slots {
    /// Room for `capacity` requests, every page touched.
    pub fn with_capacity(capacity: usize) -> Self {
        Self((0..capacity).map(|_| Slot::touched()).collect())
    }

    /// Requests that it has room for.
    pub fn capacity(&self) -> usize {
        self.0.len()
    }

    /// Forgets the first `count` requests.
    pub fn clear(&mut self, count: usize) {
        self.0
            .iter_mut()
            .take(count)
            .for_each(|slot| *slot = Slot::touched());
    }

    /// Keeps that request `number` was issued at `issued` after the beginning, `skew` late. One without room is forgotten.
    #[inline]
    pub fn issue(&self, number: usize, issued: Nanoseconds, skew: Nanoseconds) {
        let Some(slot) = self.0.get(number) else {
            return;
        };
        slot.issued.store(issued.as_nanos(), Ordering::Relaxed);
        let skew = u32::try_from(skew.as_nanos()).unwrap_or(Sample::LONGEST_SKEW);
        slot.skew_and_end.store(u64::from(skew), Ordering::Relaxed);
    }

    /// Keeps how request `number` ended, which was issued before.
    #[inline]
    pub fn end(&self, number: usize, end: End) {
        let Some(slot) = self.0.get(number) else {
            return;
        };
        let code = match end {
            End::Done(latency) => {
                slot.latency.store(latency.as_nanos(), Ordering::Relaxed);
                DONE
            }
            End::Rejected => REJECTED,
            End::TimedOut => TIMED_OUT,
            End::Error => ERROR,
            End::NeverSent => NEVER_SENT,
        };
        let skew = slot.skew_and_end.load(Ordering::Relaxed) & u64::from(u32::MAX);
        slot.skew_and_end
            .store(skew | code << 32, Ordering::Release);
    }

    /// Counts the times of issue of the requests from number `first` on, up to `end`, from `earlier` before.
    pub fn issued_later(&self, first: usize, end: usize, earlier: Nanoseconds) {
        for slot in self.0.iter().take(end).skip(first) {
            slot.issued.fetch_add(earlier.as_nanos(), Ordering::Relaxed);
        }
    }

    /// The latencies of the first `count` requests, a failed one being [`Nanoseconds::MAX`].
    pub fn latencies(
        &self,
        count: usize,
    ) -> impl ExactSizeIterator<Item = Nanoseconds> + Clone + '_ {
        let latency = |slot: &Slot| Nanoseconds::from_nanos(slot.latency.load(Ordering::Relaxed));
        self.0.iter().take(count).map(latency)
    }

    /// The samples of the first `count` requests and how they ended; those still under way have failed. The samples take
    /// the place of the slots.
    pub fn into_samples(mut self, count: usize) -> (Vec<Sample>, Counts) {
        self.0.truncate(count);
        let mut counts = Counts::default();
        let samples = self.0.into_iter().map(|slot| slot.sample(&mut counts));
        (samples.collect(), counts)
    }

    /// [`Slots::into_samples`] of slots that a thread which hangs may still write to.
    pub fn to_samples(&self, count: usize) -> (Vec<Sample>, Counts) {
        let mut counts = Counts::default();
        let slots = self.0.iter().take(count);
        let samples = slots.map(|slot| slot.sample(&mut counts));
        (samples.collect(), counts)
    }
}

impl Slot {
    /// Of no request yet; nothing in it is zero alone, so that its page is there.
    fn touched() -> Self {
        Self {
            issued: AtomicU64::new(1),
            latency: AtomicU64::new(Sample::FAILED),
            skew_and_end: AtomicU64::new(UNDER_WAY),
        }
    }

    fn sample(&self, counts: &mut Counts) -> Sample {
        let word = self.skew_and_end.load(Ordering::Acquire);
        let latency = self.latency.load(Ordering::Relaxed);
        let end = match word >> 32 {
            DONE => End::Done(Nanoseconds::from_nanos(latency)),
            REJECTED => End::Rejected,
            TIMED_OUT => End::TimedOut,
            NEVER_SENT => End::NeverSent,
            _ => End::Error,
        };
        counts.add(end);
        Sample {
            issued: self.issued.load(Ordering::Relaxed),
            latency: match end {
                End::Done(_) => latency,
                _ => Sample::FAILED,
            },
            skew: word as u32,
            delay: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(nanos: u64) -> Nanoseconds {
        Nanoseconds::from_nanos(nanos)
    }

    fn five() -> Slots {
        let slots = Slots::with_capacity(8);
        let ends = [
            End::Done(at(70)),
            End::Rejected,
            End::TimedOut,
            End::Error,
            End::NeverSent,
        ];
        for (number, end) in ends.into_iter().enumerate() {
            slots.issue(number, at(100 + number as u64), at(number as u64));
            slots.end(number, end);
        }
        slots.issue(5, at(105), at(5));
        slots
    }

    #[test]
    fn every_request_is_in_one_count_and_only_done_ones_have_a_latency() {
        let (samples, counts) = five().into_samples(6);
        let expected = Counts {
            done: 1,
            rejected: 1,
            timed_out: 1,
            errors: 2,
            never_sent: 1,
        };
        assert_eq!(counts, expected, "the one under way has failed");
        assert_eq!(counts.due(), 6);
        assert_eq!(samples[0].latency(), Some(at(70)));
        assert!(samples[1..].iter().all(|sample| sample.latency().is_none()));
        let skews: Vec<u32> = samples.iter().map(|sample| sample.skew).collect();
        assert_eq!(skews, [0, 1, 2, 3, 4, 5]);
        assert_eq!(samples[4].issued, 104);
    }

    #[test]
    fn a_request_takes_twenty_four_bytes_in_all_as_samples_take_the_place_of_slots() {
        assert_eq!(size_of::<Slot>(), size_of::<Sample>());
        let slots = five();
        let copied = slots.to_samples(6);
        let place = slots.0.as_ptr().addr();
        let moved = slots.into_samples(6);
        assert_eq!(moved.0.as_ptr().addr(), place);
        assert_eq!(moved, copied);
    }

    #[test]
    fn a_later_leg_is_counted_from_where_the_first_began() {
        let slots = five();
        slots.issued_later(2, 4, at(1_000));
        let issued = slots.to_samples(5).0.into_iter().map(|one| one.issued);
        assert_eq!(issued.collect::<Vec<_>>(), [100, 101, 1_102, 1_103, 104]);
        let latencies: Vec<_> = slots.latencies(3).collect();
        assert_eq!(latencies, [at(70), Nanoseconds::MAX, Nanoseconds::MAX]);
    }

    #[test]
    fn slots_that_are_cleared_are_as_those_of_nobody() {
        let mut slots = five();
        slots.clear(6);
        let (samples, counts) = slots.to_samples(8);
        let fresh = Slots::with_capacity(8).into_samples(8);
        assert_eq!((samples, counts), fresh);
        assert_eq!(counts.errors, 8, "none of them has ended");
    }

    #[test]
    fn a_request_without_room_is_forgotten() {
        let slots = Slots::with_capacity(1);
        slots.issue(1, at(1), at(1));
        slots.end(usize::MAX, End::Done(at(1)));
        assert_eq!(slots.into_samples(0), (Vec::new(), Counts::default()));
    }

    #[test]
    fn a_skew_that_does_not_fit_saturates() {
        let slots = Slots::with_capacity(1);
        slots.issue(0, at(0), Nanoseconds::from_secs(10));
        slots.end(0, End::Done(at(3)));
        assert_eq!(slots.into_samples(1).0[0].skew, u32::MAX);
    }
}
