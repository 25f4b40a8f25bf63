//! What the GPUs of a machine can do, each measured in a process of its own.

use std::path::Path;

use tare_calibration::gpu::GpuRequest;
use tare_clock::utc_now;
use tare_hardware::checks::{gpu_of, visible_gpus};
use tare_results::{Machine, Peaks};
use tare_units::Nanoseconds;

use super::super::probe::gpu_prober;
use crate::terminal::rewrite;

/// The devices that CUDA shows of `machine`, by number.
pub fn devices(machine: &Machine) -> Vec<u32> {
    shown(machine, visible_gpus().as_deref())
}

fn shown(machine: &Machine, visible: Option<&str>) -> Vec<u32> {
    let is_shown = |number: &u32| {
        let device = format!("cuda:{number}");
        matches!(gpu_of(&device, machine, visible), Some(Ok(_)))
    };
    (0..machine.gpus.len() as u32).filter(is_shown).collect()
}

/// Measures `devices` one after the other, `repeats` times within `budget` each, and puts what they can do into `peaks`.
pub fn measure(
    program: &Path,
    devices: &[u32],
    (repeats, budget): (u64, Nanoseconds),
    peaks: &mut Peaks,
) {
    for &number in devices {
        rewrite(&format!("cuda:{number} · at most {budget} once it is open"));
        let request = GpuRequest {
            repeats,
            budget,
            ..GpuRequest::everything(number)
        };
        gpu_prober(program.to_owned(), budget)
            .ask_gpu(&request)
            .merge_into(peaks, &utc_now());
    }
}

#[cfg(test)]
mod tests {
    use tare_results::Gpu;

    use super::*;

    #[test]
    fn every_gpu_of_the_machine_that_cuda_shows_is_a_device() {
        let mut machine = tare_hardware::machine(Path::new("/nonexistent"));
        machine.gpus.clear();
        assert!(shown(&machine, None).is_empty());
        machine.gpus = vec![Gpu::default(), Gpu::default()];
        assert_eq!(shown(&machine, None), [0, 1]);
        assert_eq!(shown(&machine, Some("1")), [0]);
    }
}
