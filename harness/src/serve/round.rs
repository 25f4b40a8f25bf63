//! What the generator and the servers share while requests are served: a queue, counts, and who sleeps. Nothing here locks,
//! allocates or is printed between two readings of the clock.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_queue::ArrayQueue;
use tare_adapter_api::AdapterError;
use tare_units::Nanoseconds;

use super::dispatch::Dispatch;
use super::engine::Setup;
use super::sleeper::Sleeper;
use super::slots::{End, Slots};
use crate::batches::BatchCounts;
use crate::pool::Pool;

/// Keeps what different threads write on cache lines of their own, neighbours fetched in pairs included.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Padded<T>(pub T);

/// A request that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Its number in the order of issue.
    pub number: usize,
    /// When it was due.
    pub scheduled: Nanoseconds,
}

/// What one server did; it alone writes.
#[derive(Debug, Default)]
pub struct Seat {
    /// Who sits there.
    pub sleeper: Sleeper,
    done: AtomicU64,
    executed: AtomicU64,
    batches: AtomicU64,
    idle_ns: AtomicU64,
}

fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}

impl Seat {
    /// It had nothing to do for so long.
    pub fn idled(&self, time: Nanoseconds) {
        add(&self.idle_ns, time.as_nanos());
    }
}

/// What all servers did together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    /// Requests whose outputs were ready.
    pub done: u64,
    /// Requests that were begun.
    pub executed: u64,
    /// Executions, of one request or several.
    pub batches: u64,
    /// Time without a request, in sum over the servers.
    pub idle: Nanoseconds,
    /// When the last execution ended.
    pub last_end: Nanoseconds,
}

const NOBODY: usize = usize::MAX;

/// One go at a schedule.
#[derive(Debug)]
pub struct Round {
    /// What is done with requests that wait.
    pub dispatch: Dispatch,
    /// Where it is kept what becomes of requests.
    pub slots: Arc<Slots>,
    /// The number of the first of them.
    pub first: usize,
    /// The servers'.
    pub seats: Vec<Padded<Seat>>,
    /// Who issues requests.
    pub generator: Padded<Sleeper>,
    queue: ArrayQueue<Due>,
    /// When requests ended, where the schedule wants to know: no more of them are in flight than may wait.
    ends: Option<ArrayQueue<Nanoseconds>>,
    /// Executions of one request, of two and so on, where there are such of several.
    together: Vec<AtomicU64>,
    taken: Padded<AtomicU64>,
    ended: Padded<AtomicU64>,
    last_end: Padded<AtomicU64>,
    gatherer: Padded<AtomicUsize>,
    ready: AtomicU64,
    alive: AtomicU64,
    closing: AtomicBool,
    abandoned: AtomicBool,
    left_waiting: AtomicU64,
    first_error: OnceLock<AdapterError>,
}

impl Round {
    /// For so many servers, whose first request has the number `first`; the generator is told when requests ended where the
    /// schedule `heeds` that.
    pub fn new(
        servers: usize,
        setup: Setup,
        (slots, first): (Arc<Slots>, usize),
        heeds: bool,
    ) -> Self {
        let Setup {
            dispatch, queue, ..
        } = setup;
        Self {
            dispatch,
            slots,
            first,
            seats: (0..servers).map(|_| Padded::default()).collect(),
            generator: Padded::default(),
            queue: ArrayQueue::new(queue.max(1)),
            ends: heeds.then(|| ArrayQueue::new(queue.max(1))),
            together: match dispatch.max_batch {
                0 | 1 => Vec::new(),
                most => (0..most.min(queue)).map(|_| AtomicU64::new(0)).collect(),
            },
            taken: Padded::default(),
            ended: Padded::default(),
            last_end: Padded::default(),
            gatherer: Padded(AtomicUsize::new(NOBODY)),
            ready: AtomicU64::new(0),
            alive: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            left_waiting: AtomicU64::new(0),
            first_error: OnceLock::new(),
        }
    }

    /// The calling thread serves at `place` from here on.
    pub fn sit(&self, place: usize) {
        self.seats[place].0.sleeper.adopt();
        self.alive.fetch_add(1, Ordering::SeqCst);
        self.ready.fetch_add(1, Ordering::SeqCst);
        self.generator.0.wake();
    }

    /// Servers that have sat down.
    pub fn ready(&self) -> u64 {
        self.ready.load(Ordering::SeqCst)
    }

    /// Whether a server is left.
    #[inline]
    pub fn is_served(&self) -> bool {
        self.alive.load(Ordering::Relaxed) > 0
    }

    /// A server can serve no longer.
    pub fn lose_one(&self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
        self.generator.0.wake();
    }

    /// Lets `due` wait after `pushed` before it, and says how many wait now; `None` where the queue is full.
    #[inline]
    pub fn push(&self, due: Due, pushed: u64) -> Option<u64> {
        let waiting = pushed - self.taken.0.load(Ordering::Acquire);
        if waiting >= self.queue.capacity() as u64 || self.queue.push(due).is_err() {
            return None;
        }
        self.wake_a_server();
        Some(waiting + 1)
    }

    /// Requests that may wait, those of a batch that is put together among them.
    pub fn room(&self) -> usize {
        self.queue.capacity()
    }

    /// The oldest that waits in the queue.
    #[inline]
    pub fn pop(&self) -> Option<Due> {
        self.queue.pop()
    }

    /// Whether another one waits in the queue.
    #[inline]
    pub fn has_more(&self) -> bool {
        !self.queue.is_empty()
    }

    /// So many requests wait no longer.
    #[inline]
    pub fn take(&self, count: usize) {
        self.taken.0.fetch_add(count as u64, Ordering::Release);
    }

    /// Requests that ended, of those that were queued.
    #[inline]
    pub fn ended(&self) -> u64 {
        self.ended.0.load(Ordering::Acquire)
    }

    /// When another of those ended that [`Self::ended`] counts; `None` where nobody wrote it down.
    #[inline]
    pub fn next_end(&self) -> Option<Nanoseconds> {
        self.ends.as_ref()?.pop()
    }

    /// Those of `batch` ended at `now`.
    #[inline]
    pub fn end(&self, batch: &[Due], now: Nanoseconds, end: impl Fn(&Due) -> End) {
        for due in batch {
            self.slots.end(due.number, end(due));
            if let Some(ends) = &self.ends {
                let _ = ends.push(now);
            }
        }
        self.ended
            .0
            .fetch_add(batch.len() as u64, Ordering::Release);
        self.generator.0.wake();
    }

    /// The server at `place` executed `count` requests together until `now`, `done` of them well.
    #[inline]
    pub fn executed(&self, place: usize, (count, done): (usize, u64), now: Nanoseconds) {
        let seat = &self.seats[place].0;
        add(&seat.executed, count as u64);
        add(&seat.batches, 1);
        add(&seat.done, done);
        if let Some(executions) = self.together.get(count.wrapping_sub(1)) {
            executions.fetch_add(1, Ordering::Relaxed);
        }
        self.last_end.0.fetch_max(now.as_nanos(), Ordering::Relaxed);
    }

    /// Keeps what the first request said that failed.
    pub fn fail(&self, error: AdapterError) {
        let _ = self.first_error.set(error);
    }

    /// What the first request said that failed.
    pub fn first_error(&self) -> Option<AdapterError> {
        self.first_error.get().cloned()
    }

    /// Makes the server at `place` the one that puts a batch together; `false` where another one does. Without batches all may.
    #[inline]
    pub fn gathers(&self, place: usize) -> bool {
        let gatherer = &self.gatherer.0;
        self.dispatch.max_batch == 1
            || gatherer
                .compare_exchange(NOBODY, place, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }

    /// The batch is put together: another one may begin with the next.
    #[inline]
    pub fn gathered(&self) {
        if self.dispatch.max_batch > 1 {
            self.gatherer.0.store(NOBODY, Ordering::SeqCst);
            if self.has_more() {
                self.wake_a_server();
            }
        }
    }

    /// Whether a server that is free has something to do or nothing to wait for any longer.
    #[inline]
    pub fn calls(&self) -> bool {
        let may_gather =
            self.dispatch.max_batch == 1 || self.gatherer.0.load(Ordering::Relaxed) == NOBODY;
        (self.has_more() && may_gather) || self.is_over()
    }

    /// Whether no request waits and none will come, or nobody waits for them any longer.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.is_abandoned() || (self.closing.load(Ordering::Acquire) && self.queue.is_empty())
    }

    /// Whether what is not begun is not to be begun any more.
    #[inline]
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// No request will come any more.
    pub fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.wake_all();
    }

    /// What waits has waited too long, and servers end with what they are at.
    pub fn abandon(&self, now: Nanoseconds) {
        self.abandoned.store(true, Ordering::SeqCst);
        self.wake_all();
        while let Some(due) = self.pop() {
            self.leave(&[due], now);
        }
    }

    /// Those of `batch` are waited for no longer; those that waited longer than they may have failed before.
    pub fn leave(&self, batch: &[Due], now: Nanoseconds) {
        let timeout = self.dispatch.timeout;
        let might_be_done = |due: &&Due| timeout.is_none_or(|time| now <= due.scheduled + time);
        let left = batch.iter().filter(might_be_done).count();
        self.left_waiting.fetch_add(left as u64, Ordering::Relaxed);
        self.take(batch.len());
        self.end(batch, now, |_| End::TimedOut);
    }

    /// Requests that still waited, and had not waited too long, when they were waited for no longer; `None` where there are
    /// none, or nobody was left to serve them.
    pub fn left_waiting(&self) -> Option<u64> {
        let left = self.left_waiting.load(Ordering::Relaxed);
        (left > 0 && self.is_served()).then_some(left)
    }

    /// Wakes every server.
    pub fn wake_all(&self) {
        for seat in &self.seats {
            seat.0.sleeper.wake();
        }
    }

    #[inline]
    fn wake_a_server(&self) {
        match self.gatherer.0.load(Ordering::Relaxed) {
            NOBODY => {
                let _ = self.seats.iter().any(|seat| seat.0.sleeper.wake());
            }
            place => {
                self.seats[place].0.sleeper.wake();
            }
        }
    }

    /// The samples that were executed together so far, where these are not the same in all executions.
    pub fn batches(&self, feed: &Pool) -> BatchCounts {
        let mut batches = BatchCounts::up_to(feed.largest());
        for (requests, executions) in (1..).zip(&self.together) {
            let executions = executions.load(Ordering::Relaxed);
            batches.count_many(requests * feed.own_batch(), executions);
        }
        batches
    }

    /// What the servers did so far.
    pub fn worked(&self) -> Worked {
        let sum = |count: fn(&Seat) -> &AtomicU64| {
            let counts = self.seats.iter().map(|seat| count(&seat.0));
            counts.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        Worked {
            done: sum(|seat| &seat.done),
            executed: sum(|seat| &seat.executed),
            batches: sum(|seat| &seat.batches),
            idle: Nanoseconds::from_nanos(sum(|seat| &seat.idle_ns)),
            last_end: Nanoseconds::from_nanos(self.last_end.0.load(Ordering::Relaxed)),
        }
    }
}
