//! The caches that processor 0 sees, which decide the bandwidth that a model of a given size meets.

use tare_results::Cache;
use tare_units::Bytes;

use crate::gaps::Gaps;
use crate::root::Root;
use crate::{Unavailable, cpu_list};

const FOLDER: &str = "sys/devices/system/cpu/cpu0/cache";

pub(crate) fn read(root: &Root, gaps: &mut Gaps) -> Vec<Cache> {
    let names = gaps
        .keep("cpu.caches", root.names(FOLDER))
        .unwrap_or_default();
    let indices = names.iter().filter(|name| name.starts_with("index"));
    let mut caches: Vec<Cache> = indices
        .filter_map(|name| gaps.keep(&format!("cpu.caches.{name}"), cache(root, name)))
        .collect();
    caches.sort_by(|a, b| (a.level, &a.kind).cmp(&(b.level, &b.kind)));
    caches
}

fn cache(root: &Root, name: &str) -> Result<Cache, Unavailable> {
    let file = |leaf: &str| format!("{FOLDER}/{name}/{leaf}");
    let size = root.line(&file("size"), "size")?;
    let shared = root.line(&file("shared_cpu_list"), "list of processors");
    let shared = shared.ok().and_then(|list| cpu_list::members(&list));
    Ok(Cache {
        level: root.number(&file("level"), "level")?,
        kind: root.line(&file("type"), "type")?.to_lowercase(),
        size_bytes: bytes(&size).ok_or_else(|| root.unclear(&file("size"), "size", &size))?,
        shared_by: shared.map(|cpus| cpus.len() as u64),
    })
}

/// The kernel writes `48K`, with K for 1,024.
fn bytes(size: &str) -> Option<Bytes> {
    let units = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
    let (digits, unit) = units
        .iter()
        .find_map(|(letter, unit)| Some((size.strip_suffix(*letter)?, *unit)))
        .unwrap_or((size, 1));
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(unit).map(Bytes::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_binary_units() {
        assert_eq!(bytes("48K"), Some(Bytes::from_bytes(49_152)));
        assert_eq!(bytes("2M"), Some(Bytes::from_mib(2)));
        assert_eq!(bytes("64"), Some(Bytes::from_bytes(64)));
        for wrong in [
            "",
            "K",
            "1.5M",
            "-1K",
            "99999999999999999999K",
            "18446744073709551615G",
        ] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
