//! What the fake is asked to cost and to break is what it costs and breaks, to the nanosecond.

use tare_adapter_api::{
    Adapter, AdapterError, DataType, LoadRequest, Options, OutputSpec, Tensor, TensorSpec,
};
use tare_adapter_fake::Fake;
use tare_clock::{Clock, SimulatedClock};
use tare_units::Nanoseconds;

fn request(options: &[(&str, &str)], rows: usize) -> LoadRequest {
    let input = TensorSpec {
        name: "x".to_owned(),
        dtype: DataType::F32,
        shape: vec![rows, 3],
    };
    let output = OutputSpec {
        name: "y".to_owned(),
        dtype: DataType::F32,
    };
    LoadRequest {
        options: options
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<Options>(),
        ..LoadRequest::new("none".into(), vec![input], vec![output])
    }
}

fn input(rows: usize) -> Vec<Tensor> {
    vec![Tensor::from_values(vec![rows, 3], vec![0.5f32; rows * 3]).expect("fits")]
}

#[test]
fn loading_and_each_request_take_what_was_asked() {
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    let options = [
        ("load", "10ms"),
        ("run", "2ms"),
        ("per-sample", "100us"),
        ("warmup", "2x3ms"),
    ];
    let loaded = fake.load(&request(&options, 4)).expect("loads");
    assert_eq!(clock.now(), Nanoseconds::from_millis(10));
    let mut session = loaded.session().expect("a session");
    let costs = [5_400, 5_400, 2_400, 2_400].map(Nanoseconds::from_micros);
    for cost in costs {
        let before = clock.now();
        session.run(&input(4)).expect("runs");
        assert_eq!(clock.now() - before, cost);
    }
}

#[test]
fn requests_of_several_batches_cost_by_their_rows_and_more_where_a_batch_is_new() {
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    let options = [("per-sample", "100us"), ("first-of-batch", "5ms")];
    let request = LoadRequest {
        largest_batch: std::num::NonZeroUsize::new(8),
        ..request(&options, 4)
    };
    let loaded = fake.load(&request).expect("loads");
    let mut session = loaded.session().expect("a session");
    for (rows, micros) in [(4, 5_400), (8, 5_800), (4, 400), (1, 5_100), (8, 800)] {
        let before = clock.now();
        session.run(&input(rows)).expect("runs");
        assert_eq!(clock.now() - before, Nanoseconds::from_micros(micros));
        let outputs = session.outputs().expect("outputs");
        assert_eq!(outputs[0].shape(), [rows]);
    }
    assert!(session.run(&input(9)).is_err());
}

#[test]
fn requests_of_several_batches_can_be_refused() {
    let several = LoadRequest {
        largest_batch: std::num::NonZeroUsize::new(8),
        ..request(&[("batches", "one")], 4)
    };
    let fake = Fake::new(SimulatedClock::new());
    for refused in [fake.accepts(&several).err(), fake.load(&several).err()] {
        assert!(
            matches!(refused, Some(AdapterError::Unsupported(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn an_error_strikes_the_request_it_was_asked_for() {
    let fake = Fake::new(SimulatedClock::new());
    let loaded = fake
        .load(&request(&[("fault", "error"), ("at", "2")], 1))
        .expect("loads");
    let mut session = loaded.session().expect("a session");
    let runs = [(); 3].map(|()| session.run(&input(1)));
    let error = || AdapterError::Run("fault=error".to_owned());
    assert_eq!(runs, [Ok(()), Err(error()), Ok(())]);
    let mut other = loaded.session().expect("a session");
    assert_eq!(other.run(&input(1)), Ok(()));
}

#[test]
fn a_fault_at_load_strikes_before_anything_runs() {
    let fake = Fake::new(SimulatedClock::new());
    let error = fake
        .load(&request(&[("fault", "error"), ("at", "load")], 1))
        .map(|_| ())
        .expect_err("strikes");
    assert_eq!(error, AdapterError::Load("fault=error".to_owned()));
}

#[test]
fn a_panic_comes_out_of_the_request() {
    let fake = Fake::new(SimulatedClock::new());
    let loaded = fake
        .load(&request(&[("fault", "panic")], 1))
        .expect("loads");
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        loaded
            .session()
            .and_then(|mut session| session.run(&input(1)))
    }));
    let payload = outcome.expect_err("panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"fault=panic"));
}

#[test]
fn a_profiled_request_takes_so_many_times_as_long_and_tells_where() {
    let clock = SimulatedClock::new();
    let fake = Fake::new(clock.clone());
    let options = [("run", "2ms"), ("profiler", "1.5")];
    let loaded = fake.load(&request(&options, 1)).expect("loads");
    let mut session = loaded.session().expect("a session");
    session.run(&input(1)).expect("runs");
    assert_eq!(clock.now(), Nanoseconds::from_millis(2));
    session.start_profile().expect("offered");
    session.run(&input(1)).expect("runs");
    assert_eq!(clock.now(), Nanoseconds::from_millis(5));
    let requests = session.end_profile().expect("profiled");
    let times: Vec<(&str, u64)> = requests[0]
        .iter()
        .map(|operator| (operator.kind.as_str(), operator.time_ns))
        .collect();
    assert_eq!(
        times,
        [("MatMul", 1_500_000), ("Add", 750_000), ("Add", 750_000)]
    );
    session.run(&input(1)).expect("runs");
    assert_eq!(clock.now(), Nanoseconds::from_millis(7));
}

#[test]
fn without_a_profiler_there_is_no_profile() {
    let fake = Fake::new(SimulatedClock::new());
    let loaded = fake.load(&request(&[], 1)).expect("loads");
    let mut session = loaded.session().expect("a session");
    let error = session.start_profile().expect_err("not offered");
    assert_eq!(
        error.to_string(),
        "this adapter does not offer a profile by operator"
    );
}
