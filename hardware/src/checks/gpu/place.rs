//! Which GPU of the machine the device of a cell means, as CUDA numbers them in a worker.

use tare_results::{Gpu, Machine};

/// The variable that hides GPUs from CUDA, and so renumbers the others.
const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";
/// What a worker on a GPU is to find in its environment, or CUDA numbers GPUs by their speed and not as the driver lists them.
pub const ORDER: (&str, &str) = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID");

/// What the environment of this process, which its workers inherit, shows CUDA; `None` for all.
pub fn visible_gpus() -> Option<String> {
    std::env::var(VISIBLE).ok()
}

/// Whether `device`, such as `cuda:1`, is a GPU.
pub fn is_gpu(device: &str) -> bool {
    number(device).is_some()
}

/// The GPU of `machine` that `device` means where CUDA is shown `visible`, with its number in the driver's order, or
/// why it is none of them; `None` where `device` is no GPU.
///
/// Entries of `visible` are numbers or beginnings of identifiers (CUDA C++ Programming Guide, environment variables).
pub fn gpu_of<'a>(
    device: &str,
    machine: &'a Machine,
    visible: Option<&str>,
) -> Option<Result<(usize, &'a Gpu), String>> {
    let number = number(device)?;
    let found = match visible {
        None => numbered(machine, number),
        Some(list) => match list.split(',').map(str::trim).nth(number) {
            Some(entry) => named(machine, entry),
            None => Err(format!("{VISIBLE}={list} shows no such GPU")),
        },
    };
    Some(found)
}

fn number(device: &str) -> Option<usize> {
    device.strip_prefix("cuda:")?.parse().ok()
}

fn named<'a>(machine: &'a Machine, entry: &str) -> Result<(usize, &'a Gpu), String> {
    if let Ok(number) = entry.parse() {
        return numbered(machine, number);
    }
    let is_it = |gpu: &&Gpu| {
        let uuid = gpu.uuid.as_deref();
        entry.starts_with("GPU-") && uuid.is_some_and(|uuid| uuid.starts_with(entry))
    };
    let place = machine.gpus.iter().position(|gpu| is_it(&gpu));
    place.map_or_else(
        || Err(format!("the driver lists no GPU '{entry}' of {VISIBLE}")),
        |place| numbered(machine, place),
    )
}

fn numbered(machine: &Machine, number: usize) -> Result<(usize, &Gpu), String> {
    let gpu = machine.gpus.get(number).map(|gpu| (number, gpu));
    gpu.ok_or_else(|| format!("the driver lists no GPU {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_root::FakeRoot;

    fn machine() -> Machine {
        let gpu = |uuid: &str| Gpu {
            name: "NVIDIA H200".into(),
            uuid: Some(uuid.into()),
            ..Gpu::default()
        };
        Machine {
            gpus: vec![gpu("GPU-a0"), gpu("GPU-b1"), gpu("GPU-c2")],
            ..crate::machine(FakeRoot::new().path())
        }
    }

    fn place(device: &str, visible: Option<&str>) -> Option<Result<usize, String>> {
        let machine = machine();
        let found = gpu_of(device, &machine, visible)?;
        Some(found.map(|(number, _)| number))
    }

    #[test]
    fn a_number_is_the_driver_s_where_nothing_is_hidden() {
        assert_eq!(place("cuda:1", None), Some(Ok(1)));
        let absent = place("cuda:3", None);
        assert_eq!(absent, Some(Err("the driver lists no GPU 3".into())));
    }

    #[test]
    fn what_is_visible_is_counted_anew() {
        assert_eq!(place("cuda:0", Some("2,0")), Some(Ok(2)));
        assert_eq!(place("cuda:1", Some("2, 0")), Some(Ok(0)));
        assert_eq!(place("cuda:0", Some("GPU-b")), Some(Ok(1)));
    }

    #[test]
    fn what_is_hidden_or_no_whole_gpu_is_a_reason() {
        let reason = |visible| place("cuda:1", Some(visible)).unwrap().unwrap_err();
        assert_eq!(reason("2"), "CUDA_VISIBLE_DEVICES=2 shows no such GPU");
        assert_eq!(reason("0,7"), "the driver lists no GPU 7");
        let instance = reason("0,MIG-1");
        assert!(instance.contains("no GPU 'MIG-1'"), "{instance}");
        assert!(reason("0,-1").contains("no GPU '-1'"));
        assert!(reason("0,").contains("no GPU ''"));
    }

    #[test]
    fn the_processor_is_no_gpu() {
        assert_eq!(place("cpu", None), None);
        let are = ["cuda:0", "cuda:12", "cpu", "cuda:", "cuda:x"].map(is_gpu);
        assert_eq!(are, [true, true, false, false, false]);
    }
}
