//! A job for the fake framework, and a reporter that writes down what it was told.
#![allow(dead_code)]

use tare_adapter_api::{LoadRequest, Options, OutputSpec};
use tare_harness::protocol::{Job, PROTOCOL, Purpose, RunDelayOf, Timing};
use tare_harness::{JobError, Reporter};
use tare_models::{DataType, Graph, Inputs, TensorSpec};
use tare_results::Phase;
use tare_units::{Bytes, Nanoseconds};

/// A job that times the fake framework with `options`.
pub fn job(options: &[(&str, &str)]) -> Job {
    let specs = vec![TensorSpec {
        name: "x".into(),
        dtype: DataType::F32,
        shape: vec![2, 3],
    }];
    Job {
        protocol: PROTOCOL.into(),
        adapter: "fake".into(),
        inputs: Inputs::new(&Graph::default(), &specs, &|_| None, 1).expect("small inputs"),
        load: LoadRequest {
            options: options
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect::<Options>(),
            ..LoadRequest::new(
                "none.onnx".into(),
                specs,
                vec![OutputSpec {
                    name: "y".into(),
                    dtype: DataType::F32,
                }],
            )
        },
        warmup: Default::default(),
        outputs: None,
        purpose: Purpose::Measure(Timing {
            scenario: "single-stream".parse().expect("a scenario"),
            batch: 2,
            seed: Default::default(),
            trace_sha256: None,
            duration_ns: Nanoseconds::from_secs(1),
            max_requests: 10_000,
            drain_ns: Nanoseconds::ZERO,
            run_delay: RunDelayOf::Nobody,
            deadline_ns: Nanoseconds::from_secs(3_600),
            samples: None,
        }),
    }
}

/// How the requests of a job are timed.
pub fn timing(job: &mut Job) -> &mut Timing {
    match &mut job.purpose {
        Purpose::Measure(timing) => timing,
        other => panic!("{other:?} times nothing"),
    }
}

/// Writes down the phases.
#[derive(Default)]
pub struct Phases(pub Vec<Phase>);

impl Reporter for Phases {
    fn phase(&mut self, phase: Phase, _own: Bytes) -> Result<(), JobError> {
        self.0.push(phase);
        Ok(())
    }
}
