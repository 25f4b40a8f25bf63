//! What is known beforehand: a framework's costs, a model's work, and the parts that must come out.

use std::collections::BTreeMap;

use tare_adapter_api::Options;

use super::random::Random;

/// Known costs of a framework.
#[derive(Debug, Clone)]
pub struct Framework {
    /// Of each request, whatever the model.
    pub fixed_ns: u64,
    /// Of each operator.
    pub dispatch_ns: u64,
    /// Standard deviation of a request's time, in percent.
    pub noise_percent: f64,
    /// The same of a session.
    pub drift_percent: f64,
    /// Whether a device works behind the host.
    pub is_asynchronous: bool,
    /// How time is spent: `sleep` on a simulated clock, `busy` on a real one.
    pub spin: &'static str,
}

/// What makes a floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    Compute,
    Memory,
}

/// Known work of a model.
#[derive(Debug, Clone)]
pub struct Model {
    pub name: String,
    pub operators: u64,
    pub batch: u64,
    pub bound: Bound,
    pub floor_ns: f64,
    pub excess_ns: f64,
    /// Work for each row more.
    pub per_sample_ns: u64,
    /// The share of its work that its twin still does.
    pub kept: f64,
}

/// The parts that must come out, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub struct Truth {
    pub latency: f64,
    pub floor: f64,
    pub inefficiency: f64,
    pub tax: f64,
}

impl Framework {
    /// Noise of up to 5% a request and 0.8% a session around costs of plausible size, times `scale`: without limits of
    /// time it is large, so that whole nanoseconds do not show.
    pub fn draw(scale: f64, random: &mut Random) -> Self {
        Self {
            fixed_ns: (scale * random.spread(2e3, 2e4)) as u64,
            dispatch_ns: (scale * random.spread(300.0, 3e3)) as u64,
            noise_percent: random.between(0.5, 5.0),
            drift_percent: random.between(0.1, 0.8),
            is_asynchronous: false,
            spin: "sleep",
        }
    }

    /// As the fake reads them.
    pub fn options(&self, model: &Model, seed: u64) -> Options {
        let mode = if self.is_asynchronous {
            "asynchronous"
        } else {
            "synchronous"
        };
        let (floor, excess) = (model.floor_ns as u64, model.excess_ns as u64);
        [
            ("run", format!("{}ns", self.fixed_ns)),
            ("dispatch", format!("{}ns", self.dispatch_ns)),
            ("operators", model.operators.to_string()),
            ("work", format!("{floor}ns+{excess}ns")),
            ("per-sample", format!("{}ns", model.per_sample_ns)),
            ("noise", format!("{}%", self.noise_percent)),
            ("drift", format!("{}%", self.drift_percent)),
            ("mode", mode.to_owned()),
            ("spin", self.spin.to_owned()),
            ("profiler", "1".to_owned()),
            ("seed", seed.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// What the host spends.
    pub fn overhead(&self, model: &Model) -> f64 {
        (self.fixed_ns + self.dispatch_ns * model.operators) as f64
    }

    /// The parts of `model`, by a formula for each way that host and device can overlap.
    pub fn truth(&self, model: &Model) -> Truth {
        let (fixed, each) = (self.fixed_ns as f64, self.dispatch_ns as f64);
        let (operators, work) = (model.operators as f64, model.work());
        let (latency, tax) = if !self.is_asynchronous {
            (self.overhead(model) + work, self.overhead(model))
        } else {
            // Two queues take turns, each kernel as long as two shares of the work.
            let kernel = 2.0 * work / operators;
            if kernel >= 2.0 * each {
                (fixed + 2.0 * each + work, fixed + each)
            } else if kernel >= each {
                (fixed + operators * each + kernel, fixed + each)
            } else {
                let latency = fixed + operators * each + kernel;
                (latency, latency - 2.0 * work)
            }
        };
        Truth {
            latency,
            floor: model.floor_ns,
            inefficiency: latency - tax - model.floor_ns,
            tax,
        }
    }
}

impl Model {
    /// One whose tax is a share of its latency anywhere from 4% to 96%, under a synchronous `framework`.
    pub fn draw(framework: &Framework, place: u64, operators: u64, random: &mut Random) -> Self {
        let share = random.between(0.04, 0.96);
        let overhead = (framework.fixed_ns + framework.dispatch_ns * operators) as f64;
        let work = overhead * (1.0 - share) / share;
        let floor = random.between(0.2, 0.95);
        Self {
            name: format!("model-{place}"),
            operators,
            batch: 1,
            bound: if random.uniform() < 0.5 {
                Bound::Compute
            } else {
                Bound::Memory
            },
            floor_ns: (work * floor).round(),
            excess_ns: (work * (1.0 - floor)).round(),
            per_sample_ns: 0,
            kept: 0.0,
        }
    }

    /// All work of a request.
    pub fn work(&self) -> f64 {
        self.floor_ns + self.excess_ns + (self.per_sample_ns * self.batch) as f64
    }

    /// The same operators with what a twin keeps of the work.
    pub fn hollow(&self) -> Self {
        Self {
            floor_ns: self.floor_ns * self.kept,
            excess_ns: self.excess_ns * self.kept,
            per_sample_ns: (self.per_sample_ns as f64 * self.kept) as u64,
            ..self.clone()
        }
    }

    /// As the fake names them.
    pub fn kinds(&self) -> BTreeMap<String, u64> {
        let products = self.operators.div_ceil(2);
        let sums = self.operators - products;
        [("MatMul", products), ("Add", sums)]
            .map(|(kind, count)| (kind.to_owned(), count))
            .into()
    }
}
