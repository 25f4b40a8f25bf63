//! Buffers that are made and touched before anything is recorded, lent to CUPTI and taken back by its two callbacks.
//!
//! CUPTI hands its callbacks no data of ours, so there is one set of buffers a process.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tare_units::Bytes;

use super::super::library::{Callbacks, Dropped, Library};
use super::super::records::Records;
use super::super::{CuptiError, Trace};

/// The size of a buffer, in words of eight bytes, to which records are aligned: a megabyte, the least that CUPTI advises.
const WORDS: usize = (1 << 20) / 8;
/// How many there are: CUPTI takes one for each thread that calls CUDA. A hundred requests of a thousand kernels take 40.
const BUFFERS: usize = 64;

/// What is given to CUPTI.
pub(in super::super) const CALLBACKS: Callbacks = (requested, completed);

type Buffer = &'static mut [u64];

static POOL: Mutex<Pool> = Mutex::new(Pool {
    is_taken: false,
    is_kept: false,
    made: 0,
    free: Vec::new(),
    lent: Vec::new(),
    done: Vec::new(),
    dropped: 0,
    ask: None,
});

struct Pool {
    is_taken: bool,
    /// Whether records are kept, or thrown away as they come.
    is_kept: bool,
    made: usize,
    free: Vec<Buffer>,
    /// Where those begin that CUPTI has.
    lent: Vec<usize>,
    /// Those with records, each with the bytes that are written.
    done: Vec<(Buffer, usize)>,
    dropped: u64,
    ask: Option<Dropped>,
}

/// A callback must not unwind, and a pool whose holder panicked is whole: nothing panics between two of its changes.
fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The memory of all buffers.
pub(in super::super) fn own_bytes() -> Bytes {
    Bytes::from_bytes((BUFFERS * WORDS * size_of::<u64>()) as u64)
}

/// The buffers, while they are somebody's.
#[derive(Debug)]
pub(in super::super) struct Buffers(());

impl Buffers {
    /// For the callbacks of `library`.
    pub(in super::super) fn take(library: &Library) -> Result<Self, CuptiError> {
        let mut pool = pool();
        if pool.is_taken {
            return Err(CuptiError::Taken);
        }
        pool.is_taken = true;
        pool.is_kept = false;
        pool.ask = Some(library.dropped);
        // Another value than zero, so that the pages are there before CUPTI writes to them within a request.
        while pool.made < BUFFERS {
            pool.made += 1;
            pool.free
                .push(Box::leak(vec![u64::MAX; WORDS].into_boxed_slice()));
        }
        Ok(Self(()))
    }

    /// Keeps what is recorded from here on.
    pub(in super::super) fn keep(&self, library: &Library) {
        count_dropped(library.dropped, std::ptr::null_mut(), 0);
        let mut pool = pool();
        pool.is_kept = true;
        pool.dropped = 0;
    }

    /// Throws away what comes.
    pub(in super::super) fn discard(&self) {
        let mut pool = pool();
        pool.is_kept = false;
        while let Some((buffer, _)) = pool.done.pop() {
            pool.free.push(buffer);
        }
    }

    /// What was kept.
    pub(in super::super) fn collect(&self, library: &Library) -> Result<Trace, CuptiError> {
        let dropped = count_dropped(library.dropped, std::ptr::null_mut(), 0);
        let (mut done, dropped) = {
            let mut pool = pool();
            pool.is_kept = false;
            (std::mem::take(&mut pool.done), pool.dropped + dropped)
        };
        let mut records = Records::default();
        let mut outcome = Ok(());
        for (buffer, written) in &mut done {
            if outcome.is_ok() {
                outcome = records.read(library.next_record, buffer, *written);
            }
        }
        let empty = done.into_iter().map(|(buffer, _)| buffer);
        pool().free.extend(empty);
        outcome.map(|()| records.trace(dropped))
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        pool().is_taken = false;
    }
}

/// Records of `context` and `stream` that found no room since this was asked last.
fn count_dropped(ask: Dropped, context: *mut c_void, stream: u32) -> u64 {
    let mut dropped = 0;
    // SAFETY: the context is CUPTI's own or null, which stands for those of none, and the number outlives the call.
    match unsafe { ask(context, stream, &raw mut dropped) } {
        0 => dropped as u64,
        _ => 0,
    }
}

unsafe extern "C" fn requested(buffer: *mut *mut u8, size: *mut usize, most: *mut usize) {
    let mut pool = pool();
    let free = pool.free.pop();
    let (begin, bytes) = free.map_or((std::ptr::null_mut(), 0), |words| {
        (words.as_mut_ptr(), size_of_val(words))
    });
    if !begin.is_null() {
        pool.lent.push(begin as usize);
    }
    // SAFETY: CUPTI gives three places to write to. A buffer of no size has it drop records, which it counts.
    unsafe {
        *buffer = begin.cast();
        *size = bytes;
        *most = 0;
    }
}

unsafe extern "C" fn completed(
    context: *mut c_void,
    stream: u32,
    buffer: *mut u8,
    _size: usize,
    written: usize,
) {
    let mut pool = pool();
    let begin = buffer as usize;
    if let Some(place) = pool.lent.iter().position(|lent| *lent == begin) {
        pool.lent.swap_remove(place);
        // SAFETY: it is a buffer of WORDS words that was lent, is not lent any longer, and that nobody else has.
        let words = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u64>(), WORDS) };
        let written = written.min(size_of_val(words));
        match pool.is_kept && written > 0 {
            true => pool.done.push((words, written)),
            false => pool.free.push(words),
        }
    }
    let ask = pool.ask;
    drop(pool);
    if let Some(ask) = ask {
        let dropped = count_dropped(ask, context, stream);
        self::pool().dropped += dropped;
    }
}
