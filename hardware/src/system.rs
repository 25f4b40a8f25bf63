//! Main memory, kernel and distribution.

use std::path::Path;

use tare_results::{MemoryFacts, OperatingSystem};
use tare_units::Bytes;

use crate::cgroup::Cgroup;
use crate::gaps::Gaps;
use crate::root::Root;
use crate::{Unavailable, c_library, topology};

/// Main memory that can be had now without swapping, or the control group's limit where that is less.
///
/// # Errors
/// Where the kernel does not say.
pub fn available_memory(root: &Path) -> Result<Bytes, Unavailable> {
    let root = Root::new(root);
    let available = meminfo(&root, "MemAvailable")?;
    let limit = Cgroup::read(&root).and_then(|cgroup| cgroup.memory_limit());
    Ok(limit
        .ok()
        .flatten()
        .map_or(available, |limit| limit.min(available)))
}

pub(crate) fn memory(root: &Root, gaps: &mut Gaps) -> MemoryFacts {
    MemoryFacts {
        total_bytes: gaps.keep("memory.total_bytes", meminfo(root, "MemTotal")),
        swap_bytes: gaps.keep("memory.swap_bytes", meminfo(root, "SwapTotal")),
        allowed_numa_nodes: gaps.keep(
            "memory.allowed_numa_nodes",
            topology::memory_nodes(root, "self").map(|nodes| nodes.len() as u64),
        ),
    }
}

pub(crate) fn operating_system(root: &Root, gaps: &mut Gaps) -> OperatingSystem {
    OperatingSystem {
        name: root
            .line("proc/sys/kernel/ostype", "name")
            .unwrap_or_else(|_| std::env::consts::OS.to_owned()),
        kernel: gaps.keep(
            "os.kernel",
            root.line("proc/sys/kernel/osrelease", "release"),
        ),
        distribution: gaps.keep("os.distribution", distribution(root)),
        c_library: gaps.keep("os.c_library", c_library::read(root)),
    }
}

fn meminfo(root: &Root, key: &'static str) -> Result<Bytes, Unavailable> {
    const FILE: &str = "proc/meminfo";
    let text = root.text(FILE)?;
    let line = |line: &str| Some(line.strip_prefix(key)?.strip_prefix(':')?.trim().to_owned());
    let value = text.lines().find_map(line).unwrap_or_default();
    let kib: Option<u64> = value
        .strip_suffix("kB")
        .and_then(|kib| kib.trim().parse().ok());
    let bytes = kib
        .and_then(|kib| kib.checked_mul(1024))
        .map(Bytes::from_bytes);
    bytes.ok_or_else(|| root.unclear(FILE, key, &value))
}

fn distribution(root: &Root) -> Result<String, Unavailable> {
    const FILE: &str = "etc/os-release";
    let text = root
        .text(FILE)
        .or_else(|_| root.text("usr/lib/os-release"))?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let name = name.unwrap_or_default().trim().trim_matches(['"', '\'']);
    match name {
        "" => Err(root.unclear(FILE, "PRETTY_NAME", &text)),
        name => Ok(name.to_owned()),
    }
}
