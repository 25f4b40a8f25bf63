//! Threads that execute the same parts at the same moments, lap by lap, while each notes when it began and ended.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::barrier::Barrier;
use crate::lane::{Make, Part};
use crate::pin;

/// How long a lap of one part should take, and how many laps there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) lap: Nanoseconds,
    pub(crate) laps: u64,
    /// No lap begins this long after the first one that counts.
    pub(crate) most: Option<Nanoseconds>,
}

/// What the team did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Laps {
    /// By part, then by lap: all threads' work over the time from the first start to the last end.
    pub(crate) per_s: Vec<Vec<f64>>,
    /// Why threads could not be kept on processors of their own.
    pub(crate) unpinned: Option<String>,
}

/// Runs `threads` threads, the n-th on the n-th of `cpus`, over parts that `make` makes in each.
pub(crate) fn run<C: Clock>(
    clock: &C,
    threads: usize,
    cpus: &[usize],
    make: &Make<'_>,
    pace: Pace,
) -> Laps {
    let team = Team {
        clock,
        barrier: Barrier::new(threads.max(1)),
        part: AtomicUsize::new(0),
        iterations: AtomicU64::new(0),
        counts: AtomicBool::new(false),
    };
    let members = std::thread::scope(|scope| {
        let spawn = |index: usize| {
            let (team, cpu) = (&team, cpus.get(index).copied());
            scope.spawn(move || team.member(index == 0, cpu, make, pace))
        };
        let started: Vec<_> = (0..threads.max(1)).map(spawn).collect();
        let ended = started.into_iter().filter_map(|member| member.join().ok());
        ended.collect::<Vec<_>>()
    });
    laps(members)
}

struct Team<'a, C> {
    clock: &'a C,
    barrier: Barrier,
    part: AtomicUsize,
    iterations: AtomicU64,
    counts: AtomicBool,
}

/// One thread's laps that count.
struct Member {
    laps: Vec<Lap>,
    parts: usize,
    pinned: Result<(), String>,
}

struct Lap {
    part: usize,
    counts: bool,
    work: f64,
    start: Nanoseconds,
    end: Nanoseconds,
}

const STOP: usize = usize::MAX;

/// Beyond this, a clock stands still.
const MOST_ITERATIONS: u64 = 1 << 40;

impl<C: Clock> Team<'_, C> {
    fn member(&self, leads: bool, cpu: Option<usize>, make: &Make<'_>, pace: Pace) -> Member {
        let pinned = match cpu {
            Some(cpu) => pin::pin_to(cpu),
            None => Err("there are fewer processors than threads".to_owned()),
        };
        let mut parts = make();
        let laps = match leads {
            true => self.lead(&mut parts, pace),
            false => self.follow(&mut parts),
        };
        Member {
            laps: laps.into_iter().filter(|lap| lap.counts).collect(),
            parts: parts.len(),
            pinned,
        }
    }

    /// Finds each part's iterations, then takes them in turns; the laps that count are the last ones.
    fn lead(&self, parts: &mut [Part], pace: Pace) -> Vec<Lap> {
        let mut laps = Vec::new();
        let counts: Vec<u64> = (0..parts.len())
            .map(|part| self.fit(parts, part, pace.lap, &mut laps))
            .collect();
        self.counts.store(true, Ordering::Release);
        let start = self.clock.now();
        let is_over = |most| self.clock.now().saturating_sub(start) >= most;
        for _ in 0..pace.laps {
            if pace.most.is_some_and(is_over) {
                break;
            }
            for (part, iterations) in counts.iter().enumerate() {
                laps.extend(self.order(parts, part, *iterations));
            }
        }
        self.publish(STOP, 0);
        self.barrier.wait();
        laps
    }

    /// The iterations of `part` that take about `lap`.
    fn fit(&self, parts: &mut [Part], part: usize, lap: Nanoseconds, laps: &mut Vec<Lap>) -> u64 {
        let mut iterations = 1;
        while iterations < MOST_ITERATIONS {
            let Some(tried) = self.order(parts, part, iterations) else {
                break;
            };
            let took = (tried.end - tried.start).as_nanos();
            laps.push(tried);
            if took >= lap.as_nanos() / 4 {
                let fits = iterations as f64 * lap.as_nanos() as f64 / took.max(1) as f64;
                return (fits as u64).clamp(1, MOST_ITERATIONS);
            }
            iterations *= 4;
        }
        iterations
    }

    fn order(&self, parts: &mut [Part], part: usize, iterations: u64) -> Option<Lap> {
        self.publish(part, iterations);
        self.lap(parts)
    }

    fn follow(&self, parts: &mut [Part]) -> Vec<Lap> {
        let mut laps = Vec::new();
        while let Some(lap) = self.lap(parts) {
            laps.push(lap);
        }
        laps
    }

    fn publish(&self, part: usize, iterations: u64) {
        self.part.store(part, Ordering::Release);
        self.iterations.store(iterations, Ordering::Release);
    }

    /// Does what was published, between two meetings; `None` at the end.
    fn lap(&self, parts: &mut [Part]) -> Option<Lap> {
        self.barrier.wait();
        let index = self.part.load(Ordering::Acquire);
        let iterations = self.iterations.load(Ordering::Acquire);
        let counts = self.counts.load(Ordering::Acquire);
        let part = parts.get_mut(index)?;
        let start = self.clock.now();
        (part.run)(iterations);
        let end = self.clock.now();
        self.barrier.wait();
        Some(Lap {
            part: index,
            counts,
            work: part.work * iterations as f64,
            start,
            end,
        })
    }
}

fn laps(members: Vec<Member>) -> Laps {
    let parts = members.first().map_or(0, |member| member.parts);
    let count = members.iter().map(|member| member.laps.len()).min();
    let mut per_s = vec![Vec::new(); parts];
    for index in 0..count.unwrap_or(0) {
        let same: Vec<&Lap> = members.iter().map(|member| &member.laps[index]).collect();
        if let (Some(rate), Some(first)) = (rate(&same), same.first()) {
            per_s[first.part].push(rate);
        }
    }
    let refusals = members.into_iter().filter_map(|member| member.pinned.err());
    Laps {
        per_s,
        unpinned: refusals.reduce(|first, _| first),
    }
}

/// `None` where the clock did not move.
fn rate(laps: &[&Lap]) -> Option<f64> {
    let start = laps.iter().map(|lap| lap.start).min()?;
    let end = laps.iter().map(|lap| lap.end).max()?;
    let took = end.saturating_sub(start);
    let work: f64 = laps.iter().map(|lap| lap.work).sum();
    (took > Nanoseconds::ZERO).then(|| work / took.as_secs_f64())
}

#[cfg(test)]
mod tests;
