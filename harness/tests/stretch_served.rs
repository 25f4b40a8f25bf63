//! Further requests under load begin their schedule anew until their time is over, whoever decides when requests come.

mod common;

use common::{job, timing};
use tare_adapter_fake::Fake;
use tare_clock::MonotonicClock;
use tare_harness::protocol::{Answer, Stretch};
use tare_harness::{JobError, Reporter, perform};
use tare_results::Phase;
use tare_units::{Bytes, Nanoseconds};

const LENGTH: Nanoseconds = Nanoseconds::from_millis(500);

/// Wants one stretch.
#[derive(Default)]
struct Wanting(Option<Stretch>);

impl Reporter for Wanting {
    fn phase(&mut self, _phase: Phase, _own: Bytes) -> Result<(), JobError> {
        Ok(())
    }

    fn timed(&mut self, _own: Bytes) -> Result<Answer, JobError> {
        Ok(Answer::More(LENGTH))
    }

    fn stretched(&mut self, stretch: Stretch) -> Result<Answer, JobError> {
        self.0 = Some(stretch);
        Ok(Answer::Go)
    }
}

/// The stretch after 50 ms of requests of 100 µs under `scenario`.
fn stretch(scenario: &str) -> Stretch {
    let mut job = job(&[("run", "100us")]);
    let timing = timing(&mut job);
    timing.scenario = scenario.parse().expect("a scenario");
    timing.batch = 1;
    timing.duration_ns = Nanoseconds::from_millis(50);
    timing.drain_ns = Nanoseconds::from_secs(10);
    let clock = MonotonicClock;
    let mut wanting = Wanting::default();
    perform(&Fake::new(clock), &job, &clock, &mut wanting).expect("measures");
    wanting.0.expect("it was wanted")
}

#[test]
fn an_open_loop_goes_on_at_its_rate_for_as_long_as_is_wanted() {
    let stretch = stretch("server:rate=1000,arrivals=constant");
    assert_eq!(stretch.error, None);
    let lasted = stretch.to_ns.saturating_sub(stretch.from_ns);
    assert!(lasted >= Nanoseconds::from_millis(400), "{lasted}");
    // Each go of 50 begins once the one before it is done, which a busy machine makes late.
    assert!((300..=500).contains(&stretch.samples), "{stretch:?}");
}

#[test]
fn clients_go_on_asking_for_as_long_as_is_wanted() {
    let stretch = stretch("closed:clients=2,think=2ms");
    assert_eq!(stretch.error, None);
    let lasted = stretch.to_ns.saturating_sub(stretch.from_ns);
    assert!(lasted >= Nanoseconds::from_millis(400), "{lasted}");
    assert!((150..=500).contains(&stretch.samples), "{stretch:?}");
}
