//! The time of each step by the device's own marks; requests are then started step by step.

use std::sync::Arc;

use tare_adapter_api::{Interval, OperatorTime, RequestProfile};
use tare_cuda::{Context, Event, Fault};

use super::session::NativeSession;

/// Marks before the first work, between works and after the last, and what they told of requests.
pub(super) struct Profiler {
    marks: Vec<Event>,
    profiles: Vec<RequestProfile>,
    intervals: Vec<Vec<Interval>>,
}

impl Profiler {
    pub(super) fn new(context: &Arc<Context>, works: usize) -> Result<Self, Fault> {
        context.make_current()?;
        let marks = (0..works + 3).map(|_| Event::new(context));
        Ok(Self {
            marks: marks.collect::<Result<_, Fault>>()?,
            profiles: Vec::new(),
            intervals: Vec::new(),
        })
    }

    /// Executes one request and takes note of its times.
    pub(super) fn request(&mut self, session: &NativeSession<'_>) -> Result<(), Fault> {
        let stream = &session.stream;
        let works = session.works.len();
        stream.record(&self.marks[0])?;
        session.upload()?;
        stream.record(&self.marks[1])?;
        for number in 0..works {
            session.start(number)?;
            stream.record(&self.marks[number + 2])?;
        }
        session.download()?;
        stream.record(&self.marks[works + 2])?;
        stream.wait()?;
        let mut request: RequestProfile = Vec::with_capacity(works);
        for number in 0..works {
            let time = self.marks[number + 2].since(&self.marks[number + 1])?;
            let step = session.step(number);
            let is_further = number > 0 && session.step(number - 1) == step;
            match request.last_mut().filter(|_| is_further) {
                Some(same) => same.time_ns += time.as_nanos(),
                None => request.push(OperatorTime {
                    name: Some(session.sources(step)),
                    kind: session.kind(step),
                    count: 1,
                    time_ns: time.as_nanos(),
                }),
            }
        }
        let all = self.marks[works + 2].since(&self.marks[0])?;
        self.profiles.push(request);
        self.intervals
            .push(vec![(tare_units::Nanoseconds::default(), all)]);
        Ok(())
    }

    /// What each request spent on each step, and when the device was at work: from its first mark to its last, with whatever
    /// it waited between.
    pub(super) fn end(self) -> (Vec<RequestProfile>, Vec<Vec<Interval>>) {
        (self.profiles, self.intervals)
    }
}
