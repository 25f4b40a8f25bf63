//! An allocator that counts what the threads of one round ask of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);
static ROUND: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The round that this thread works in.
    static OWN: Cell<u64> = const { Cell::new(0) };
}

/// Begins a round: threads of earlier ones, which may still be ending, count no longer.
pub fn next_round() {
    ROUND.fetch_add(1, Ordering::SeqCst);
    take_part();
}

/// What the calling thread allocates counts from here on, until the next round.
pub fn take_part() {
    OWN.set(ROUND.load(Ordering::SeqCst));
}

fn count() {
    let own = OWN.try_with(Cell::get).unwrap_or(0);
    if own > 0 && own == ROUND.load(Ordering::SeqCst) {
        COUNT.fetch_add(1, Ordering::SeqCst);
    }
}

/// The system's, counted.
pub struct Counted;

/// Allocations so far.
pub fn allocations() -> u64 {
    COUNT.load(Ordering::SeqCst)
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
