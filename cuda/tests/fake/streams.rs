//! Streams do their work in order, wait for marks of others, and tell its time.

use tare_cuda::{Context, Event, Fault, Memory, Stream};
use tare_units::{Bytes, Nanoseconds};

use crate::launches::{floats, read};
use crate::process::alone;
use crate::sys::{add, module};

#[test]
fn work_is_timed_by_the_device_s_clock() {
    alone("streams::work_is_timed_by_the_device_s_clock", || {
        let context = Context::open(0).unwrap();
        let stream = Stream::new(&context).unwrap();
        let memory = floats(&stream, &[1.0]);
        let kernel = module(&context, "add").unwrap().kernel("add").unwrap();
        let start = || add(&stream, &kernel, [1, 1, 1], 1, [&memory; 3]);
        let taken = stream.timed(|| (0..3).try_for_each(|_| start())).unwrap();
        assert!(taken.as_nanos().abs_diff(6_000) <= 1, "{taken:?}");
        assert_eq!(stream.timed(|| Ok(())), Ok(Nanoseconds::ZERO));
        let fault = stream.timed(|| Err(Fault::new("start", "no"))).unwrap_err();
        assert_eq!(fault.to_string(), "start: no");
    });
}

#[test]
fn a_mark_is_passed_when_the_work_before_it_is_done() {
    let name = "streams::a_mark_is_passed_when_the_work_before_it_is_done";
    alone(name, || {
        let context = Context::open(0).unwrap();
        let stream = Stream::new(&context).unwrap();
        let memory = Memory::new(&context, Bytes::from_bytes(8)).unwrap();
        let [first, second] = [(); 2].map(|()| Event::new(&context).unwrap());
        assert_eq!(first.is_done(), Ok(true));
        let nothing = second.since(&first).unwrap_err();
        assert_eq!(nothing.reason, "CUDA_ERROR_INVALID_HANDLE");
        stream.record(&first).unwrap();
        stream.zero(&memory, 0..8).unwrap();
        stream.record(&second).unwrap();
        assert_eq!(second.is_done(), Ok(false));
        let early = second.since(&first).unwrap_err();
        assert_eq!(early.reason, "CUDA_ERROR_NOT_READY");
        second.wait().unwrap();
        assert_eq!(first.is_done(), Ok(true));
        assert!(second.since(&first).is_ok());
    });
}

#[test]
fn a_stream_waits_for_the_mark_of_another() {
    alone("streams::a_stream_waits_for_the_mark_of_another", || {
        let context = Context::open(0).unwrap();
        let [one, other] = [(); 2].map(|()| Stream::new(&context).unwrap());
        let memory = floats(&one, &[1.0; 2]);
        let kernel = module(&context, "add").unwrap().kernel("add").unwrap();
        add(&one, &kernel, [1, 1, 1], 2, [&memory; 3]).unwrap();
        let mark = Event::new(&context).unwrap();
        one.record(&mark).unwrap();
        other.wait_for(&mark).unwrap();
        assert_eq!(read(&other, &memory), [2.0; 2]);
    });
}
