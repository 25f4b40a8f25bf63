//! What a machine does to requests while they run: drift, bursts, slices given to other programs, and what differs between
//! processes of the same program.

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_gate::Request;
use tare_units::Nanoseconds;

use crate::machine::Machine;

/// How a machine disturbs. Spreads are standard deviations of logarithms, times are seconds.
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    /// Its name in the tables.
    pub name: &'static str,
    /// From request to request.
    pub jitter: f64,
    /// Share of requests that take longer on their own, as caches and interrupts have it.
    pub outliers: f64,
    /// From process to process: where memory lies, which core.
    pub process: f64,
    /// Slow drift of the whole machine, for both sides alike.
    pub drift: f64,
    /// How long a drift takes to change direction.
    pub drift_time: f64,
    /// From day to day.
    pub days: f64,
    /// Neighbours who slow everything down, which no run delay shows.
    pub bursts: Option<Bursts>,
    /// Programs that take turns on the same core, which the run delay shows.
    pub slices: Option<Slices>,
}

/// Times during which everything is slower.
#[derive(Debug, Clone, Copy)]
pub struct Bursts {
    /// Mean time without one.
    pub every: f64,
    /// Mean length.
    pub lasts: f64,
    /// Mean of the logarithm by which work is slower; exponentially distributed over bursts.
    pub depth: f64,
    /// How much that flickers within a burst, as a share of its depth...
    pub flicker: f64,
    /// ...and how fast.
    pub flicker_time: f64,
}

/// Times during which the core is shared.
#[derive(Debug, Clone, Copy)]
pub struct Slices {
    /// Mean time without.
    pub every: f64,
    /// Mean length.
    pub lasts: f64,
    /// How long one runs before the other does, on average.
    pub slice: f64,
    /// How long the other runs, on average.
    pub waits: f64,
    /// By what share work is slower while the other's data lies in the caches too.
    pub slower: f64,
    /// What filling the caches again costs after each wait.
    pub refill: f64,
}

/// A machine as time goes by.
pub struct World {
    noise: Noise,
    random: Xoshiro256PlusPlus,
    now: f64,
    drift: f64,
    drifted_at: f64,
    bursts: Spells,
    depth: f64,
    flicker: f64,
    flickered_at: f64,
    sharing: Spells,
    left_of_slice: f64,
    day: f64,
}

/// Spells that come and go.
#[derive(Debug, Clone, Copy)]
struct Spells {
    on: bool,
    until: f64,
}

impl Machine for World {
    fn request(&self) -> f64 {
        REQUEST
    }

    fn now(&self) -> f64 {
        self.now
    }

    fn wait(&mut self, seconds: f64) {
        self.now += seconds;
    }

    fn another_day(&mut self) {
        self.day = (self.noise.days * self.normal()).exp();
        self.wait(600.0);
    }

    fn coin(&mut self) -> bool {
        self.random.next_u64() >> 63 == 1
    }

    fn process(&mut self, worse: f64, requests: u64) -> Vec<Request> {
        let startup = STARTUP * (0.1 * self.normal()).exp();
        self.wait(startup);
        let own = REQUEST * self.day * (1.0 + worse) * (self.noise.process * self.normal()).exp();
        (0..requests).map(|_| self.one(own)).collect()
    }
}

/// Seconds that a request of the baseline works for on a machine that does nothing else.
const REQUEST: f64 = 0.002;
/// What a process costs beside its timed requests, in seconds: starting, loading, warming up.
const STARTUP: f64 = 0.35;

impl World {
    pub fn new(noise: Noise, seed: u64) -> Self {
        let mut world = Self {
            noise,
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            now: 0.0,
            drift: 0.0,
            drifted_at: 0.0,
            bursts: Spells {
                on: false,
                until: 0.0,
            },
            depth: 0.0,
            flicker: 0.0,
            flickered_at: 0.0,
            sharing: Spells {
                on: false,
                until: 0.0,
            },
            left_of_slice: 0.0,
            day: 1.0,
        };
        world.drift = world.normal();
        world.flicker = world.normal();
        world.wait(10.0 * STARTUP);
        world
    }

    fn one(&mut self, seconds: f64) -> Request {
        let mut work = seconds * (self.noise.jitter * self.normal()).exp() * self.machine();
        if self.uniform() < self.noise.outliers {
            work *= 1.0 + self.exponential(0.3);
        }
        let (work, delay) = self.share_the_core(work);
        self.now += work + delay;
        Request {
            latency: Nanoseconds::from_nanos_f64(1e9 * (work + delay)),
            delay: Some(Nanoseconds::from_nanos_f64(1e9 * delay)),
            samples: 1,
        }
    }

    /// By how much the machine is slower now, as a factor.
    fn machine(&mut self) -> f64 {
        if self.now - self.drifted_at > self.noise.drift_time / 50.0 {
            let passed = std::mem::replace(&mut self.drifted_at, self.now);
            self.drift = self.toward(self.drift, (self.now - passed) / self.noise.drift_time);
        }
        let drift = self.noise.drift * self.drift;
        (drift + self.burst()).exp()
    }

    /// A value of a stationary process of mean 0 and variance 1 after so many of its correlation times.
    fn toward(&mut self, value: f64, times: f64) -> f64 {
        let kept = (-times).exp();
        value * kept + (1.0 - kept * kept).sqrt() * self.normal()
    }

    fn burst(&mut self) -> f64 {
        let Some(bursts) = self.noise.bursts else {
            return 0.0;
        };
        let (before, mut spells) = (self.bursts.on, self.bursts);
        self.step(&mut spells, bursts.every, bursts.lasts);
        self.bursts = spells;
        if spells.on && !before {
            self.depth = self.exponential(bursts.depth);
        }
        if !spells.on {
            return 0.0;
        }
        if self.now - self.flickered_at > bursts.flicker_time / 20.0 {
            let passed = std::mem::replace(&mut self.flickered_at, self.now);
            self.flicker = self.toward(self.flicker, (self.now - passed) / bursts.flicker_time);
        }
        (self.depth * (1.0 + bursts.flicker * self.flicker)).max(0.0)
    }

    /// Work that takes turns with another program's: its own time, and the time that it waits.
    fn share_the_core(&mut self, work: f64) -> (f64, f64) {
        let Some(slices) = self.noise.slices else {
            return (work, 0.0);
        };
        let mut spells = self.sharing;
        self.step(&mut spells, slices.every, slices.lasts);
        self.sharing = spells;
        if !spells.on {
            return (work, 0.0);
        }
        let (mut left, mut worked, mut waited) = (work * (1.0 + slices.slower), 0.0, 0.0);
        while left > self.left_of_slice {
            left -= self.left_of_slice;
            worked += self.left_of_slice;
            waited += self.exponential(slices.waits);
            left += self.exponential(slices.refill);
            self.left_of_slice = self.exponential(slices.slice);
        }
        self.left_of_slice -= left;
        (worked + left, waited)
    }

    fn step(&mut self, spells: &mut Spells, every: f64, lasts: f64) {
        while self.now > spells.until {
            spells.on = !spells.on;
            let length = if spells.on { lasts } else { every };
            spells.until += self.exponential(length);
        }
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.random)
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    fn uniform(&mut self) -> f64 {
        ((self.random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}
