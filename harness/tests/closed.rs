//! Clients in a closed loop think from the end of their requests, however late the generator hears of it.

mod sessions;

use std::collections::BTreeSet;

use sessions::{Acting, PATIENCE, engine, go, hand_overs, no_inputs, setup, sleep};
use tare_scenarios::{Limits, ScenarioSpec, Seed};
use tare_units::Nanoseconds;

const THINK: u64 = 1_000_000;

#[test]
fn a_request_is_due_exactly_its_think_time_after_the_end_of_another() {
    for (clients, servers) in [(1, 1), (4, 2)] {
        let spec = format!("closed:clients={clients},think=1ms,min=100,max=100");
        let spec: ScenarioSpec = spec.parse().expect("a scenario");
        let limits = Limits {
            duration: Nanoseconds::from_secs(60),
            max_requests: 100,
            batch: 1,
        };
        let mut schedule = spec.schedule(limits, Seed::new(1, 0), None).expect("fits");
        let loaded = Acting::new(|number, _| {
            sleep(Nanoseconds::from_micros(100 * (1 + number % 7)));
            Ok(())
        });
        let mut engine = engine(&loaded, no_inputs(), setup(servers, clients));
        let went = go(&mut engine, &mut schedule, PATIENCE);
        assert_eq!(went.counts.done, 100);
        let due = |place: usize| {
            let sample = went.samples[place];
            sample.issued - u64::from(sample.skew)
        };
        let ends = (0..100).map(|place| due(place) + went.samples[place].latency);
        let ends: BTreeSet<u64> = ends.collect();
        for place in clients..100 {
            let since = due(place).checked_sub(THINK).expect("after the start");
            assert!(
                ends.contains(&since),
                "{place}: nothing ended at {since} ns"
            );
        }
    }
}

#[test]
fn what_handing_over_takes_adds_up_to_the_time_between_two_requests_of_a_client() {
    let spec: ScenarioSpec = "closed:clients=1".parse().expect("a scenario");
    let limits = Limits {
        duration: Nanoseconds::from_secs(60),
        max_requests: 50,
        batch: 1,
    };
    let mut schedule = spec.schedule(limits, Seed::new(1, 0), None).expect("fits");
    let work = Nanoseconds::from_millis(2);
    let loaded = Acting::new(move |_, _| {
        sleep(work);
        Ok(())
    });
    let mut engine = engine(&loaded, no_inputs(), setup(1, 1));
    let went = go(&mut engine, &mut schedule, PATIENCE);
    let (back, there) = hand_overs(&went.samples);
    assert_eq!((back.len(), there.len()), (49, 50));
    assert!(there.iter().all(|time| *time >= work), "{there:?}");
    for (place, pair) in went.samples.windows(2).enumerate() {
        let between = pair[1].issued - pair[0].issued;
        assert_eq!(between, (there[place] + back[place]).as_nanos(), "{place}");
    }
}
