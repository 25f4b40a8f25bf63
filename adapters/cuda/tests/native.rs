//! The adapter on a GPU that is made up: driver, compiler and products are, and kernels execute on this machine.

mod common;
mod emulated;

use common::{Error, Subject, deviation};
use emulated::process::{alone, with_faults};
use tare_adapter_api::{Adapter, AdapterError, Device, LoadRequest, Precision, Readiness};
use tare_adapter_cuda::Cuda;
use tare_adapter_cuda::reference;
use tare_adapter_cuda::{Fusion, Held, plan_of};

/// Small ones of every family.
const SMALL: [&str; 8] = [
    "mlp:width=64,depth=2",
    "bert-tiny:vocab=500",
    "minilm-l6:layers=1,vocab=500",
    "squeezebert:layers=1,vocab=500",
    "mobilebert:layers=1,vocab=500",
    "gpt2:layers=1,vocab=500",
    "vit-b-32:layers=1",
    "resnet-18",
];

fn request(subject: &Subject, options: &[(&str, &str)], precision: Precision) -> LoadRequest {
    let options = options.iter();
    LoadRequest {
        device: Device::Cuda(0),
        precision: Some(precision),
        options: options
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        ..subject.request().clone()
    }
}

/// How far the second of two requests is from the reference of the plan.
fn error_of(subject: &Subject, request: &LoadRequest) -> Error {
    let loaded = Cuda.load(request).expect("loads");
    let mut session = loaded.session().expect("a session");
    for _ in 0..2 {
        session.run(subject.inputs()).expect("runs");
    }
    let (plan, weights) = plan_of(&subject.resolved, Fusion::None, Held::F32).expect("a plan");
    let expected = reference::outputs_of(&plan, &weights, subject.inputs()).expect("runs");
    deviation(&session.outputs().expect("outputs"), &expected)
}

fn compare(name: &str, options: &[(&str, &str)], precision: Precision) -> Error {
    let subject = Subject::new(name, 32, 8);
    let error = error_of(&subject, &request(&subject, options, precision));
    println!(
        "{name} {options:?} {precision}: {:.1e} of the scale",
        error.largest
    );
    error
}

#[test]
fn a_request_computes_what_its_plan_says() {
    let orders = ["", "backwards"];
    with_faults("a_request_computes_what_its_plan_says", &orders, || {
        for name in SMALL {
            let error = compare(name, &[("search", "false")], Precision::Fp32);
            assert!(error.within, "{name}: {error:?}");
        }
    });
}

#[test]
fn what_is_not_fused_or_captured_computes_the_same() {
    alone("what_is_not_fused_or_captured_computes_the_same", || {
        for name in SMALL {
            let options = [("fusion", "false"), ("mode", "stream"), ("search", "false")];
            let error = compare(name, &options, Precision::Fp32);
            assert!(error.within, "{name}: {error:?}");
        }
    });
}

/// A part in 2¹⁰ and in 2⁷ is a step of such floats; a few of them add up over layers.
#[test]
fn floats_of_16_bits_stay_near_those_of_32() {
    let orders = ["", "backwards"];
    with_faults("floats_of_16_bits_stay_near_those_of_32", &orders, || {
        for name in [SMALL[1], SMALL[5], SMALL[6], SMALL[7]] {
            for (precision, most) in [(Precision::Fp16, 1e-2), (Precision::Bf16, 8e-2)] {
                let error = compare(name, &[("search", "false")], precision);
                assert!(error.largest < most, "{name} {precision}: {error:?}");
            }
        }
    });
}

fn failed<T>(result: Result<T, AdapterError>) -> String {
    match result {
        Ok(_) => panic!("it should have failed"),
        Err(error) => error.to_string(),
    }
}

/// A model with a table, a product and a normalisation.
fn subject() -> Subject {
    Subject::new("bert-tiny:layers=1,vocab=50", 32, 4)
}

#[test]
fn it_is_ready_where_the_libraries_are_and_says_their_versions() {
    alone(
        "it_is_ready_where_the_libraries_are_and_says_their_versions",
        || {
            let Readiness::Ready(facts) = Cuda.check(None, &Default::default()) else {
                panic!("it is not ready");
            };
            let option = |key: &str| facts.options.get(key).map(String::as_str);
            assert_eq!(option("nvrtc"), Some("13.0"));
            assert_eq!(option("cublaslt"), Some("130100"));
            assert_eq!(option("mode"), Some("graph"));
        },
    );
}

#[test]
fn a_driver_that_breaks_down_at_any_call_fails_and_leaves_nothing_over() {
    const NAME: &str = "a_driver_that_breaks_down_at_any_call_fails_and_leaves_nothing_over";
    let faults: Vec<String> = (3..120)
        .step_by(9)
        .map(|call| format!("lost={call}"))
        .collect();
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    with_faults(NAME, &faults, || {
        let subject = subject();
        let run = || {
            let loaded = Cuda.load(&request(&subject, &[("search", "false")], Precision::Fp32))?;
            let mut session = loaded.session()?;
            (0..20).try_for_each(|_| session.run(subject.inputs()))
        };
        let error = failed(run());
        assert!(error.contains("CUDA_ERROR_UNKNOWN"), "{error}");
    });
}

#[test]
fn a_device_that_is_not_there_is_told() {
    alone("a_device_that_is_not_there_is_told", || {
        let subject = subject();
        let mut request = request(&subject, &[], Precision::Fp32);
        request.device = Device::Cuda(3);
        let error = failed(Cuda.load(&request));
        let told = "cuda finds no cuda:3: the driver has one GPU: ask for --device cuda:0";
        assert_eq!(error, told);
        assert_eq!(failed(Cuda.accepts(&request)), told);
    });
}

#[test]
fn memory_that_runs_out_at_any_allocation_is_told() {
    let faults: Vec<String> = (1..12).map(|number| format!("memory={number}")).collect();
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    with_faults(
        "memory_that_runs_out_at_any_allocation_is_told",
        &faults,
        || {
            let subject = subject();
            let loaded = Cuda.load(&request(&subject, &[("search", "false")], Precision::Fp32));
            let error = match &loaded {
                Ok(loaded) => failed(loaded.session()),
                Err(error) => error.to_string(),
            };
            assert!(error.contains("CUDA_ERROR_OUT_OF_MEMORY"), "{error}");
        },
    );
}

/// The first kernels are those of a session's rehearsal, later ones those of requests.
#[test]
fn a_kernel_that_strays_ends_the_cell_and_is_told_with_its_step_where_it_can_be() {
    const NAME: &str =
        "a_kernel_that_strays_ends_the_cell_and_is_told_with_its_step_where_it_can_be";
    with_faults(NAME, &["sticky=2", "sticky=30"], || {
        let subject = subject();
        let loaded = Cuda.load(&request(&subject, &[("search", "false")], Precision::Fp32));
        let loaded = loaded.expect("loads");
        let session = loaded.session();
        if std::env::var("FAKE_CUDA").as_deref() == Ok("sticky=2") {
            let error = failed(session);
            assert!(
                error.contains("step ") && error.contains("CUDA_ERROR_ILLEGAL_ADDRESS"),
                "{error}"
            );
            return;
        }
        let mut session = session.expect("a session");
        let mut run = || session.run(subject.inputs());
        let error = failed((0..9).try_for_each(|_| run()));
        assert!(error.contains("CUDA_ERROR_ILLEGAL_ADDRESS"), "{error}");
        assert!(
            error.contains("the device is lost to this process"),
            "{error}"
        );
        assert_eq!(failed(run()), error);
        assert!(session.outputs().is_err());
    });
}

#[test]
fn an_index_beyond_its_table_fails_that_request_and_no_other() {
    alone(
        "an_index_beyond_its_table_fails_that_request_and_no_other",
        || {
            let subject = subject();
            let loaded = Cuda.load(&request(&subject, &[("search", "false")], Precision::Fp32));
            let loaded = loaded.expect("loads");
            let mut session = loaded.session().expect("a session");
            let mut wrong = subject.inputs().to_vec();
            let shape = wrong[0].shape().to_vec();
            let ids = vec![99_i64; shape.iter().product()];
            wrong[0] = tare_adapter_api::Tensor::from_values(shape, ids).expect("a tensor");
            let error = failed(session.run(&wrong));
            assert!(error.contains("index 99 of an axis of 50"), "{error}");
            assert!(session.outputs().is_err());
            session.run(subject.inputs()).expect("runs");
            assert_eq!(
                session.outputs().expect("outputs").len(),
                subject.request().outputs.len()
            );
        },
    );
}

#[test]
fn a_later_process_finds_the_code_and_the_ways_of_an_earlier_one() {
    const NAME: &str = "a_later_process_finds_the_code_and_the_ways_of_an_earlier_one";
    with_faults(NAME, &["", "compile=1"], || {
        let subject = subject();
        let error = error_of(&subject, &request(&subject, &[], Precision::Fp32));
        assert!(error.within, "{error:?}");
    });
}

#[test]
fn source_that_does_not_compile_is_told_with_what_the_compiler_says() {
    const NAME: &str = "source_that_does_not_compile_is_told_with_what_the_compiler_says";
    with_faults(NAME, &["compile=1"], || {
        let subject = subject();
        let error = failed(Cuda.load(&request(&subject, &[], Precision::Fp32)));
        assert!(error.contains("error: made up"), "{error}");
    });
}

#[test]
fn a_profile_has_a_time_for_each_step_and_the_device_s_busy_time() {
    const NAME: &str = "a_profile_has_a_time_for_each_step_and_the_device_s_busy_time";
    alone(NAME, || {
        let subject = subject();
        let loaded = Cuda.load(&request(&subject, &[("search", "false")], Precision::Fp32));
        let loaded = loaded.expect("loads");
        let (plan, _) = plan_of(&subject.resolved, Fusion::Full, Held::F32).expect("a plan");
        let mut session = loaded.session().expect("a session");
        session.start_profile().expect("starts");
        for _ in 0..2 {
            session.run(subject.inputs()).expect("runs");
        }
        let profiles = session.end_profile().expect("a profile");
        assert_eq!(profiles.len(), 2);
        assert_eq!(profiles[0].len(), plan.steps.len());
        assert!(
            profiles[0]
                .iter()
                .all(|step| step.time_ns > 0 && step.count == 1)
        );
        let steps: u64 = profiles[0].iter().map(|step| step.time_ns).sum();
        let intervals = session.device_intervals().expect("intervals");
        let (from, to) = intervals[0][0];
        assert!(to.saturating_sub(from).as_nanos() >= steps);
    });
}
