//! NVIDIA GPUs: as NVML tells them, else as their kernel driver lists them without any library.

use std::path::Path;

use tare_results::Gpu;

use crate::Unavailable;
use crate::gaps::Gaps;
use crate::nvml::{GpuFacts, Nvml, NvmlError};
use crate::root::Root;

const FOLDER: &str = "proc/driver/nvidia";
/// Without one of these there is no NVML to ask: the driver's files, its device, its stand-in under WSL.
const SIGNS: [&str; 3] = [FOLDER, "dev/nvidiactl", "dev/dxg"];

/// In NVML's order, that of the bus addresses. NVML is asked on the real machine only.
pub(crate) fn read(root: &Root, gaps: &mut Gaps) -> Vec<Gpu> {
    if !has_driver(root) {
        gaps.keep::<(), _>("gpus", Err("no NVIDIA driver"));
        return Vec::new();
    }
    let told = if root.path("") == Path::new("/") {
        Nvml::shared()
            .and_then(|nvml| nvml.facts())
            .map_err(Without::Nvml)
    } else {
        Err(Without::Root)
    };
    merged(root, told, gaps)
}

/// Whether there is anything for NVML to talk to.
pub(crate) fn has_driver(root: &Root) -> bool {
    SIGNS.iter().any(|sign| root.exists(sign))
}

/// Why NVML tells nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Without {
    #[error("the driver's files under /proc do not say")]
    Root,
    #[error(transparent)]
    Nvml(NvmlError),
    #[error("NVML lists no GPU, the driver's files under /proc do; look at the device permissions")]
    NoneListed,
}

/// What NVML tells, with what it does not filled in from `/proc`.
pub(crate) fn merged(
    root: &Root,
    told: Result<Vec<GpuFacts>, Without>,
    gaps: &mut Gaps,
) -> Vec<Gpu> {
    let reason = match told {
        Ok(facts) if !facts.is_empty() => {
            let mut unheard = Gaps::default();
            let listed = listed(root, &Without::Root, &mut unheard);
            return facts
                .iter()
                .enumerate()
                .filter_map(|(index, facts)| from_nvml(index, facts, &listed, gaps))
                .collect();
        }
        Ok(_) => Without::NoneListed,
        Err(reason) => reason,
    };
    listed(root, &reason, gaps)
}

fn from_nvml(index: usize, facts: &GpuFacts, listed: &[Gpu], gaps: &mut Gaps) -> Option<Gpu> {
    let uuid = facts.uuid.as_ref().ok();
    let same = listed.iter().find(|gpu| gpu.uuid.as_ref() == uuid);
    let by_place = listed.get(index).filter(|_| uuid.is_none());
    let listed = same.or(by_place);
    let mut one = One { index, gaps };
    let name = facts.name.clone();
    let name = name.or_else(|error| listed.map(|gpu| gpu.name.clone()).ok_or(error));
    let driver = facts.driver.clone();
    let driver = driver.or_else(|error| listed.and_then(|gpu| gpu.driver.clone()).ok_or(error));
    let mig = match &facts.mig {
        Err(NvmlError::NotOffered { .. }) => None,
        mig => one.keep("mig", mig),
    };
    Some(Gpu {
        name: one.keep("name", &name)?,
        uuid: one.keep("uuid", &facts.uuid),
        memory_bytes: one.keep("memory_bytes", &facts.memory),
        driver: one.keep("driver", &driver),
        cuda: one.keep("cuda", &facts.cuda),
        compute_capability: one.keep("compute_capability", &facts.compute_capability),
        ecc: one.keep("ecc", &facts.ecc),
        mig,
        persistence: one.keep("persistence", &facts.persistence),
        power_limit_mw: one.keep("power_limit_mw", &facts.power_limit_mw),
        default_power_limit_mw: one.keep("default_power_limit_mw", &facts.default_power_limit_mw),
        max_sm_clock_mhz: one.keep("max_sm_clock_mhz", &facts.max_sm_clock_mhz),
        max_memory_clock_mhz: one.keep("max_memory_clock_mhz", &facts.max_memory_clock_mhz),
        pcie_generation: one.keep("pcie_generation", &facts.pcie_generation),
        pcie_lanes: one.keep("pcie_lanes", &facts.pcie_lanes),
    })
}

struct One<'a> {
    index: usize,
    gaps: &'a mut Gaps,
}

impl One<'_> {
    fn keep<T: Clone>(&mut self, field: &str, fact: &Result<T, NvmlError>) -> Option<T> {
        let path = format!("gpus.{}.{field}", self.index);
        self.gaps.keep(&path, fact.clone())
    }
}

/// What only NVML tells.
const BY_NVML: [&str; 12] = [
    "memory_bytes",
    "cuda",
    "compute_capability",
    "ecc",
    "mig",
    "persistence",
    "power_limit_mw",
    "default_power_limit_mw",
    "max_sm_clock_mhz",
    "max_memory_clock_mhz",
    "pcie_generation",
    "pcie_lanes",
];

/// The GPUs under `/proc`; the rest of their facts lacks for `reason`.
fn listed(root: &Root, reason: &Without, gaps: &mut Gaps) -> Vec<Gpu> {
    let addresses = gaps
        .keep("gpus", root.names(&format!("{FOLDER}/gpus")))
        .unwrap_or_default();
    let driver = gaps.keep("gpus.driver", driver(root));
    let mut gpus = Vec::new();
    for address in addresses {
        let path = format!("gpus.{}", gpus.len());
        let file = format!("{FOLDER}/gpus/{address}/information");
        let named = field(root, &file, "Model");
        let Some(name) = gaps.keep(&format!("{path}.name"), named) else {
            continue;
        };
        for field in BY_NVML {
            gaps.keep::<(), _>(&format!("{path}.{field}"), Err(reason));
        }
        gpus.push(Gpu {
            name,
            uuid: gaps.keep(&format!("{path}.uuid"), field(root, &file, "GPU UUID")),
            driver: driver.clone(),
            ..Gpu::default()
        });
    }
    gpus
}

fn field(root: &Root, file: &str, key: &'static str) -> Result<String, Unavailable> {
    let text = root.text(file)?;
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    });
    let value = value.unwrap_or_default();
    // A driver that has not talked to the device yet answers with question marks.
    if value.is_empty() || value.contains("??") {
        return Err(root.unclear(file, key, &value));
    }
    Ok(value)
}

/// The first word of the kernel module's line that reads like `570.124.06`.
fn driver(root: &Root) -> Result<String, Unavailable> {
    let file = format!("{FOLDER}/version");
    let text = root.text(&file)?;
    let line = text.lines().find(|line| line.starts_with("NVRM version:"));
    let is_version = |word: &&str| {
        word.contains('.')
            && word
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let version = line.and_then(|line| line.split_whitespace().find(is_version));
    let version = version.ok_or_else(|| root.unclear(&file, "driver version", &text))?;
    Ok(version.to_owned())
}

#[cfg(test)]
mod tests {
    use tare_units::Bytes;

    use super::*;
    use crate::machine::fixtures::server;

    fn facts(index: u32, uuid: &str) -> GpuFacts {
        GpuFacts {
            index,
            name: Ok("NVIDIA H200".into()),
            uuid: Ok(uuid.into()),
            memory: Ok(Bytes::from_mib(144_384)),
            driver: Ok("570.124.06".into()),
            cuda: Ok("12.8".into()),
            compute_capability: Ok("9.0".into()),
            ecc: Ok(true),
            mig: Ok(false),
            persistence: Ok(true),
            power_limit_mw: Ok(650_000),
            default_power_limit_mw: Ok(700_000),
            max_sm_clock_mhz: Ok(1_980),
            max_memory_clock_mhz: Ok(3_201),
            pcie_generation: Ok(5),
            pcie_lanes: Ok(16),
        }
    }

    fn merge(
        told: Result<Vec<GpuFacts>, Without>,
    ) -> (Vec<Gpu>, std::collections::BTreeMap<String, String>) {
        let root = server();
        let mut gaps = Gaps::default();
        let gpus = merged(&Root::new(root.path()), told, &mut gaps);
        (gpus, gaps.into_missing())
    }

    #[test]
    fn nvml_tells_every_fact_and_leaves_no_gap() {
        let (gpus, missing) = merge(Ok(vec![facts(0, "GPU-11111111"), facts(1, "GPU-22222222")]));
        assert_eq!(missing.len(), 0, "{missing:?}");
        assert_eq!(gpus.len(), 2);
        assert_eq!(gpus[1].uuid.as_deref(), Some("GPU-22222222"));
        assert_eq!(gpus[0].power_limit_mw, Some(650_000));
        assert_eq!(
            (gpus[0].pcie_generation, gpus[0].pcie_lanes),
            (Some(5), Some(16))
        );
    }

    #[test]
    fn what_nvml_does_not_tell_comes_from_proc_or_has_its_reason() {
        let mut lost = facts(0, "GPU-22222222");
        lost.name = Err(NvmlError::Lost { what: "the name" });
        lost.driver = Err(NvmlError::NoDriver);
        lost.ecc = Err(NvmlError::NotOffered {
            what: "error correction",
        });
        lost.mig = Err(NvmlError::NotOffered {
            what: "instances (MIG)",
        });
        let (gpus, missing) = merge(Ok(vec![lost]));
        assert_eq!(gpus[0].name, "NVIDIA H200");
        assert_eq!(gpus[0].driver.as_deref(), Some("570.124.06"));
        assert_eq!((gpus[0].ecc, gpus[0].mig), (None, None));
        let paths: Vec<&String> = missing.keys().collect();
        assert_eq!(paths, ["gpus.0.ecc"], "a GPU that cannot be divided is not");
    }

    #[test]
    fn without_nvml_each_fact_of_its_own_carries_the_reason() {
        let hung = NvmlError::Hung {
            what: "its GPUs",
            after: tare_units::Nanoseconds::from_secs(5),
        };
        let (gpus, missing) = merge(Err(Without::Nvml(hung)));
        assert_eq!(gpus.len(), 2);
        assert_eq!(gpus[0].power_limit_mw, None);
        assert_eq!(
            missing["gpus.1.power_limit_mw"],
            "NVML did not tell its GPUs within 5.00 s; look for a hung GPU with nvidia-smi"
        );
        assert_eq!(missing.len(), 2 * BY_NVML.len());
        let (gpus, missing) = merge(Ok(Vec::new()));
        assert_eq!(gpus.len(), 2);
        assert!(missing["gpus.0.ecc"].starts_with("NVML lists no GPU"));
    }
}
