//! Finding libraries and devices, and on which thread a context is current.

use std::thread;

use tare_cuda::{
    Context, Fault, Library, Memory, Stream, compile, compiler_version, driver_version,
    options_for, product_library_version,
};
use tare_units::Bytes;

use crate::process::{LIBRARIES, Libraries, alone};

#[test]
fn the_facts_are_the_driver_s() {
    alone("device::the_facts_are_the_driver_s", || {
        let facts = Context::open(0).unwrap().facts().unwrap();
        assert_eq!(facts.name, "Pretend 0");
        assert_eq!(facts.capability, (9, 0));
        assert_eq!(facts.multiprocessors, 132);
        assert_eq!(facts.l2, Bytes::from_mib(50));
        assert_eq!(facts.shared, Bytes::from_bytes(227 << 10));
        assert_eq!(
            (facts.free, facts.total),
            (Bytes::from_mib(100 << 10), Bytes::from_mib(140 << 10))
        );
        assert_eq!(facts.driver, (13, 0));
        let uuid = facts.uuid.as_deref();
        assert_eq!(uuid, Some("00112233-4455-6677-8899-aabbccddeeff"));
    });
}

#[test]
fn versions_are_known_without_a_context() {
    alone("device::versions_are_known_without_a_context", || {
        assert_eq!(driver_version(), Ok((13, 0)));
        assert_eq!(compiler_version(), Ok((13, 0)));
        assert_eq!(product_library_version(), Ok(130_100));
    });
}

#[test]
fn a_driver_that_has_no_uuid_has_the_other_facts() {
    let name = "device::a_driver_that_has_no_uuid_has_the_other_facts";
    let make = || Libraries::without(&["cuDeviceGetUuid_v2"]);
    Libraries::alone(make, name, &[""], || {
        let facts = Context::open(0).unwrap().facts().unwrap();
        assert_eq!((facts.uuid, facts.multiprocessors), (None, 132));
    });
}

#[test]
fn a_device_that_is_not_there_is_a_reason() {
    alone("device::a_device_that_is_not_there_is_a_reason", || {
        let fault = Context::open(3).err().unwrap();
        assert_eq!(fault.to_string(), "cuDeviceGet: CUDA_ERROR_INVALID_DEVICE");
        assert!(!fault.is_sticky());
    });
}

fn first_fault() -> Fault {
    let ask = || {
        let context = Context::open(0)?;
        Library::open(&context)?;
        compile("add", &options_for((9, 0)))?;
        Stream::new(&context)?.capture(|_| Ok::<(), Fault>(()))
    };
    ask().err().unwrap()
}

#[test]
fn a_driver_that_is_not_there_is_a_reason_with_a_remedy() {
    let name = "device::a_driver_that_is_not_there_is_a_reason_with_a_remedy";
    Libraries::alone(
        || Libraries::lacking(LIBRARIES[0]),
        name,
        &[""],
        || {
            let expected =
                "libcuda: the library was not found; install NVIDIA's driver of CUDA 12.8 or later";
            assert_eq!(first_fault().to_string(), expected);
            assert_eq!(driver_version().unwrap_err(), first_fault());
        },
    );
}

#[test]
fn a_compiler_that_is_not_there_is_a_reason_with_a_remedy() {
    let name = "device::a_compiler_that_is_not_there_is_a_reason_with_a_remedy";
    Libraries::alone(
        || Libraries::lacking(LIBRARIES[1]),
        name,
        &[""],
        || {
            let fault = first_fault().to_string();
            assert!(
                fault.starts_with("libnvrtc: the library was not found; install"),
                "{fault}"
            );
        },
    );
}

#[test]
fn a_blas_that_is_not_there_is_a_reason_with_a_remedy() {
    let name = "device::a_blas_that_is_not_there_is_a_reason_with_a_remedy";
    Libraries::alone(
        || Libraries::lacking(LIBRARIES[2]),
        name,
        &[""],
        || {
            let fault = first_fault().to_string();
            assert!(
                fault.starts_with("libcublasLt: the library was not found; install"),
                "{fault}"
            );
            assert_eq!(product_library_version().unwrap_err().to_string(), fault);
        },
    );
}

fn too_old(name: &str, library: &str, call: &str) {
    Libraries::alone(
        || Libraries::without(&[call]),
        name,
        &[""],
        || {
            let fault = first_fault().to_string();
            let expected = format!("{library}: the library is too old for {call}; install");
            assert!(fault.starts_with(&expected), "{fault}");
        },
    );
}

#[test]
fn a_driver_without_a_call_is_too_old() {
    let name = "device::a_driver_without_a_call_is_too_old";
    too_old(name, "libcuda", "cuEventElapsedTime_v2");
}

#[test]
fn a_driver_without_graphs_is_too_old_when_one_is_recorded() {
    let name = "device::a_driver_without_graphs_is_too_old_when_one_is_recorded";
    too_old(name, "libcuda", "cuGraphInstantiateWithFlags");
}

#[test]
fn a_compiler_without_a_call_is_too_old() {
    let name = "device::a_compiler_without_a_call_is_too_old";
    too_old(name, "libnvrtc", "nvrtcGetCUBIN");
}

#[test]
fn a_blas_without_a_call_is_too_old() {
    let name = "device::a_blas_without_a_call_is_too_old";
    too_old(name, "libcublasLt", "cublasLtMatmulAlgoCheck");
}

#[test]
fn a_thread_uses_a_context_once_it_is_current_and_lets_go_of_things_at_any_time() {
    let name =
        "device::a_thread_uses_a_context_once_it_is_current_and_lets_go_of_things_at_any_time";
    alone(name, || {
        let context = Context::open(0).unwrap();
        let here = Memory::new(&context, Bytes::from_bytes(8)).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                let fault = Memory::new(&context, Bytes::from_bytes(8)).err().unwrap();
                assert_eq!(fault.reason, "CUDA_ERROR_INVALID_CONTEXT");
                context.make_current().unwrap();
                Memory::new(&context, Bytes::from_bytes(8)).unwrap();
            });
            scope.spawn(move || drop(here));
        });
    });
}
