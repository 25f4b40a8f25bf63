//! An external meter: any program that prints what it measures, a line a reading.
//!
//! A line is `SECONDS VALUE UNIT`, such as `12.50 3051.2 J` or `1763740000.25 187.5 W`: the time of the reading by any
//! clock that runs steadily, then joules since any beginning (`J`) or watts at that time (`W`). Empty lines and those that
//! begin with `#` are skipped, but for `# accuracy 0.5%` before the first reading: the typical relative error of the
//! meter's gain, as its data sheet says. The unit stays the same; each line is flushed as it is printed, at most 1,000 in a second.
//! The offset between the program's clock and ours is the smallest difference between arrival and timestamp of the last
//! half minute or more, so that a clock that runs slow or fast shifts nothing.

mod group;
mod line;
mod reader;

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};

use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::energy::series::Reading;
use crate::energy::source::{EnergyError, EnergyProbe, SourceSpec};
use group::Group;
use line::Line;
use reader::{Arrived, End, LINES_A_SECOND};

/// How to run a meter.
#[derive(Debug, Clone, PartialEq)]
pub struct MeterCommand {
    /// What it is called where it is the reason for something.
    pub name: String,
    /// The program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The typical relative error of its gain, such as 0.01, as its data sheet says; `None` leaves it to the program to say.
    pub gain: Option<f64>,
    /// How long its first reading may take.
    pub patience: Nanoseconds,
}

impl MeterCommand {
    /// With five seconds for the first reading and no known gain.
    pub fn new(program: &str, arguments: &[&str]) -> Self {
        Self {
            name: program.to_owned(),
            program: program.to_owned(),
            arguments: arguments.iter().map(|&one| one.to_owned()).collect(),
            gain: None,
            patience: Nanoseconds::from_secs(5),
        }
    }
}

/// A running meter; its process group ends with it, and with this process where that is killed.
#[derive(Debug)]
pub struct Meter {
    group: Group,
    program: String,
    arrived: Receiver<Result<Arrived, End>>,
    waiting: Vec<Arrived>,
    spec: SourceSpec,
    timeline: Timeline,
    ended: Option<EnergyError>,
}

impl Meter {
    /// Starts the program and waits for its first reading, which tells the unit.
    ///
    /// # Errors
    /// Where it does not start, ends, floods, or prints no reading in time.
    pub fn start(command: &MeterCommand, clock: impl Clock + 'static) -> Result<Self, EnergyError> {
        let mut group = Group::start(command).map_err(|error| EnergyError::MeterStart {
            program: command.name.clone(),
            error: error.to_string(),
        })?;
        let latest = clock.now() + command.patience;
        let arrived = reader::start(group.program().stdout.take(), clock);
        let mut meter = Self {
            group,
            program: command.name.clone(),
            arrived,
            waiting: Vec::new(),
            spec: spec(command.gain),
            timeline: Timeline::default(),
            ended: None,
        };
        meter.wait_for_first(command.patience, latest)?;
        Ok(meter)
    }

    /// Lines that are no readings do not extend the patience beyond `latest`.
    fn wait_for_first(
        &mut self,
        patience: Nanoseconds,
        latest: Nanoseconds,
    ) -> Result<(), EnergyError> {
        let program = self.program.clone();
        let first = loop {
            match self.arrived.recv_timeout(patience.into()) {
                Ok(Ok(first)) if first.reading.is_some() => break first,
                Ok(Ok(other)) if other.at < latest => {}
                Ok(Err(end)) => return Err(self.end(end)),
                Ok(Ok(_)) | Err(RecvTimeoutError::Timeout) => {
                    return Err(EnergyError::MeterSilent { program });
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.end(End::Closed)),
            }
        };
        if let Some(reading) = first.reading {
            self.spec.quantity = reading.quantity;
            self.spec.quantum = reading.quantum;
        }
        self.spec.gain = self.spec.gain.or(first.accuracy);
        self.waiting.push(first);
        Ok(())
    }

    /// Stops the program for good and says why it tells nothing any longer.
    fn end(&mut self, end: End) -> EnergyError {
        let program = self.program.clone();
        if end == End::Flooded {
            self.group.stop();
            let lines = LINES_A_SECOND;
            return EnergyError::MeterFlooded { program, lines };
        }
        let status = self.group.exit();
        self.group.stop();
        let status = status.map_or("its output was closed".to_owned(), |one| one.to_string());
        EnergyError::MeterEnded { program, status }
    }

    fn place(&mut self, arrived: Arrived) -> Reading {
        let reading = arrived
            .reading
            .filter(|line| line.quantity == self.spec.quantity);
        let Some(line) = reading else {
            return nonsense(arrived.at);
        };
        match self.timeline.place(arrived.at, line) {
            Some(at) => Reading {
                asked: at,
                answered: at,
                value: line.value,
            },
            None => nonsense(arrived.at),
        }
    }
}

/// A reading that the series leaves out and counts.
fn nonsense(at: Nanoseconds) -> Reading {
    Reading {
        asked: at,
        answered: at,
        value: f64::NAN,
    }
}

fn spec(gain: Option<f64>) -> SourceSpec {
    SourceSpec {
        name: "meter".to_owned(),
        quantity: crate::energy::source::Quantity::Power,
        tick: Nanoseconds::ZERO,
        quantum: 0.0,
        share: 0.0,
        gain,
        wraps_at: None,
        averaged: None,
        device: None,
    }
}

impl EnergyProbe for Meter {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    fn poll(&mut self, _clock: &dyn Clock) -> Result<Vec<Reading>, EnergyError> {
        let mut found = std::mem::take(&mut self.waiting);
        let end = loop {
            match self.arrived.try_recv() {
                Ok(Ok(arrived)) => found.push(arrived),
                Ok(Err(end)) => break Some(end),
                Err(TryRecvError::Empty) => break None,
                Err(TryRecvError::Disconnected) => break Some(End::Closed),
            }
        };
        if let (Some(end), None) = (end, &self.ended) {
            self.ended = Some(self.end(end));
        }
        match &self.ended {
            Some(ended) if found.is_empty() => Err(ended.clone()),
            _ => Ok(found.into_iter().map(|one| self.place(one)).collect()),
        }
    }
}

/// Where a program's timestamps lie on our clock.
#[derive(Debug, Default)]
struct Timeline {
    offset: Offset,
    last: Option<(Nanoseconds, f64, Nanoseconds)>,
    /// Arrival and timestamp of the line before, where that did not follow the last that was placed.
    strayed: Option<(Nanoseconds, f64)>,
}

/// How far time between two lines may differ from time between their arrivals, in seconds.
const SLACK: f64 = 2.0;

impl Timeline {
    /// The time of a line; an earlier one than the last line's where the program's time ran back; `None` where it leapt.
    /// Where two lines in a row agree with each other on another time, the program's clock was set, and goes on from there.
    fn place(&mut self, arrival: Nanoseconds, line: Line) -> Option<Nanoseconds> {
        let follows = |arrived: Nanoseconds, stamp: f64| {
            let passed = arrival.saturating_sub(arrived).as_secs_f64();
            let claimed = line.stamp - stamp;
            claimed >= 0.0 && (claimed - passed).abs() <= SLACK
        };
        let strayed = self.strayed.take();
        if let Some((_, stamp, at)) = self.last.filter(|last| !follows(last.0, last.1)) {
            if !strayed.is_some_and(|(arrived, stamp)| follows(arrived, stamp)) {
                self.strayed = Some((arrival, line.stamp));
                let back = Nanoseconds::from_nanos_f64((stamp - line.stamp).max(0.0) * 1e9);
                let earlier = at.saturating_sub(back.max(Nanoseconds::from_nanos(1)));
                return (line.stamp < stamp).then_some(earlier);
            }
            self.offset = Offset::default();
        }
        let offset = self.offset.with(arrival.as_secs_f64(), line.stamp);
        let at = Nanoseconds::from_nanos_f64((line.stamp + offset) * 1e9);
        let at = self.last.map_or(at, |(_, _, before)| at.max(before));
        self.last = Some((arrival, line.stamp, at));
        Some(at)
    }
}

/// The smallest arrival less timestamp, in seconds, of the stretch of lines at hand and the one before it.
#[derive(Debug, Default)]
struct Offset {
    /// When the stretch at hand began, in seconds, and its smallest difference.
    current: Option<(f64, f64)>,
    before: Option<f64>,
}

/// The seconds after which a new stretch begins: two clocks apart by 100 ppm differ by 3 ms then.
const STRETCH: f64 = 30.0;

impl Offset {
    /// With one more line.
    fn with(&mut self, arrival: f64, stamp: f64) -> f64 {
        let difference = arrival - stamp;
        let (began, least) = match self.current {
            Some((began, least)) if arrival - began < STRETCH => (began, least.min(difference)),
            ended => {
                self.before = ended.map(|(_, least)| least);
                (arrival, difference)
            }
        };
        self.current = Some((began, least));
        self.before.map_or(least, |before| before.min(least))
    }
}

#[cfg(test)]
mod tests;
