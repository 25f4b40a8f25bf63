//! Options as they are read, and what is refused.

use tare_clock::{MonotonicClock, SimulatedClock};

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Settings, AdapterError> {
    let options = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    Settings::read(&options)
}

#[test]
fn every_option_of_what_goes_wrong_and_how_time_is_spent_is_read() {
    let settings = read(&[
        ("profiler", "1.5"),
        ("output", "nan"),
        ("fault", "eat-memory"),
        ("memory", "64MiB"),
        ("at", "7"),
        ("spin", "busy"),
        ("threads", "3"),
        ("where", "thread"),
        ("mode", "asynchronous"),
        ("operators", "178"),
        ("batches", "one"),
    ])
    .expect("all known");
    assert_eq!(
        settings,
        Settings {
            costs: Costs::default(),
            takes_batches: false,
            wrong: Some(Wrong::NotNumbers),
            profiler: Some(1.5),
            mode: Mode::Asynchronous,
            operators: Some(178),
            fault: Some((Fault::EatMemory(Bytes::from_mib(64)), At::Request(7))),
            spin: Spin::Busy,
            threads: NonZeroUsize::new(3).expect("not zero"),
            place: Where::Thread,
        }
    );
}

#[test]
fn every_cost_is_read() {
    let settings = read(&[
        ("load", "10ms"),
        ("run", "2ms"),
        ("per-sample", "100us"),
        ("first-of-batch", "7ms"),
        ("warmup", "5x3ms"),
        ("jitter", "200us"),
        ("seed", "9"),
        ("work", "4ms+1ms"),
        ("per-gflop", "20ms"),
        ("dispatch", "400ns"),
        ("noise", "2%"),
        ("drift", "0.5%"),
    ])
    .expect("all known");
    assert_eq!(
        settings.costs,
        Costs {
            load: Nanoseconds::from_millis(10),
            run: Nanoseconds::from_millis(2),
            per_sample: Nanoseconds::from_micros(100),
            first_of_batch: Nanoseconds::from_millis(7),
            warmup_requests: 5,
            warmup: Nanoseconds::from_millis(3),
            jitter: Nanoseconds::from_micros(200),
            seed: 9,
            work: Work {
                floor: Nanoseconds::from_millis(4),
                excess: Nanoseconds::from_millis(1),
            },
            per_gflop: Nanoseconds::from_millis(20),
            dispatch: Nanoseconds::from_nanos(400),
            noise: 0.02,
            drift: 0.005,
        }
    );
    assert!(settings.reads_model());
}

#[test]
fn a_wrong_value_is_refused_with_what_would_do() {
    let refusal = |key, value| read(&[(key, value)]).expect_err("wrong").to_string();
    assert_eq!(
        refusal("fault", "fire"),
        "adapter 'fake' refuses option 'fault=fire': use one of panic, abort, hang, error, exit, eat-memory"
    );
    assert_eq!(
        refusal("warmup", "3ms"),
        "adapter 'fake' refuses option 'warmup=3ms': write COUNTxDURATION, such as 5x3ms"
    );
    assert_eq!(
        refusal("at", "never"),
        "adapter 'fake' refuses option 'at=never': use load, run or the number of a request"
    );
    assert!(refusal("profiler", "0").contains("'profiler=0'"));
    assert!(refusal("output", "off-by:much").ends_with("such as off-by:0.01"));
    assert!(refusal("run", "2").contains("'run=2'"));
    assert!(refusal("threads", "0").contains("'threads=0'"));
    assert!(refusal("speed", "2").ends_with("warmup, where, work"));
    assert!(refusal("work", "2").ends_with("such as 2ms+500us"));
    assert!(refusal("noise", "0.1").ends_with("such as 2%"));
    assert!(refusal("mode", "lazy").contains("synchronous, asynchronous"));
    assert!(refusal("operators", "few").contains("'operators=few'"));
}

#[test]
fn outputs_can_be_wrong_in_several_ways() {
    let wrong = |value| read(&[("output", value)]).expect("known").wrong;
    assert_eq!(wrong("values"), None);
    assert_eq!(wrong("none"), Some(Wrong::Missing));
    assert_eq!(wrong("off-by:0.01"), Some(Wrong::OffBy(0.01)));
}

#[test]
fn a_fault_strikes_every_request_unless_told_otherwise() {
    let every = read(&[("fault", "error")]).expect("known");
    assert_eq!(every.fault_at(1), Some(Fault::Error));
    assert_eq!(every.fault_at_load(), None);
    let load = read(&[("fault", "error"), ("at", "load")]).expect("known");
    assert_eq!(load.fault_at(1), None);
    assert_eq!(load.fault_at_load(), Some(Fault::Error));
}

#[test]
fn waiting_takes_exactly_the_time_on_any_number_of_threads() {
    for (threads, place) in [("1", "caller"), ("1", "thread"), ("4", "caller")] {
        let clock = SimulatedClock::new();
        let settings = read(&[("threads", threads), ("where", place)]).expect("known");
        settings.wait(&clock, Nanoseconds::from_millis(2));
        assert_eq!(clock.now(), Nanoseconds::from_millis(2));
    }
}

#[test]
fn busy_waiting_reaches_the_deadline() {
    let settings = read(&[("spin", "busy")]).expect("known");
    let clock = MonotonicClock;
    let before = clock.now();
    settings.wait(&clock, Nanoseconds::from_micros(50));
    assert!(clock.now() >= before + Nanoseconds::from_micros(50));
}
