//! Threads that serve requests under load: whatever happens, every request that was due is in exactly one count, in time.

mod sessions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sessions::{Acting, Eager, Even, PATIENCE, engine, go, no_inputs, serve, setup, sleep};
use tare_adapter_api::{AdapterError, Tensor};
use tare_clock::{Clock, MonotonicClock};
use tare_harness::Pool;
use tare_harness::serve::Setup;
use tare_harness::serve::dispatch::Dispatch;
use tare_harness::serve::slots::Counts;
use tare_results::Cut;
use tare_results::samples::Sample;
use tare_units::Nanoseconds;

fn at_once(count: u64) -> Even {
    Even {
        distance: Nanoseconds::ZERO,
        count,
    }
}

fn every(micros: u64, count: u64) -> Even {
    Even {
        distance: Nanoseconds::from_micros(micros),
        count,
    }
}

fn done(done: u64) -> Counts {
    Counts {
        done,
        ..Counts::default()
    }
}

#[test]
fn requests_are_done_by_sessions_that_share_the_weights() {
    for servers in [1, 3] {
        let loaded = Acting::new(|_, _| Ok(()));
        let went = serve(&loaded, setup(servers, 1_000), &mut every(200, 400));
        assert_eq!(loaded.sessions(), servers as u64);
        assert_eq!(went.counts, done(400));
        let worked = went.served.worked;
        assert_eq!(
            (worked.done, worked.executed, worked.batches),
            (400, 400, 400)
        );
        assert_eq!(went.served.first_error, None);
        for (number, sample) in went.samples.iter().enumerate() {
            let due = sample.issued - u64::from(sample.skew);
            assert_eq!(due, number as u64 * 200_000, "counts from the schedule");
        }
        assert!(went.served.ended > went.served.issued.started);
    }
}

#[test]
fn a_latency_counts_from_when_the_request_was_due_and_holds_its_wait() {
    let ten = Nanoseconds::from_millis(10);
    let loaded = Acting::new(move |_, _| {
        sleep(ten);
        Ok(())
    });
    let went = serve(&loaded, setup(1, 1_000), &mut at_once(5));
    for (number, sample) in went.samples.iter().enumerate() {
        let latency = sample.latency().expect("done");
        assert!(latency.as_nanos() >= (number as u64 + 1) * ten.as_nanos());
    }
    assert!(went.served.issued.most_waiting >= 4);
}

#[test]
fn a_full_queue_rejects_and_a_rejected_request_is_infinitely_slow() {
    let loaded = Acting::new(|_, _| {
        sleep(Nanoseconds::from_millis(20));
        Ok(())
    });
    let went = serve(&loaded, setup(1, 3), &mut at_once(50));
    assert_eq!(went.counts.due(), 50);
    assert!((3..=5).contains(&went.counts.done), "{:?}", went.counts);
    assert_eq!(went.counts.rejected, 50 - went.counts.done);
    assert_eq!(went.served.issued.most_waiting, 3);
    let failed = went
        .samples
        .iter()
        .filter(|one| one.latency == Sample::FAILED);
    assert_eq!(failed.count() as u64, went.counts.rejected);
}

#[test]
fn a_request_that_waited_too_long_is_never_begun() {
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    let loaded = Acting::new(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        sleep(Nanoseconds::from_millis(30));
        Ok(())
    });
    let impatient = Setup {
        dispatch: Dispatch {
            timeout: Some(Nanoseconds::from_millis(20)),
            ..setup(1, 100).dispatch
        },
        ..setup(1, 100)
    };
    let went = serve(&loaded, impatient, &mut at_once(10));
    assert_eq!(went.counts.done + went.counts.timed_out, 10);
    assert!(went.counts.timed_out >= 9, "{:?}", went.counts);
    assert_eq!(begun.load(Ordering::SeqCst), went.counts.done);
}

#[test]
fn an_error_of_the_framework_costs_its_request_and_no_other() {
    let loaded = Acting::new(|number, _| match number % 10 {
        3 => Err(AdapterError::Run(format!("number {number}"))),
        _ => Ok(()),
    });
    let went = serve(&loaded, setup(1, 1_000), &mut at_once(100));
    assert_eq!((went.counts.done, went.counts.errors), (90, 10));
    let first = went.served.first_error.expect("an error").to_string();
    assert!(first.ends_with("number 3"), "{first}");
}

#[test]
fn a_session_that_panics_costs_its_request_and_others_go_on() {
    let loaded = Acting::new(|number, _| match number {
        5 => panic!("number 5"),
        _ => Ok(()),
    });
    let went = serve(&loaded, setup(2, 1_000), &mut every(100, 100));
    assert_eq!((went.counts.done, went.counts.errors), (99, 1));
    let first = went.served.first_error.expect("an error").to_string();
    assert!(first.contains("panicked: number 5"), "{first}");
}

#[test]
fn where_the_last_session_panics_the_rest_of_the_requests_is_counted_and_nobody_waits() {
    for clients in [false, true] {
        let loaded = Acting::new(|number, _| match number {
            5 => panic!("number 5"),
            _ => Ok(()),
        });
        let mut servers = engine(&loaded, no_inputs(), setup(1, 1_000));
        let went = match clients {
            false => go(&mut servers, &mut every(20_000, 100), PATIENCE),
            true => {
                let mut eager = Eager {
                    clients: 4,
                    count: 100,
                    most_in_flight: 0,
                };
                go(&mut servers, &mut eager, PATIENCE)
            }
        };
        assert_eq!((went.counts.done, went.counts.errors), (5, 1));
        assert_eq!(went.served.issued.cut, Some(Cut::Sessions));
        assert_eq!(went.counts.due(), went.samples.len() as u64);
        let again = go(&mut servers, &mut at_once(10), PATIENCE);
        assert_eq!(again.counts.done, 0, "nobody is left");
        assert_eq!(again.served.issued.cut, Some(Cut::Sessions));
    }
}

#[test]
fn a_session_that_hangs_costs_what_it_is_at_and_no_more_than_the_time_it_is_waited_for() {
    let loaded = Acting::new(|number, _| {
        if number == 3 {
            sleep(Nanoseconds::from_secs(3_600));
        }
        Ok(())
    });
    let mut servers = engine(&loaded, no_inputs(), setup(1, 1_000));
    let began = MonotonicClock.now();
    let patience = Nanoseconds::from_millis(300);
    let went = go(&mut servers, &mut at_once(10), patience);
    assert!(MonotonicClock.now() - began < Nanoseconds::from_secs(30));
    let expected = Counts {
        done: 3,
        errors: 1,
        timed_out: 6,
        ..Counts::default()
    };
    assert_eq!(went.counts, expected);
    let told = went.served.first_error.expect("an error").to_string();
    assert!(
        told.contains("1 of 1 workers were still executing"),
        "{told}"
    );
}

/// Inputs by how many are executed together: as many tensors.
fn together(most: usize) -> Pool {
    let one = Tensor::from_values(vec![1], vec![1.0_f32]).expect("a tensor");
    let inputs = |count| vec![vec![one.clone(); count]];
    Pool::of_batches((1..=most).map(inputs).collect())
}

#[test]
fn requests_that_wait_are_executed_together_up_to_the_largest_batch() {
    for servers in [1, 2] {
        let largest = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&largest);
        let loaded = Acting::new(move |_, inputs| {
            seen.fetch_max(inputs.len() as u64, Ordering::SeqCst);
            sleep(Nanoseconds::from_micros(200));
            Ok(())
        });
        let batching = Setup {
            dispatch: Dispatch {
                max_batch: 4,
                batch_delay: Nanoseconds::from_millis(2),
                timeout: None,
            },
            ..setup(servers, 1_000)
        };
        let mut engine = engine(&loaded, together(4), batching);
        let went = go(&mut engine, &mut every(100, 403), PATIENCE);
        assert_eq!(went.counts, done(403));
        assert_eq!(largest.load(Ordering::SeqCst), 4);
        let worked = went.served.worked;
        assert_eq!(worked.executed, 403);
        assert!(worked.batches < 403, "{worked:?}");
    }
}

#[test]
fn a_server_that_waits_for_more_requests_of_a_batch_is_idle() {
    let loaded = Acting::new(|_, _| Ok(()));
    let batching = Setup {
        dispatch: Dispatch {
            max_batch: 4,
            batch_delay: Nanoseconds::from_millis(20),
            timeout: None,
        },
        ..setup(1, 100)
    };
    let mut engine = engine(&loaded, together(4), batching);
    let went = go(&mut engine, &mut every(25_000, 10), PATIENCE);
    assert_eq!(went.counts, done(10));
    let (idle, served) = (went.served.worked.idle, went.served.serving);
    assert!(
        idle.as_secs_f64() > 0.8 * served.as_secs_f64(),
        "{idle} of {served}"
    );
}

#[test]
fn clients_have_one_request_in_flight_each() {
    for servers in [1, 3] {
        let mut eager = Eager {
            clients: 4,
            count: 3_000,
            most_in_flight: 0,
        };
        // The first of each session last long enough for every client to have asked.
        let loaded = Acting::new(|number, _| {
            if number < 3 {
                sleep(Nanoseconds::from_millis(50));
            }
            Ok(())
        });
        let went = serve(&loaded, setup(servers, 100), &mut eager);
        assert_eq!(went.counts, done(3_000));
        assert_eq!(eager.most_in_flight, 4);
        assert!(went.samples.iter().all(|sample| sample.skew == 0));
    }
}

#[test]
fn servers_serve_one_schedule_after_another() {
    let loaded = Acting::new(|_, _| Ok(()));
    let mut servers = engine(&loaded, no_inputs(), setup(2, 100));
    for count in [10, 1, 50] {
        let went = go(&mut servers, &mut every(50, count), PATIENCE);
        assert_eq!(went.counts, done(count));
    }
    assert_eq!(loaded.sessions(), 2);
}

#[test]
fn what_is_due_when_the_time_is_over_was_never_sent() {
    let loaded = Acting::new(|_, _| Ok(()));
    let mut servers = engine(&loaded, no_inputs(), setup(1, 1_000));
    let went = go(&mut servers, &mut at_once(60), Nanoseconds::ZERO);
    assert_eq!(went.served.issued.cut, Some(Cut::Time));
    assert_eq!(went.counts.due(), 60);
    assert!(went.counts.never_sent >= 59, "{:?}", went.counts);
}

#[test]
fn a_framework_that_gives_no_further_session_is_an_error() {
    struct One;
    impl tare_adapter_api::Loaded for One {
        fn session(&self) -> Result<Box<dyn tare_adapter_api::Session + '_>, AdapterError> {
            Err(AdapterError::Load("no session".into()))
        }

        fn runtime(&self) -> tare_adapter_api::RuntimeFacts {
            tare_adapter_api::RuntimeFacts::default()
        }
    }
    let loaded: Arc<dyn tare_adapter_api::Loaded> = Arc::new(One);
    let started =
        tare_harness::serve::Engine::start(&loaded, no_inputs(), setup(1, 1), MonotonicClock);
    let error = started.err().expect("refused").to_string();
    assert!(error.contains("no session"), "{error}");
}
