//! What is captured is not started, is replayed on what memory holds then, and a capture that fails ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tare_cuda::{Context, Event, Fault, Graph, Kernel, Memory, Pinned, Stream};
use tare_units::Bytes;

use crate::launches::{floats, read};
use crate::process::{alone, with_faults};
use crate::sys::{add, download, launch, module, upload};

struct Open {
    stream: Arc<Stream>,
    kernel: Kernel,
    context: Arc<Context>,
}

fn open() -> Open {
    let context = Context::open(0).unwrap();
    let kernel = module(&context, "add").unwrap().kernel("add").unwrap();
    let stream = Stream::new(&context).unwrap();
    Open {
        stream,
        kernel,
        context,
    }
}

impl Open {
    fn double(&self, stream: &Stream, memory: &Memory) -> Result<(), Fault> {
        add(stream, &self.kernel, [1, 1, 1], 1, [memory; 3])
    }

    /// Each way in which the body of a capture can fail leaves a stream that works.
    fn check_works(&self) {
        let memory = floats(&self.stream, &[1.0]);
        let graph = self.stream.capture(|stream| self.double(stream, &memory));
        launch(&graph.unwrap(), &self.stream).unwrap();
        assert_eq!(read(&self.stream, &memory), [2.0]);
    }
}

fn reason(captured: Result<Graph, Fault>) -> String {
    captured.err().unwrap().to_string()
}

#[test]
fn a_graph_replays_copies_and_kernels_on_what_is_there_then() {
    let name = "graphs::a_graph_replays_copies_and_kernels_on_what_is_there_then";
    alone(name, || {
        let open = open();
        let mut pinned = Pinned::new(&open.context, Bytes::from_bytes(8)).unwrap();
        let memory = floats(&open.stream, &[0.0]);
        let record = |stream: &Stream| {
            upload(stream, &pinned, 0..4, &memory, 0)?;
            open.double(stream, &memory)?;
            open.double(stream, &memory)?;
            download(stream, &memory, 0, &pinned, 4..8)
        };
        let graph = open.stream.capture(record).unwrap();
        assert_eq!(graph.nodes(), 4);
        open.stream.wait().unwrap();
        assert_eq!(pinned.as_slice(), [0; 8]);
        for value in [1.5_f32, -3.0] {
            pinned.as_mut_slice()[..4].copy_from_slice(&value.to_le_bytes());
            launch(&graph, &open.stream).unwrap();
            open.stream.wait().unwrap();
            assert_eq!(pinned.as_slice()[4..], (4.0 * value).to_le_bytes());
        }
    });
}

#[test]
fn a_graph_branches_over_streams_that_are_joined() {
    alone(
        "graphs::a_graph_branches_over_streams_that_are_joined",
        || {
            let open = open();
            let other = Stream::new(&open.context).unwrap();
            let [fork, join] = [(); 2].map(|()| Event::new(&open.context).unwrap());
            let [a, b] = [(); 2].map(|()| floats(&open.stream, &[1.0]));
            let branch = |stream: &Stream| {
                stream.record(&fork)?;
                other.wait_for(&fork)?;
                open.double(&other, &b)?;
                open.double(stream, &a)
            };
            let unjoined = reason(open.stream.capture(branch));
            assert_eq!(
                unjoined,
                "cuStreamEndCapture: CUDA_ERROR_STREAM_CAPTURE_UNJOINED"
            );
            let graph = open.stream.capture(|stream| {
                branch(stream)?;
                other.record(&join)?;
                stream.wait_for(&join)
            });
            launch(&graph.unwrap(), &open.stream).unwrap();
            assert_eq!(
                (read(&open.stream, &a), read(&open.stream, &b)),
                (vec![2.0], vec![2.0])
            );
        },
    );
}

#[test]
fn a_body_that_fails_gives_its_own_fault_and_ends_the_capture() {
    let name = "graphs::a_body_that_fails_gives_its_own_fault_and_ends_the_capture";
    alone(name, || {
        let open = open();
        let failed = open.stream.capture(|_| Err(Fault::new("step 3", "no")));
        assert_eq!(reason(failed), "step 3: no");
        open.check_works();
        let panics = || {
            open.stream
                .capture(|_| -> Result<(), Fault> { panic!("on purpose") })
        };
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        open.check_works();
    });
}

#[test]
fn a_call_that_cannot_be_recorded_ends_the_capture() {
    alone(
        "graphs::a_call_that_cannot_be_recorded_ends_the_capture",
        || {
            let open = open();
            let waits = open.stream.capture(Stream::wait);
            let unsupported = "cuStreamSynchronize: CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED";
            assert_eq!(reason(waits), unsupported);
            open.check_works();
            let hidden = open.stream.capture(|stream| {
                let _ = stream.wait();
                Ok(())
            });
            let invalidated = "cuStreamEndCapture: CUDA_ERROR_STREAM_CAPTURE_INVALIDATED";
            assert_eq!(reason(hidden), invalidated);
            open.check_works();
        },
    );
}

#[test]
fn other_threads_go_on_while_one_captures() {
    alone("graphs::other_threads_go_on_while_one_captures", || {
        let open = open();
        let other = Stream::new(&open.context).unwrap();
        let memory = floats(&open.stream, &[1.0]);
        let graph = open.stream.capture(|stream| {
            std::thread::scope(|scope| {
                let elsewhere = scope.spawn(|| {
                    open.context.make_current()?;
                    other.wait()
                });
                elsewhere.join().unwrap()
            })?;
            open.double(stream, &memory)
        });
        assert_eq!(graph.unwrap().nodes(), 1);
    });
}

#[test]
fn a_capture_that_the_driver_ends_otherwise_is_its_fault() {
    let name = "graphs::a_capture_that_the_driver_ends_otherwise_is_its_fault";
    with_faults(name, &["capture=904", "instantiate=1"], || {
        let open = open();
        let memory = floats(&open.stream, &[1.0]);
        let fault = reason(open.stream.capture(|stream| open.double(stream, &memory)));
        let both = [
            "cuStreamEndCapture: CUDA_ERROR_STREAM_CAPTURE_UNJOINED",
            "cuGraphInstantiate: CUDA_ERROR_OUT_OF_MEMORY",
        ];
        assert!(both.contains(&fault.as_str()), "{fault}");
        open.stream.wait().unwrap();
        assert_eq!(read(&open.stream, &memory), [1.0]);
    });
}
