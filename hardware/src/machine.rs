//! The machine as a record describes it, read from `/proc`, `/sys` and `/etc` alone.

use std::path::Path;

use tare_results::Machine;

use crate::gaps::Gaps;
use crate::root::Root;
use crate::{cpu, environment, fingerprint, gpus, system};

/// The facts of the machine whose file system lies under `root` (`/` but for tests).
///
/// What cannot be read is `null` or left out, with its reason in `missing`; a limit that is `null` without a reason is
/// not set.
pub fn machine(root: &Path) -> Machine {
    let root = Root::new(root);
    let mut gaps = Gaps::default();
    let mut machine = Machine {
        fingerprint: String::new(),
        cpu: cpu::read(&root, &mut gaps),
        memory: system::memory(&root, &mut gaps),
        gpus: gpus::read(&root, &mut gaps),
        os: system::operating_system(&root, &mut gaps),
        environment: environment::read(&root, &mut gaps),
        missing: gaps.into_missing(),
    };
    machine.fingerprint = fingerprint::of(&machine);
    machine
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
