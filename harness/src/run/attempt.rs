//! One worker, from its job to its record.

use std::path::Path;

use tare_clock::{Clock, utc_now};
use tare_hardware::VramWatch;
use tare_hardware::checks::{
    GPU_ORDER, GpuWatch, Situation, is_gpu, standing_beside, visible_gpus,
};
use tare_hardware::energy::{Assessment, Span};
use tare_results::{Checking, Event, Finding, Kind};

use super::{Going, RunError};
use crate::compose::{About, Attempt, Beside, compose};
use crate::energy::Scales;
use crate::observe::Observer;
use crate::peaks::Gave;
use crate::plan::Work;
use crate::protocol::{Job, PROTOCOL, Purpose, Request};
use crate::supervise::{Limits, outcome_of, supervise};
use crate::warmup::Bounds;

impl<C: Clock> Going<'_, C> {
    /// What a worker of `work` does.
    pub(super) fn job(&self, work: &Work, purpose: Purpose) -> Job {
        Job {
            protocol: PROTOCOL.to_owned(),
            adapter: work.spec.name.clone(),
            load: work.load.clone(),
            inputs: work.inputs.clone(),
            warmup: Bounds::default(),
            outputs: None,
            purpose,
        }
    }

    /// A fresh worker at `job`, watched until it has ended.
    pub(super) fn attempt(&mut self, work: &Work, job: Job, kind: Kind, repeat: u64) -> Attempt {
        let limits = self.limits(&job);
        let cell = &work.planned;
        let meter = (kind == Kind::Measurement).then_some(&*self.request.peaks);
        let probe = meter.map(|meter| meter.probe(cell));
        let stood = self.standing(work, kind);
        let before = self.rest(kind);
        let gpu = (self.gpu(work, kind), self.vram(work));
        let started = self.clock.now();
        let device = (cell.cell.device.as_str(), &self.request.run.machine);
        let scales = self.request.energy.of(device, self.request.stop);
        let (writer, progress) = (&mut self.request.writer, &mut *self.progress);
        let mut told = |event: Event| {
            writer.event(&event);
            progress.event(&event);
        };
        let mut watcher = Observer::new(
            (&cell.id, kind, repeat),
            (self.request.run.checks, self.request.run.probes),
            &scales,
            self.clock,
            &mut told,
        )
        .beside(gpu);
        let ended = supervise(
            &work.program.with_environment(&environment(work)),
            &Request::Run(Box::new(job)),
            limits,
            self.clock,
            self.request.stop,
            &mut watcher,
        );
        let mut attempt = Attempt {
            observed: watcher.into_observed(),
            outcome: outcome_of(ended),
            took: self.clock.now().saturating_sub(started),
            energy: None,
            gave: None,
        };
        attempt.observed.stood(stood, self.standing(work, kind));
        if attempt.outcome().is_some() {
            let meter = &*self.request.peaks;
            attempt.gave = probe.map(|before| Gave::until_now(meter, cell, before));
        }
        attempt.energy = self.weighed(&scales, kind, &attempt, before);
        attempt
    }

    fn limits(&self, job: &Job) -> Limits {
        Limits {
            deadline: self.request.run.deadline_ns,
            memory: self.request.run.memory_limit_bytes,
            own: job.own_bytes(),
        }
    }

    /// A cell that hung once is not tried again.
    pub(super) fn remember_hung(&mut self, work: &Work, kind: Kind, attempt: &Attempt) {
        if let Some(failure) = attempt.failure()
            && attempt.took >= self.request.run.deadline_ns
            && kind != Kind::Reference
        {
            let told = self.hung.entry((asked(kind), work.planned.id.clone()));
            told.or_insert_with(|| failure.to_owned());
        }
    }

    /// Whether the surroundings of such a worker count, and are looked at.
    fn is_surrounded(&self, kind: Kind) -> bool {
        let run = &self.request.run;
        run.checks != Checking::Off && run.probes && kind.times_a_cell()
    }

    /// What stands beside a worker whose surroundings count.
    fn standing(&self, work: &Work, kind: Kind) -> Vec<Finding> {
        if !self.is_surrounded(kind) {
            return Vec::new();
        }
        let situation = Situation {
            threads: Some(work.planned.cell.threads),
            ..Situation::of_this_process()
        };
        standing_beside(Path::new("/"), &situation)
    }

    /// A window on the GPU of a worker whose surroundings count, opened before anything of tare's is on it.
    fn gpu(&self, work: &Work, kind: Kind) -> Option<GpuWatch> {
        if !self.is_surrounded(kind) {
            return None;
        }
        let device = &work.planned.cell.device;
        let visible = visible_gpus();
        let machine = (&self.request.run.machine, visible.as_deref());
        GpuWatch::on(device, machine, &self.request.nvml)
    }

    /// A window on the memory of the GPU of a worker that is watched.
    fn vram(&self, work: &Work) -> Option<VramWatch> {
        if !self.request.run.probes {
            return None;
        }
        let visible = visible_gpus();
        let machine = (&self.request.run.machine, visible.as_deref());
        VramWatch::on(&work.planned.cell.device, machine, &self.request.nvml)
    }

    /// Idle before or after a worker whose energy counts.
    fn rest(&self, kind: Kind) -> Option<Span> {
        kind.times_a_cell()
            .then(|| self.request.energy.rest(self.clock, self.request.stop))?
    }

    /// What the requests of a worker cost that has ended; `before` is idle before it.
    fn weighed(
        &self,
        scales: &Scales,
        kind: Kind,
        attempt: &Attempt,
        before: Option<Span>,
    ) -> Option<Assessment> {
        let samples = attempt.samples()?;
        if !kind.times_a_cell() {
            return None;
        }
        let idle = [before, self.rest(kind)];
        let spans = attempt.observed.spans();
        Some(scales.assess((spans, idle), samples, self.clock))
    }

    /// Appends the record of a worker, unless the run was stopped over it.
    pub(super) fn keep(
        &mut self,
        work: &Work,
        (kind, repeat): (Kind, u64),
        attempt: Attempt,
        beside: Beside,
    ) -> Result<(), RunError> {
        if matches!(attempt.outcome, Ok(None)) {
            return Ok(());
        }
        let about = About {
            run: &self.request.run,
            work,
            kind,
            repeat,
            harness: &self.harness,
            created: utc_now(),
        };
        let record = compose(about, attempt, beside);
        self.request.writer.append(&record)?;
        self.records.push(record);
        Ok(())
    }
}

/// Whose hanging counts against workers of `kind`: a cell's own, or its twin's.
pub(super) fn asked(kind: Kind) -> Kind {
    match kind {
        Kind::Twin => Kind::Twin,
        _ => Kind::Measurement,
    }
}

/// What a worker finds in its environment: on a GPU, also that CUDA numbers GPUs as the driver lists them.
fn environment(work: &Work) -> Vec<(String, String)> {
    let (name, value) = GPU_ORDER;
    let order = is_gpu(&work.planned.cell.device).then(|| (name.to_owned(), value.to_owned()));
    work.environment.iter().cloned().chain(order).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::built;
    use crate::plan::tests::work;

    #[test]
    fn a_worker_on_a_gpu_numbers_them_as_the_driver_does() {
        let run = built::run("run", vec![built::cell(1)]);
        let mut work = work(run.cells[0].clone(), Ok(0));
        work.environment = vec![("A".to_owned(), "1".to_owned())];
        assert_eq!(environment(&work), work.environment);
        work.planned.cell.device = "cuda:1".to_owned();
        let order = ("CUDA_DEVICE_ORDER".to_owned(), "PCI_BUS_ID".to_owned());
        assert_eq!(environment(&work)[1..], [order]);
    }
}
