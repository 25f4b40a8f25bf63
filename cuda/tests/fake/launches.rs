//! Source becomes code, code kernels, and kernels compute on the memory that they are given.

use std::sync::Arc;

use tare_cuda::{Context, Memory, Stream, compile, options_for};
use tare_units::Bytes;

use crate::process::alone;
use crate::sys::{add, add_by_three, add_sharing, load, module};

/// Floats on the device.
pub fn floats(stream: &Arc<Stream>, values: &[f32]) -> Memory {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let memory = Memory::new(stream.context(), Bytes::from_bytes(bytes.len() as u64)).unwrap();
    stream.upload_now(&bytes, &memory, 0).unwrap();
    memory
}

/// Floats from the device.
pub fn read(stream: &Stream, memory: &Memory) -> Vec<f32> {
    let mut bytes = vec![0; memory.bytes().as_bytes() as usize];
    stream.download_now(memory, 0, &mut bytes).unwrap();
    let (values, _) = bytes.as_chunks::<4>();
    values
        .iter()
        .map(|value| f32::from_le_bytes(*value))
        .collect()
}

fn open() -> (Arc<Context>, Arc<Stream>) {
    let context = Context::open(0).unwrap();
    let stream = Stream::new(&context).unwrap();
    (context, stream)
}

#[test]
fn a_kernel_computes_on_the_addresses_in_its_argument() {
    let name = "launches::a_kernel_computes_on_the_addresses_in_its_argument";
    alone(name, || {
        let (context, stream) = open();
        let [a, b] = [[1.0; 24], [2.0; 24]].map(|values| floats(&stream, &values));
        let d = floats(&stream, &[0.0; 24]);
        let add_kernel = module(&context, "add").unwrap().kernel("add").unwrap();
        add(&stream, &add_kernel, [2, 3, 1], 4, [&d, &a, &b]).unwrap();
        assert_eq!(read(&stream, &d), [3.0; 24]);
        let twice = add_kernel.clone();
        drop(add_kernel);
        add(&stream, &twice, [1, 1, 1], 2, [&d, &d, &b]).unwrap();
        assert_eq!(read(&stream, &d)[..3], [5.0, 5.0, 3.0]);
    });
}

#[test]
fn a_kernel_takes_arguments_of_its_own_types() {
    alone(
        "launches::a_kernel_takes_arguments_of_its_own_types",
        || {
            let (context, stream) = open();
            let memory = floats(&stream, &[1.5; 4]);
            let kernel = module(&context, "general")
                .unwrap()
                .kernel("general")
                .unwrap();
            add_by_three(&stream, &kernel, 3, [&memory; 3]).unwrap();
            assert_eq!(read(&stream, &memory), [3.0, 3.0, 3.0, 1.5]);
        },
    );
}

#[test]
fn more_shared_memory_is_had_once_it_is_allowed() {
    alone(
        "launches::more_shared_memory_is_had_once_it_is_allowed",
        || {
            let (context, stream) = open();
            let memory = floats(&stream, &[1.0]);
            let kernel = module(&context, "add").unwrap().kernel("add").unwrap();
            let launch = |shared: u32| add_sharing(&stream, &kernel, shared, &memory);
            let refused = launch(100 << 10).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "cuLaunchKernel: CUDA_ERROR_INVALID_VALUE"
            );
            kernel.allow_shared(Bytes::from_bytes(100 << 10)).unwrap();
            launch(100 << 10).unwrap();
            stream.wait().unwrap();
            let too_much = kernel.allow_shared(Bytes::from_mib(1)).unwrap_err();
            assert_eq!(too_much.call, "cuFuncSetAttribute");
        },
    );
}

#[test]
fn what_is_no_source_no_code_and_no_kernel_is_named() {
    let name = "launches::what_is_no_source_no_code_and_no_kernel_is_named";
    alone(name, || {
        let (context, _stream) = open();
        let options = options_for((9, 0));
        let fault = compile("nonsense", &options).unwrap_err();
        assert_eq!(fault.call, "nvrtcCompileProgram --gpu-architecture=sm_90");
        assert_eq!(
            fault.reason,
            "NVRTC_ERROR_COMPILATION: line 1: no such thing"
        );
        let zero = compile("a\0b", &options).unwrap_err();
        assert!(zero.call.contains("the kernels"), "{zero}");
        let option = compile("add", &["-D\0".to_owned()]).unwrap_err();
        assert_eq!(option.reason, "an option holds a zero byte");
        let image = load(&context, b"no code\0").err().unwrap();
        assert_eq!(
            image.to_string(),
            "cuModuleLoadData: CUDA_ERROR_INVALID_IMAGE"
        );
        let fault = module(&context, "add")
            .unwrap()
            .kernel("subtract")
            .err()
            .unwrap();
        let expected = "cuModuleGetFunction subtract: CUDA_ERROR_NOT_FOUND";
        assert_eq!(fault.to_string(), expected);
    });
}
