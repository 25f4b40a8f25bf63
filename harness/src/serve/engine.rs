//! The engine: servers that are started once, and serve one schedule after another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tare_adapter_api::{AdapterError, Loaded, Session};
use tare_clock::Clock;
use tare_scenarios::Schedule;
use tare_units::Nanoseconds;

use super::dispatch::Dispatch;
use super::generator::Generator;
use super::round::Round;
use super::served::Served;
use super::server::{Server, panicked};
use super::sleeper::wait_for;
use super::slots::Slots;
use crate::check::{Check, check};
use crate::job::JobError;
use crate::pool::Pool;
use crate::protocol::Job;
use crate::warmup::{Bounds, Warmup, warm_up};

/// How often it is looked whether the last requests have ended.
const LOOK: Nanoseconds = Nanoseconds::from_millis(1);
/// How long servers that do not hang may take to hear that a round is abandoned.
const GRACE: Duration = Duration::from_millis(200);

/// Who serves, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// Sessions that share the weights, each on a thread of its own.
    pub servers: usize,
    /// What is done with requests that wait.
    pub dispatch: Dispatch,
    /// Requests that may wait.
    pub queue: usize,
    /// Whether generator and servers have a core each, and may spin.
    pub spins: bool,
}

enum Command {
    WarmUp(Bounds),
    Serve(Arc<Round>),
    Check(Arc<Job>),
}

enum Reply {
    Sitting,
    Warm(Warmup),
    Served { goes_on: bool },
    Checked(Check),
    Failed(AdapterError),
}

/// Servers of one loaded model, each with its session on a thread of its own. Threads are not waited for: one that hangs in
/// the framework's library costs what it is at and ends with the process.
pub struct Engine<C> {
    setup: Setup,
    clock: C,
    feed: Arc<Pool>,
    servers: Vec<Option<Sender<Command>>>,
    replies: Receiver<(usize, Reply)>,
    first_session: Nanoseconds,
}

impl<C: Clock + Clone + 'static> Engine<C> {
    /// Servers of `loaded`, one after the other: the first one's session is there when the second one's is made.
    ///
    /// # Errors
    /// Where the framework cannot give as many sessions.
    pub fn start(
        loaded: &Arc<dyn Loaded>,
        feed: Pool,
        setup: Setup,
        clock: C,
    ) -> Result<Self, JobError> {
        let (sender, replies) = channel();
        let mut engine = Self {
            setup,
            first_session: Nanoseconds::ZERO,
            clock,
            feed: Arc::new(feed),
            servers: Vec::with_capacity(setup.servers),
            replies,
        };
        for place in 0..setup.servers {
            let (commands, receiver) = channel();
            engine.servers.push(Some(commands));
            let desk = Desk {
                place,
                commands: receiver,
                replies: sender.clone(),
                feed: Arc::clone(&engine.feed),
                clock: engine.clock.clone(),
                spins: setup.spins,
            };
            let loaded = Arc::clone(loaded);
            std::thread::Builder::new()
                .name(format!("server-{place}"))
                .spawn(move || desk.attend(&*loaded))
                .map_err(|error| {
                    JobError::Job(format!(
                        "cannot start the thread of server {place}: {error}; use fewer workers"
                    ))
                })?;
            engine.any_reply()?;
            if place == 0 {
                engine.first_session = engine.clock.now();
            }
        }
        Ok(engine)
    }

    /// Warms every session up: the first by itself, the others at once.
    ///
    /// # Errors
    /// The first error of a request.
    pub fn warm_up(&mut self, bounds: Bounds) -> Result<Warmup, JobError> {
        let mut all: Option<Warmup> = None;
        let rest = 1..self.servers.len();
        for places in [0..self.servers.len().min(1), rest] {
            let sent = places.len();
            places.for_each(|place| self.tell(place, Command::WarmUp(bounds)));
            for _ in 0..sent {
                let Reply::Warm(warmup) = self.any_reply()? else {
                    continue;
                };
                all = Some(match all {
                    None => warmup,
                    Some(all) => Warmup {
                        first: all.first,
                        usual: all.usual.max(warmup.usual),
                        requests: all.requests + warmup.requests,
                        steady: all.steady && warmup.steady,
                        met: all.met.in_both(&warmup.met),
                    },
                });
            }
        }
        all.ok_or_else(|| JobError::Job("nobody serves: ask for workers=1 or more".into()))
    }

    /// Serves what `schedule` says, keeping what becomes of it in `slots`. Requests under way when it is done are waited for
    /// until `until`; what is not done then has failed.
    pub fn serve(
        &mut self,
        schedule: &mut impl Schedule,
        slots: Arc<Slots>,
        until: Nanoseconds,
    ) -> Served {
        self.serve_on(schedule, (slots, 0), until)
    }

    /// The same of requests that are counted from `first` on.
    pub fn serve_on(
        &mut self,
        schedule: &mut impl Schedule,
        (slots, first): (Arc<Slots>, usize),
        until: Nanoseconds,
    ) -> Served {
        let kept = (slots, first);
        let heeds = schedule.heeds_completions();
        let round = Round::new(self.servers.len(), self.setup, kept, heeds);
        let round = Arc::new(round);
        round.generator.0.adopt();
        let mut serving = 0;
        for place in 0..self.servers.len() {
            serving += u64::from(self.servers[place].is_some());
            self.tell(place, Command::Serve(Arc::clone(&round)));
        }
        let sitting = || round.ready() >= serving;
        let now = self.clock.now();
        wait_for(
            &round.generator.0,
            &self.clock,
            (now, Nanoseconds::ZERO),
            &sitting,
        );
        let generator = Generator {
            round: &round,
            clock: &self.clock,
            spins: self.setup.spins,
            until,
        };
        let issued = generator.issue(schedule);
        let waited = self.drain(&round, issued.queued, until);
        self.end(&round, issued.cut.is_some(), (serving, until));
        let worked = round.worked();
        let ended = match worked.batches {
            0 => issued.until,
            _ => worked.last_end,
        };
        let left = round.left_waiting().filter(|_| issued.cut.is_none());
        Served {
            issued,
            worked,
            ended,
            left_waiting: left.map(|left| (left, waited.saturating_sub(issued.until))),
            issuing: issued.until.saturating_sub(issued.started),
            serving: ended.saturating_sub(issued.started),
            batches: round.batches(&self.feed),
            first_error: round.first_error(),
        }
    }

    /// Waits until what was queued has ended, and says until when: nobody is woken for it, and nothing allocated, while
    /// requests are timed.
    fn drain(&self, round: &Round, queued: u64, until: Nanoseconds) -> Nanoseconds {
        let mut now = self.clock.now();
        while round.ended() < queued && round.is_served() && now < until {
            self.clock.doze_until(now + LOOK);
            now = self.clock.now();
        }
        now
    }

    /// Waits until every server is done with `round`; those that are not in time are lost.
    fn end(&mut self, round: &Round, is_cut: bool, (serving, until): (u64, Nanoseconds)) {
        round.close();
        let mut left = serving;
        if is_cut {
            round.abandon(self.clock.now());
        } else {
            while left > 0 && self.served_within(until.saturating_sub(self.clock.now())) {
                left -= 1;
            }
            if left > 0 {
                round.abandon(self.clock.now());
            }
        }
        while left > 0 && self.served_within(Nanoseconds::from_nanos(GRACE.as_nanos() as u64)) {
            left -= 1;
        }
        if left > 0 {
            round.fail(AdapterError::Run(format!(
                "{left} of {serving} workers were still executing when the time was over: use a longer --deadline"
            )));
            self.servers.iter_mut().for_each(|server| *server = None);
        }
        // A server may have gone while requests waited that nobody took any more.
        round.abandon(self.clock.now());
    }

    /// Whether another server is done within `time`.
    fn served_within(&mut self, time: Nanoseconds) -> bool {
        loop {
            match self
                .replies
                .recv_timeout(Duration::from_nanos(time.as_nanos()))
            {
                Ok((place, Reply::Served { goes_on })) => {
                    if !goes_on {
                        self.servers[place] = None;
                    }
                    return true;
                }
                Ok((place, Reply::Failed(_))) => {
                    self.servers[place] = None;
                    return true;
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Runs the check input in the first session that is left.
    pub fn check(&mut self, job: &Arc<Job>) -> Check {
        let place = self.servers.iter().position(Option::is_some);
        let gone = || Check::failed(job, "no session is left".to_owned());
        let Some(place) = place else {
            return gone();
        };
        self.tell(place, Command::Check(Arc::clone(job)));
        match self.any_reply() {
            Ok(Reply::Checked(check)) => check,
            Ok(_) => gone(),
            Err(error) => Check::failed(job, error.to_string()),
        }
    }

    /// Whether every server can go on.
    pub fn is_whole(&self) -> bool {
        self.servers.iter().all(Option::is_some)
    }

    /// When the first session was there.
    pub fn first_session(&self) -> Nanoseconds {
        self.first_session
    }

    fn tell(&mut self, place: usize, command: Command) {
        if let Some(server) = &self.servers[place]
            && server.send(command).is_err()
        {
            self.servers[place] = None;
        }
    }

    fn any_reply(&mut self) -> Result<Reply, JobError> {
        match self.replies.recv() {
            Ok((_, Reply::Failed(error))) => Err(JobError::Adapter(error)),
            Ok((_, reply)) => Ok(reply),
            Err(_) => Err(JobError::Job("no session is left".to_owned())),
        }
    }
}

/// A server's thread: what it is told, and whom it answers.
struct Desk<C> {
    place: usize,
    commands: Receiver<Command>,
    replies: Sender<(usize, Reply)>,
    feed: Arc<Pool>,
    clock: C,
    spins: bool,
}

impl<C: Clock> Desk<C> {
    fn attend(self, loaded: &dyn Loaded) {
        let (place, replies) = (self.place, self.replies.clone());
        let attending = catch_unwind(AssertUnwindSafe(|| match loaded.session() {
            Err(error) => Err(error),
            Ok(mut session) => {
                let mut desk = Some(self);
                session.enter(&mut move |session| {
                    if let Some(desk) = desk.take() {
                        desk.follow(session);
                    }
                });
                Ok(())
            }
        }));
        let error = match attending {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(panic) => panicked(panic.as_ref()),
        };
        let _ = replies.send((place, Reply::Failed(error)));
    }

    fn follow(&self, session: &mut dyn Session) {
        self.answer(Reply::Sitting);
        while let Ok(command) = self.commands.recv() {
            match command {
                Command::WarmUp(bounds) => {
                    let warmed = warm_up(session, &self.feed, &self.clock, bounds);
                    self.answer(warmed.map_or_else(Reply::Failed, Reply::Warm));
                }
                Command::Serve(round) => {
                    let mut server = Server {
                        place: self.place,
                        session: &mut *session,
                        feed: &self.feed,
                        clock: &self.clock,
                        spins: self.spins,
                    };
                    let goes_on = server.serve(&round);
                    // Whoever hears of it may take the samples out of the round.
                    drop(round);
                    self.answer(Reply::Served { goes_on });
                    if !goes_on {
                        return;
                    }
                }
                Command::Check(job) => {
                    let checked = check(session, &self.feed, &job);
                    self.answer(Reply::Checked(checked));
                }
            }
        }
    }

    fn answer(&self, reply: Reply) {
        let _ = self.replies.send((self.place, reply));
    }
}
