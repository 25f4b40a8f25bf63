//! Copies move the bytes that they name and no others.

use std::sync::Arc;

use tare_cuda::{Context, Memory, Pinned, Stream};
use tare_units::Bytes;

use crate::process::alone;
use crate::sys::{download, upload};

fn bytes(count: u64) -> Bytes {
    Bytes::from_bytes(count)
}

fn open() -> (Arc<Context>, Arc<Stream>) {
    let context = Context::open(0).unwrap();
    let stream = Stream::new(&context).unwrap();
    (context, stream)
}

fn content(stream: &Stream, memory: &Memory) -> Vec<u8> {
    let mut all = vec![0; memory.bytes().as_bytes() as usize];
    stream.download_now(memory, 0, &mut all).unwrap();
    all
}

#[test]
fn bytes_go_to_the_device_and_come_back() {
    alone("copies::bytes_go_to_the_device_and_come_back", || {
        let (context, stream) = open();
        let memory = Memory::zeroed(&context, bytes(8)).unwrap();
        stream.upload_now(&[1, 2, 3], &memory, 4).unwrap();
        assert_eq!(content(&stream, &memory), [0, 0, 0, 0, 1, 2, 3, 0]);
        let mut two = [0; 2];
        stream.download_now(&memory, 5, &mut two).unwrap();
        assert_eq!(two, [2, 3]);
    });
}

#[test]
fn pinned_memory_is_zeros_and_is_copied_in_parts() {
    alone(
        "copies::pinned_memory_is_zeros_and_is_copied_in_parts",
        || {
            let (context, stream) = open();
            let mut pinned = Pinned::new(&context, bytes(6)).unwrap();
            assert_eq!(pinned.as_slice(), [0; 6]);
            pinned.as_mut_slice().copy_from_slice(&[1, 2, 3, 4, 5, 6]);
            let memory = Memory::zeroed(&context, bytes(6)).unwrap();
            upload(&stream, &pinned, 1..4, &memory, 2).unwrap();
            stream.wait().unwrap();
            assert_eq!(content(&stream, &memory), [0, 0, 2, 3, 4, 0]);
            download(&stream, &memory, 3, &pinned, 4..6).unwrap();
            stream.wait().unwrap();
            assert_eq!(pinned.as_slice(), [1, 2, 3, 4, 3, 4]);
            assert_eq!(pinned.bytes(), bytes(6));
            assert_eq!(pinned.address(), pinned.as_slice().as_ptr() as u64);
        },
    );
}

#[test]
fn parts_of_the_device_s_memory_are_copied_and_cleared_in_order() {
    let name = "copies::parts_of_the_device_s_memory_are_copied_and_cleared_in_order";
    alone(name, || {
        let (context, stream) = open();
        let memory = Memory::new(&context, bytes(6)).unwrap();
        stream.upload_now(&[1, 2, 3, 4, 5, 6], &memory, 0).unwrap();
        stream.copy(&memory, 0..2, &memory, 2).unwrap();
        stream.zero(&memory, 1..3).unwrap();
        assert_eq!(content(&stream, &memory), [1, 0, 0, 2, 5, 6]);
        let other = Memory::new(&context, bytes(2)).unwrap();
        stream.copy(&memory, 4..6, &other, 0).unwrap();
        assert_eq!(content(&stream, &other), [5, 6]);
        assert_eq!(memory.address() % 256, 0);
        assert_eq!(memory.address_of(2..6).unwrap(), memory.address() + 2);
    });
}

#[test]
fn what_would_leave_memory_is_refused_and_copies_nothing() {
    let name = "copies::what_would_leave_memory_is_refused_and_copies_nothing";
    alone(name, || {
        let (context, stream) = open();
        let memory = Memory::zeroed(&context, bytes(4)).unwrap();
        let pinned = Pinned::new(&context, bytes(8)).unwrap();
        let refused = [
            stream.upload_now(&[1; 3], &memory, 2),
            stream.upload_now(&[1; 3], &memory, usize::MAX),
            stream.download_now(&memory, 3, &mut [0; 2]),
            upload(&stream, &pinned, 0..5, &memory, 0),
            upload(&stream, &pinned, 7..9, &memory, 0),
            download(&stream, &memory, 0, &pinned, 3..8),
            download(&stream, &memory, 0, &pinned, 8..9),
            stream.copy(&memory, 2..5, &memory, 0),
            stream.copy(&memory, 0..2, &memory, 3),
            stream.zero(&memory, 4..5),
            memory.address_of(3..5).map(|_| ()),
        ];
        for (index, refused) in refused.into_iter().enumerate() {
            let reason = refused.unwrap_err().reason;
            assert!(reason.contains("does not lie within"), "{index}: {reason}");
        }
        let overlap = stream.copy(&memory, 0..3, &memory, 1).unwrap_err().reason;
        assert_eq!(overlap, "0..3 and what begins at 1 overlap");
        assert_eq!(content(&stream, &memory), [0; 4]);
    });
}

#[test]
fn memory_of_no_size_is_refused() {
    alone("copies::memory_of_no_size_is_refused", || {
        let (context, _stream) = open();
        let device = Memory::new(&context, bytes(0)).err().unwrap();
        assert_eq!(device.to_string(), "cuMemAlloc: CUDA_ERROR_INVALID_VALUE");
        let host = Pinned::new(&context, bytes(0)).err().unwrap();
        assert_eq!(host.to_string(), "cuMemHostAlloc: 0 bytes cannot be had");
        let huge = Memory::new(&context, bytes(1 << 40)).err().unwrap();
        assert_eq!(huge.to_string(), "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY");
        assert!(!huge.is_sticky());
    });
}
