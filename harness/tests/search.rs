//! The search for the highest rate on the simulated engine, against queues of which that rate is known.

mod queue;

use std::cell::Cell;
use std::convert::Infallible;

use queue::{Random, SERVICE_NS, Service, crommelin, exponential, plain, solve};
use tare_harness::serve::simulated::{Execution, Simulation};
use tare_harness::serve::trial::{ROOM, Sought, Tried};
use tare_scenarios::search::{Bracket, End, Trial};
use tare_scenarios::{Limits, Objective, RequestRate, ScenarioSpec, Seed};
use tare_statistics::Percentile;
use tare_units::Nanoseconds;

const SEEDS: u64 = 200;

/// One server, and what requests are held to.
#[derive(Debug, Clone, Copy)]
struct World {
    arrivals: &'static str,
    service: Service,
    objective: Objective,
    budget: Nanoseconds,
}

impl World {
    fn new(
        arrivals: &'static str,
        service: Service,
        (percentile, services): (Percentile, f64),
    ) -> Self {
        let bound = Nanoseconds::from_nanos_f64(services * SERVICE_NS);
        Self {
            arrivals,
            service,
            objective: Objective { percentile, bound },
            budget: Nanoseconds::from_secs(120),
        }
    }

    fn served(&self, per_s: f64, duration: Nanoseconds, seed: Seed) -> (Simulation, f64) {
        let rate = RequestRate::from_per_s(per_s).expect("a rate");
        let limits = Limits {
            duration,
            max_requests: ROOM,
            batch: 1,
        };
        let spec = format!("server:rate=max,slo=p90<1s,arrivals={}", self.arrivals);
        let spec: ScenarioSpec = spec.parse().expect("a scenario");
        let spec = spec.tried_at(rate).expect("it is searched");
        let mut schedule = spec.schedule(limits, seed, None).expect("fits");
        let mut random = Random::new(format!("{seed:?}").bytes().fold(7, |mixed, byte| {
            (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }));
        let mut busy = Nanoseconds::ZERO;
        let served = plain(1).serve(&mut schedule, |_: Execution| {
            let time = match self.service {
                Service::Exponential => exponential(&mut random, SERVICE_NS),
                Service::Constant => Nanoseconds::from_nanos_f64(SERVICE_NS),
            };
            busy = busy + time;
            Some(time)
        });
        (served, busy.as_secs_f64())
    }

    /// The worker's search, with trials on this server.
    fn search(&self, number: u64) -> Bracket {
        let sought = Sought {
            objective: self.objective,
            workers: 1,
            usual: Nanoseconds::from_nanos_f64(SERVICE_NS),
            cycle: Nanoseconds::ZERO,
            budget: self.budget,
        };
        let passed = Cell::new(Nanoseconds::ZERO);
        let serve = |trial: Trial, before| -> Result<Tried, Infallible> {
            let seed = Seed::new(number, 0).of_trial(before);
            let (served, busy) = self.served(trial.per_s, trial.duration, seed);
            let ends = served.passed.iter().filter_map(|one| one.begun);
            let end = ends.max().unwrap_or_default().max(trial.duration);
            passed.set(passed.get() + end);
            Ok(Tried {
                samples: served.samples(),
                load: busy / end.as_secs_f64().max(busy),
                is_whole: true,
                is_waited_for: true,
            })
        };
        let Ok(found) = sought.search(|| passed.get(), serve);
        found.bracket
    }

    /// Of how many searches, in percent, the bracket holds the `truth`, and how wide it is in the middle one, as a ratio.
    fn searched(&self, truth: f64) -> (f64, f64) {
        self.searched_by(SEEDS, truth)
    }

    fn searched_by(&self, seeds: u64, truth: f64) -> (f64, f64) {
        let brackets: Vec<Bracket> = (0..seeds).map(|seed| self.search(seed)).collect();
        let holds = |one: &&Bracket| {
            let is_low = one.kept.is_none_or(|kept| kept <= truth);
            is_low && one.missed.is_none_or(|missed| truth <= missed)
        };
        let held = brackets.iter().filter(holds).count();
        let width = |one: &Bracket| Some(one.missed? / one.kept?);
        let mut widths: Vec<f64> = brackets
            .iter()
            .map(|one| width(one).unwrap_or(f64::INFINITY))
            .collect();
        widths.sort_unstable_by(f64::total_cmp);
        let narrow = brackets.iter().filter(|one| one.end == End::Narrow);
        println!(
            "{self:?}: {held} of {seeds} hold {truth}, {} narrow, width {:?}",
            narrow.count(),
            [
                widths[0],
                widths[widths.len() / 2],
                widths[widths.len() - 1]
            ]
        );
        (100.0 * held as f64 / seeds as f64, widths[widths.len() / 2])
    }
}

/// Of an M/M/1 queue the time from arrival to end is exponential with mean 1/(1 − ρ) services.
#[test]
fn of_m_m_1_queues_the_bracket_holds_the_rate_at_which_the_percentile_is_the_bound() {
    for (percentile, load) in [
        (Percentile::P90, 0.5),
        (Percentile::P90, 0.8),
        (Percentile::P95, 0.5),
    ] {
        let services = -(1.0 - percentile.fraction()).ln() / (1.0 - load);
        let world = World::new("poisson", Service::Exponential, (percentile, services));
        let (held, width) = world.searched(load * 1e9 / SERVICE_NS);
        assert!(held >= 95.0, "{percentile} at {load}: {held}%");
        assert!(width < 1.9, "{percentile} at {load}: {width}");
    }
}

/// The p99 of an M/M/1 and of an M/D/1 queue, for which a search takes ten times as many requests.
fn p99_is_held(load: f64, seeds: u64) {
    let percentile = Percentile::P99;
    let share = percentile.fraction();
    let exponential = -(1.0 - share).ln() / (1.0 - load);
    let constant = 1.0 + solve(|services| crommelin(load, services), share, 30.0);
    for (service, services) in [
        (Service::Exponential, exponential),
        (Service::Constant, constant),
    ] {
        let mut world = World::new("poisson", service, (percentile, services));
        world.budget = Nanoseconds::from_secs(600);
        let (held, width) = world.searched_by(seeds, load * 1e9 / SERVICE_NS);
        assert!(held >= 95.0, "{service:?} at {load}: {held}%");
        assert!(width < 1.9, "{service:?} at {load}: {width}");
    }
}

#[test]
fn at_half_load_the_bracket_holds_the_rate_at_which_the_p99_is_the_bound() {
    p99_is_held(0.5, 40);
}

#[test]
fn at_a_load_of_nine_tenths_the_bracket_holds_the_rate_at_which_the_p99_is_the_bound() {
    p99_is_held(0.9, 40);
}

/// Of an M/D/1 queue the wait is as Erlang and Crommelin say; a service is added to it.
#[test]
fn of_m_d_1_queues_the_bracket_holds_the_rate_at_which_the_percentile_is_the_bound() {
    for (percentile, load) in [(Percentile::P90, 0.5), (Percentile::P90, 0.8)] {
        let share = percentile.fraction();
        let services = 1.0 + solve(|services| crommelin(load, services), share, 30.0);
        let world = World::new("poisson", Service::Constant, (percentile, services));
        let (held, width) = world.searched(load * 1e9 / SERVICE_NS);
        assert!(held >= 95.0, "{percentile} at {load}: {held}%");
        assert!(width < 1.9, "{percentile} at {load}: {width}");
    }
}

/// Each request is done when the next is due, or the queue grows for ever: any objective above a service is kept up to there.
#[test]
fn a_generous_objective_does_not_hide_that_a_queue_grows_without_bound() {
    for services in [2.0, 1_000.0] {
        let generous = (Percentile::P90, services);
        for (arrivals, service) in [
            ("constant", Service::Constant),
            ("poisson", Service::Constant),
            ("poisson", Service::Exponential),
        ] {
            if arrivals == "poisson" && services < 100.0 {
                continue;
            }
            let world = World::new(arrivals, service, generous);
            let (held, width) = world.searched(1e9 / SERVICE_NS);
            assert!(held >= 95.0, "{arrivals} {service:?}: {held}%");
            assert!(width < 1.5, "{arrivals} {service:?}: {width}");
        }
    }
}
