//! Whatever fails, wherever, is a fault of the call that met it, and nothing is left over.

use tare_cuda::{
    Addresses, Context, Element, Fault, Library, Math, Memory, Pinned, Product, Shape, Stream,
};
use tare_units::Bytes;

use crate::process::{alone, with_faults};
use crate::sys::{add, launch, module, start};

const ROOM: Bytes = Bytes::from_mib(1);

/// All that the crate has, once.
fn everything() -> Result<(), Fault> {
    let context = Context::open(0)?;
    context.facts()?;
    let stream = Stream::new(&context)?;
    let kernel = module(&context, "add")?.kernel("add")?;
    let [a, b] = [
        Memory::zeroed(&context, ROOM)?,
        Memory::new(&context, ROOM)?,
    ];
    let pinned = Pinned::new(&context, ROOM)?;
    stream.upload_now(pinned.as_slice(), &b, 0)?;
    let library = Library::open(&context)?;
    let shape = Shape::dense(8, 8, 8, Math::Fp32, Element::F32);
    let product = Product::new(&library, &shape)?;
    let way = product.ways(1, ROOM)?[0];
    let addresses = Addresses {
        a: a.address(),
        b: a.address(),
        c: None,
        d: b.address(),
        bias: None,
    };
    let workspace = Memory::new(&context, ROOM)?;
    let record = |stream: &Stream| {
        add(stream, &kernel, [1, 1, 1], 8, [&a, &a, &b])?;
        start(&product, &way, &addresses, &workspace, stream)
    };
    let graph = stream.capture(record)?;
    stream.timed(|| {
        launch(&graph, &stream)?;
        launch(&graph, &stream)
    })?;
    record(&stream)?;
    let mut all = vec![1; ROOM.as_bytes() as usize];
    stream.download_now(&b, 0, &mut all)?;
    assert!(all.iter().all(|byte| *byte == 0));
    Ok(())
}

fn fault() -> String {
    std::env::var("FAKE_CUDA").unwrap()
}

#[test]
fn all_that_there_is_works_together() {
    alone("faults::all_that_there_is_works_together", || {
        everything().unwrap();
    });
}

#[test]
fn memory_that_runs_out_at_any_allocation_is_that_call_s_fault() {
    let name = "faults::memory_that_runs_out_at_any_allocation_is_that_call_s_fault";
    let each = ["memory=1", "memory=2", "memory=3", "memory=4"];
    with_faults(name, &each, || {
        let met = everything().unwrap_err();
        let call = ["cuMemAlloc", "cuMemHostAlloc"][usize::from(fault() == "memory=3")];
        assert_eq!(met.to_string(), format!("{call}: CUDA_ERROR_OUT_OF_MEMORY"));
        assert!(!met.is_sticky());
        everything().unwrap();
    });
}

#[test]
fn a_kernel_that_strays_loses_the_context_and_a_later_call_says_so() {
    let name = "faults::a_kernel_that_strays_loses_the_context_and_a_later_call_says_so";
    with_faults(name, &["sticky=1", "sticky=2", "sticky=3"], || {
        let met = everything().unwrap_err();
        assert_eq!(
            met.to_string(),
            "cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS"
        );
        assert!(met.is_sticky());
        let after = everything().unwrap_err();
        assert!(after.is_sticky(), "{after}");
    });
}

#[test]
fn a_product_after_a_stray_kernel_tells_what_became_of_the_context() {
    let name = "faults::a_product_after_a_stray_kernel_tells_what_became_of_the_context";
    alone(name, || {
        let context = Context::open(0).unwrap();
        let stream = Stream::new(&context).unwrap();
        let memory = Memory::zeroed(&context, ROOM).unwrap();
        let library = Library::open(&context).unwrap();
        let shape = Shape::dense(8, 8, 8, Math::Fp32, Element::F32);
        let product = Product::new(&library, &shape).unwrap();
        let way = product.ways(1, ROOM).unwrap()[0];
        let stray = module(&context, "stray").unwrap().kernel("stray").unwrap();
        add(&stream, &stray, [1, 1, 1], 1, [&memory; 3]).unwrap();
        assert!(stream.wait().unwrap_err().is_sticky());
        let at = memory.address();
        let addresses = Addresses {
            a: at,
            b: at,
            c: None,
            d: at,
            bias: None,
        };
        let met = start(&product, &way, &addresses, &memory, &stream).unwrap_err();
        let expected =
            "cublasLtMatmul: CUBLAS_STATUS_EXECUTION_FAILED, of CUDA_ERROR_ILLEGAL_ADDRESS";
        assert_eq!(met.to_string(), expected);
        assert!(met.is_sticky());
    });
}

#[test]
fn a_device_that_is_lost_at_any_call_is_a_fault_of_it() {
    let name = "faults::a_device_that_is_lost_at_any_call_is_a_fault_of_it";
    let each: Vec<String> = (1..=60).map(|call| format!("lost={call}")).collect();
    let each: Vec<&str> = each.iter().map(String::as_str).collect();
    with_faults(name, &each, || match everything() {
        Err(met) => {
            assert!(met.is_sticky(), "{met}");
            assert!(met.reason.contains("CUDA_ERROR_UNKNOWN"), "{met}");
        }
        Ok(()) => {
            let call: u32 = fault()["lost=".len()..].parse().unwrap();
            assert!(call > 30, "lost while all was let go of, or not at all");
        }
    });
}
