//! Which memory holds a working set, and which working sets show a memory's bandwidth.

use tare_results::{Cache, PeaksDoubt};
use tare_units::Bytes;

/// The name of the memory behind all caches.
pub const DRAM: &str = "DRAM";

/// A cache with what all threads together find in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    /// `L1`, `L2`, `L3`.
    pub(crate) name: String,
    /// Of all instances that the threads can use.
    pub(crate) capacity: u64,
}

/// The memory that a working set is taken to live in.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// `L1`, `L2`, `L3` or `DRAM`.
    pub level: String,
    /// Where the size of the working set is within a factor of two of a cache's.
    pub doubt: Option<PeaksDoubt>,
}

/// The fastest memory that holds `working_set`, with `threads` threads at work on parts of it.
///
/// Threads fill the cores one after the other, and only then the second processor of each; `processors` may be used in all.
/// From half of what a cache holds to twice that, the cache is taken, and a doubt says so. `None` where no cache is known.
pub fn level(
    working_set: Bytes,
    caches: &[Cache],
    threads: u64,
    processors: u64,
) -> Option<Chosen> {
    let levels = levels(caches, threads, processors);
    levels.first()?;
    let size = working_set.as_bytes();
    let holds = |level: &&Level| size <= level.capacity.saturating_mul(2);
    let Some(found) = levels.iter().find(holds) else {
        return Some(Chosen {
            level: DRAM.to_owned(),
            doubt: None,
        });
    };
    let doubt = || PeaksDoubt::NearLevel {
        level: found.name.clone(),
        working_set_bytes: working_set,
        level_bytes: Bytes::from_bytes(found.capacity),
    };
    Some(Chosen {
        level: found.name.clone(),
        doubt: (size > found.capacity / 2).then(doubt),
    })
}

/// The caches for data, fast before slow.
pub(crate) fn levels(caches: &[Cache], threads: u64, processors: u64) -> Vec<Level> {
    let mut data: Vec<&Cache> = caches
        .iter()
        .filter(|cache| cache.kind != "instruction")
        .collect();
    data.sort_by_key(|cache| cache.level);
    data.dedup_by_key(|cache| cache.level);
    // The first cache is one core's own.
    let siblings = data.first().map_or(1, |first| sharers(first));
    let level = |cache: &&Cache| {
        let cores = (sharers(cache) / siblings).max(1);
        let there = processors.div_ceil(sharers(cache)).max(1);
        let instances = threads.max(1).div_ceil(cores).min(there);
        Level {
            name: format!("L{}", cache.level),
            capacity: cache.size_bytes.as_bytes().saturating_mul(instances),
        }
    };
    data.iter().map(level).collect()
}

fn sharers(cache: &Cache) -> u64 {
    cache.shared_by.unwrap_or(1).max(1)
}

/// A level's name and a working set that it holds.
pub(crate) type Size = (String, Bytes);

/// A level's name and why no working set can show it.
pub(crate) type Lack = (String, String);

/// The working sets, all threads together, that show each memory's bandwidth, none above `most`.
///
/// In a cache: a quarter and a half of it, or twice what the cache before holds, a half, and their geometric mean.
/// Behind the last: four times it (McCalpin's rule for STREAM), or `most` where that is less but more than the cache.
pub(crate) fn working_sets(
    caches: &[Cache],
    (threads, processors): (u64, u64),
    most: Bytes,
) -> (Vec<Size>, Vec<Lack>) {
    let (mut sizes, mut lacks) = (Vec::new(), Vec::new());
    let mut before = 0;
    for level in levels(caches, threads, processors) {
        let found = within(before, level.capacity, most.as_bytes());
        if found.is_empty() {
            lacks.push((level.name.clone(), no_size(before, level.capacity, most)));
        }
        let named = |bytes| (level.name.clone(), Bytes::from_bytes(bytes));
        sizes.extend(found.into_iter().map(named));
        before = level.capacity;
    }
    match behind(before, most.as_bytes()) {
        Some(bytes) => sizes.push((DRAM.to_owned(), Bytes::from_bytes(bytes))),
        None => lacks.push((DRAM.to_owned(), no_size(before, u64::MAX, most))),
    }
    (sizes, lacks)
}

/// Sizes that fill the cache of `capacity` and not the one of `before`.
fn within(before: u64, capacity: u64, most: u64) -> Vec<u64> {
    let half = (capacity / 2).min(most);
    let least = match before {
        0 => capacity / 4,
        _ => before.saturating_mul(2),
    };
    if least > half {
        return Vec::new();
    }
    let between = (least as f64 * half as f64).sqrt() as u64;
    let mut sizes = match before {
        0 => vec![least, half],
        _ if least >= half / 2 => vec![least, half],
        _ => vec![least, between, half],
    };
    sizes.dedup();
    sizes
}

fn behind(last: u64, most: u64) -> Option<u64> {
    const LEAST: u64 = 64 << 20;
    let wanted = last.saturating_mul(4).max(LEAST).min(most);
    (wanted > last && last > 0).then_some(wanted)
}

fn no_size(before: u64, capacity: u64, most: Bytes) -> String {
    let before = Bytes::from_bytes(before);
    match capacity {
        _ if before == Bytes::from_bytes(0) => "the sizes of the caches are not known".to_owned(),
        u64::MAX => format!("the caches hold {before}, and at most {most} may be used"),
        _ => {
            let held = Bytes::from_bytes(capacity);
            format!(
                "of at most {most}, no size exceeds twice the {before} of the cache before and fills half of {held}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;

    fn cache(level: u64, kind: &str, bytes: u64, shared_by: u64) -> Cache {
        Cache {
            level,
            kind: kind.into(),
            size_bytes: Bytes::from_bytes(bytes),
            shared_by: Some(shared_by),
        }
    }

    fn caches() -> Vec<Cache> {
        vec![
            cache(3, "unified", 32 * MIB, 8),
            cache(1, "data", 48 * KIB, 1),
            cache(1, "instruction", 32 * KIB, 1),
            cache(2, "unified", 2 * MIB, 1),
        ]
    }

    fn chosen(bytes: u64, threads: u64) -> (String, bool) {
        let chosen = level(Bytes::from_bytes(bytes), &caches(), threads, 16).unwrap();
        (chosen.level, chosen.doubt.is_some())
    }

    #[test]
    fn well_within_a_cache_there_is_no_doubt() {
        assert_eq!(chosen(24 * KIB, 1), ("L1".into(), false));
        assert_eq!(chosen(MIB, 1), ("L2".into(), false));
        assert_eq!(chosen(16 * MIB, 1), ("L3".into(), false));
        assert_eq!(chosen(64 * MIB + 1, 1), ("DRAM".into(), false));
    }

    #[test]
    fn within_a_factor_of_two_the_faster_memory_is_taken_with_a_doubt() {
        for bytes in [24 * KIB + 1, 48 * KIB, 96 * KIB] {
            assert_eq!(chosen(bytes, 1), ("L1".into(), true), "{bytes}");
        }
        assert_eq!(chosen(96 * KIB + 1, 1), ("L2".into(), false));
        assert_eq!(chosen(4 * MIB, 1), ("L2".into(), true));
        assert_eq!(chosen(64 * MIB, 1), ("L3".into(), true));
    }

    #[test]
    fn threads_bring_their_own_caches_but_share_the_last() {
        assert_eq!(chosen(4 * MIB, 4), ("L2".into(), false));
        assert_eq!(chosen(24 * MIB, 8), ("L2".into(), true));
        assert_eq!(chosen(40 * MIB, 8), ("L3".into(), true));
        assert_eq!(chosen(100 * MIB, 16), ("L3".into(), true));
    }

    #[test]
    fn siblings_share_what_is_their_core_s_and_come_after_one_of_each_core() {
        // Eight cores of two processors each behind one last cache.
        let caches = [
            cache(1, "data", 48 * KIB, 2),
            cache(2, "unified", 2 * MIB, 2),
            cache(3, "unified", 32 * MIB, 16),
        ];
        let capacities = |threads| -> Vec<u64> {
            let levels = levels(&caches, threads, 16);
            levels.iter().map(|level| level.capacity).collect()
        };
        assert_eq!(capacities(1), [48 * KIB, 2 * MIB, 32 * MIB]);
        assert_eq!(capacities(2), [96 * KIB, 4 * MIB, 32 * MIB]);
        assert_eq!(capacities(8), [384 * KIB, 16 * MIB, 32 * MIB]);
        assert_eq!(capacities(16), capacities(8));
    }

    #[test]
    fn without_known_caches_no_memory_is_chosen() {
        assert_eq!(level(Bytes::from_mib(1), &[], 1, 1), None);
    }

    #[test]
    fn each_measured_size_lies_where_its_level_says_beyond_doubt() {
        for threads in [1, 4] {
            let (sizes, lacks) = working_sets(&caches(), (threads, 16), Bytes::from_mib(1024));
            assert!(lacks.is_empty(), "{lacks:?}");
            for (name, bytes) in sizes {
                let chosen = level(bytes, &caches(), threads, 16).unwrap();
                assert!(
                    chosen.level == name || before(&name) == chosen.level,
                    "{name} {bytes}"
                );
                assert!(bytes.as_bytes() > 0);
            }
        }
    }

    fn before(level: &str) -> String {
        match level {
            "L3" => "L2".into(),
            _ => "L1".into(),
        }
    }

    #[test]
    fn every_level_is_shown_by_a_few_sizes() {
        let (sizes, _) = working_sets(&caches(), (1, 16), Bytes::from_mib(1024));
        let shown: Vec<String> = sizes
            .iter()
            .map(|(level, bytes)| format!("{level} {bytes}"))
            .collect();
        assert_eq!(
            shown,
            [
                "L1 12.0 KiB",
                "L1 24.0 KiB",
                "L2 96.0 KiB",
                "L2 314 KiB",
                "L2 1.00 MiB",
                "L3 4.00 MiB",
                "L3 8.00 MiB",
                "L3 16.0 MiB",
                "DRAM 128 MiB"
            ]
        );
    }

    #[test]
    fn what_memory_does_not_allow_is_a_reason() {
        let (sizes, lacks) = working_sets(&caches(), (1, 16), Bytes::from_mib(3));
        assert!(sizes.iter().all(|(_, bytes)| *bytes <= Bytes::from_mib(3)));
        let names: Vec<&str> = lacks.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["L3", "DRAM"]);
        let (none, lacks) = working_sets(&[], (1, 16), Bytes::from_mib(64));
        assert!(none.is_empty());
        assert_eq!(lacks[0].1, "the sizes of the caches are not known");
    }
}
