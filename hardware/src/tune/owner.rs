//! The settings of a machine while it is tuned: whoever holds this restores them by letting go.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::guardian::Guardian;
use super::journal::Journal;
use super::settings::{self, Setting};
use super::{GpuClock, GpuClocks, TuneError, restore};
use crate::root::Root;

/// A tuned machine; dropping it restores what was, on unwinding too.
pub struct Tuned {
    root: PathBuf,
    journal: PathBuf,
    changes: Vec<String>,
    left: Vec<String>,
    gpus: Box<dyn GpuClocks>,
    // Last: its pipe closes when the settings have been restored.
    guardian: Option<Guardian>,
}

impl Tuned {
    /// Sets every governor to `performance`, turbo off and the clocks of GPUs fixed, under `root` (`/` but for tests).
    ///
    /// `guardian` is a command that calls [`super::guard`] with the same root and journal ([`super::JOURNAL`]).
    ///
    /// # Errors
    /// Where nothing can be tuned, something may not be written, another tuning stands, or a setting is refused. The
    /// machine is then as it was.
    pub fn begin(
        root: &Path,
        journal: &Path,
        guardian: Command,
        gpus: Box<dyn GpuClocks>,
    ) -> Result<Self, TuneError> {
        if journal.exists() {
            let journal = journal.to_owned();
            return Err(TuneError::Pending { journal });
        }
        let plan = Plan::of(&Root::new(root), gpus.as_ref())?;
        if !plan.is_empty() {
            Journal::new(plan.settings.clone(), plan.gpus.clone()).write(journal)?;
        }
        // Only from here on is the journal this owner's to act upon.
        let mut tuned = Self {
            root: root.to_owned(),
            journal: journal.to_owned(),
            changes: plan.changes(),
            left: plan.left.clone(),
            gpus,
            guardian: None,
        };
        if !plan.is_empty() {
            tuned.guardian = Some(Guardian::start(guardian)?);
            plan.apply(&Root::new(root), tuned.gpus.as_ref())?;
        }
        Ok(tuned)
    }

    /// What was changed, a line each; empty where the machine was tuned already.
    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    /// Why the rest was left as it is, a line each: what the machine does not offer.
    pub fn left(&self) -> &[String] {
        &self.left
    }

    /// Restores what was, and says what could not be.
    ///
    /// # Errors
    /// As [`restore`].
    pub fn restore(mut self) -> Result<Vec<String>, TuneError> {
        self.set_back()
    }

    fn set_back(&mut self) -> Result<Vec<String>, TuneError> {
        if self.changes.is_empty() {
            return Ok(Vec::new());
        }
        restore(&self.root, &self.journal, self.gpus.as_ref())
    }
}

impl Drop for Tuned {
    /// What fails here the guardian tries again, and says so.
    fn drop(&mut self) {
        let _ = self.set_back();
        drop(self.guardian.take());
    }
}

/// What is to be changed.
struct Plan {
    settings: Vec<Setting>,
    gpus: Vec<GpuClock>,
    left: Vec<String>,
}

impl Plan {
    fn of(root: &Root, gpus: &dyn GpuClocks) -> Result<Self, TuneError> {
        let (mut settings, mut left) = settings::current(root);
        let gpus = gpus.current().unwrap_or_else(|reason| {
            left.push(reason);
            Vec::new()
        });
        if settings.is_empty() && gpus.is_empty() {
            return Err(TuneError::Nothing(left.join(", ")));
        }
        settings.retain(|setting| setting.was != setting.tuned);
        let checked = settings
            .iter()
            .filter_map(|setting| setting.may_be_written(root).err());
        let files: Vec<String> = checked.collect();
        match files.is_empty() {
            true => Ok(Self {
                settings,
                gpus,
                left,
            }),
            false => Err(TuneError::Forbidden { files }),
        }
    }

    fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.gpus.is_empty()
    }

    fn changes(&self) -> Vec<String> {
        let files = self
            .settings
            .iter()
            .map(|setting| format!("{}: {} to {}", setting.file, setting.was, setting.tuned));
        let gpus = self
            .gpus
            .iter()
            .map(|clock| format!("clocks of {}: fixed", clock.device));
        files.chain(gpus).collect()
    }

    fn apply(&self, root: &Root, gpus: &dyn GpuClocks) -> Result<(), TuneError> {
        for setting in &self.settings {
            let what = setting.file.clone();
            setting
                .tune(root)
                .map_err(|error| TuneError::NotTaken { what, error })?;
        }
        for clock in &self.gpus {
            let what = clock.device.clone();
            gpus.fix(&clock.device)
                .map_err(|error| TuneError::NotTaken { what, error })?;
        }
        Ok(())
    }
}
