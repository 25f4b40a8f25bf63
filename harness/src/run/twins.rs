//! The twins of a run's cells: each found when its first turn comes, from the book of rungs or by workers that count operators.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tare_clock::Clock;
use tare_results::{Kind, Runtime};
use tare_units::Nanoseconds;

use super::Going;
use crate::plan::Work;
use crate::protocol::{Effort, Given, Purpose};
use crate::twin::{Executed, Hollow, RungBook, TwinMaker, climb, executed};

/// What is profiled of an original or a twin to count operators: how long they take does not matter.
const COUNTING: Effort = Effort {
    duration_ns: Nanoseconds::from_millis(100),
    max_requests: 3,
    trace: false,
};

/// What a run makes twins with.
pub struct Weighing {
    /// Who makes them.
    pub maker: Rc<dyn TwinMaker>,
    /// Which rungs were found before.
    pub book: RungBook,
}

impl<C: Clock> Going<'_, C> {
    /// The twin of the cell at `place`, found anew unless an earlier turn did.
    pub(super) fn twin_of(&mut self, place: usize) -> Result<Hollow, String> {
        if let Some(known) = self.twins.get(&place) {
            return known.clone();
        }
        let work = self.request.plan.cells[place].clone();
        let found = self.find_twin(&work);
        if !self.stopped() {
            self.twins.insert(place, found.clone());
        }
        found
    }

    fn find_twin(&mut self, work: &Work) -> Result<Hollow, String> {
        let runtime = self.runtime_of(work);
        let runtime = runtime.ok_or("the cell itself was not measured")?;
        let rungs = self.request.weighing.maker.rungs();
        let key = RungBook::key(
            work,
            &runtime,
            (&self.request.run.machine.fingerprint, &rungs),
        );
        let dir = self.twins_dir()?;
        if let Some(twin) = self.noted(work, &key, &dir) {
            return Ok(twin);
        }
        let maker = Rc::clone(&self.request.weighing.maker);
        let mut has_failed = false;
        let twin = climb(&*maker, work, &dir, &mut |twin| {
            let counted = self.count(work, twin);
            has_failed |= counted.is_err();
            counted.unwrap_or_else(Err)
        })?;
        // A rung passed over because its worker failed may do the next time.
        if !self.stopped() && !has_failed && twin.facts.same_operators.is_some() {
            let book = &mut self.request.weighing.book;
            book.note(&key, &twin.facts, &twin.missing);
        }
        Ok(twin)
    }

    /// The twin that the book knows, made again; only if it is the same file.
    fn noted(&self, work: &Work, key: &str, dir: &Path) -> Option<Hollow> {
        let weighing = &self.request.weighing;
        let entry = weighing.book.find(key)?;
        let mut made = None;
        let rung = [entry.facts.rung.clone()];
        weighing.maker.make(work, &rung, dir, &mut |twin| {
            made = twin.ok();
            ControlFlow::Break(())
        });
        let made = made?;
        let is_same = made.facts.sha256 == entry.facts.sha256;
        is_same.then(|| made.counted_as(&entry.facts, &entry.missing))
    }

    fn twins_dir(&self) -> Result<PathBuf, String> {
        let dir = self.request.writer.twins_dir();
        let made = std::fs::create_dir_all(&dir);
        made.map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
        Ok(dir)
    }

    fn runtime_of(&self, work: &Work) -> Option<Runtime> {
        let own = self
            .records
            .iter()
            .filter(|record| record.kind == Kind::Measurement && record.id == work.planned.id);
        own.filter_map(|record| record.runtime.clone()).next_back()
    }

    /// Operators of each kind that a worker executes in a request of `twin`, or of the original, or why the framework does not
    /// say.
    ///
    /// # Errors
    /// Where the worker failed.
    fn count(
        &mut self,
        work: &Work,
        twin: Option<&Hollow>,
    ) -> Result<Result<Executed, String>, String> {
        let work = match twin {
            Some(twin) => hollowed(work, twin),
            None => work.clone(),
        };
        let job = self.job(&work, Purpose::Profile(COUNTING));
        let attempt = self.attempt(&work, job, Kind::Profile, 0);
        match attempt.outcome().map(|outcome| &outcome.given) {
            Some(Given::Profiled { profile, .. }) => {
                let counted = profile.as_ref().map(|profile| executed(profile));
                Ok(counted.map_err(Clone::clone))
            }
            _ => Err(attempt
                .failure()
                .unwrap_or("the run was stopped")
                .to_owned()),
        }
    }
}

/// `work` with the twin in the place of the original.
pub fn hollowed(work: &Work, twin: &Hollow) -> Work {
    Work {
        load: twin.load.clone(),
        inputs: twin.inputs.clone(),
        ..work.clone()
    }
}
