//! The control groups that a process is in, version 1 and 2: their limits, and the peak of their memory.

use tare_units::Bytes;

use crate::Unavailable;
use crate::root::Root;

mod peak;

pub(crate) use peak::PeakWindow;

const MOUNT: &str = "sys/fs/cgroup";

/// The groups of one process.
#[derive(Debug)]
pub(crate) struct Cgroup {
    root: Root,
    text: String,
}

impl Cgroup {
    /// Of this process.
    pub(crate) fn read(root: &Root) -> Result<Self, Unavailable> {
        Self::of(root, "self")
    }

    /// Those of process `pid`, `self` for this one.
    pub(crate) fn of(root: &Root, pid: &str) -> Result<Self, Unavailable> {
        Ok(Self {
            root: root.clone(),
            text: root.text(&format!("proc/{pid}/cgroup"))?,
        })
    }

    /// The least limit of the group and those above it, in thousandths of a processor; `None` where there is none.
    pub(crate) fn cpu_limit_millis(&self) -> Result<Option<u64>, Unavailable> {
        self.least("cpu", |folder| match self.text_of(folder, "cpu.max") {
            Some(limit) => Some(quota(&limit)),
            None => {
                let quota_us = self.text_of(folder, "cpu.cfs_quota_us")?;
                let period_us = self.text_of(folder, "cpu.cfs_period_us")?;
                Some(quota(&format!("{quota_us} {period_us}")))
            }
        })
    }

    /// The least limit of the group and those above it; `None` where there is none.
    pub(crate) fn memory_limit(&self) -> Result<Option<Bytes>, Unavailable> {
        /// Version 1 writes the largest multiple of a page where there is no limit.
        const UNLIMITED: u64 = 1 << 62;
        let limit = self.least("memory", |folder| {
            let text = self
                .text_of(folder, "memory.max")
                .or_else(|| self.text_of(folder, "memory.limit_in_bytes"))?;
            Some(text.parse().ok().filter(|bytes| *bytes < UNLIMITED))
        })?;
        Ok(limit.map(Bytes::from_bytes))
    }

    /// Where the group begins to be slowed down; only version 2 has such a mark.
    pub(crate) fn memory_high(&self) -> Option<Bytes> {
        self.least_number("memory", "memory.high")
            .map(Bytes::from_bytes)
    }

    /// The least number of threads and processes that the group and those above it may have.
    pub(crate) fn tasks_limit(&self) -> Option<u64> {
        self.least_number("pids", "pids.max")
    }

    /// How often, and for how long, the group and those above it were stopped for having used up their time.
    pub(crate) fn throttled(&self) -> Result<Throttled, Unavailable> {
        let folders = self.folders("cpu");
        let texts = folders
            .iter()
            .filter_map(|folder| self.root.text(&format!("{folder}/cpu.stat")).ok());
        let stated: Vec<Throttled> = texts.filter_map(|text| Throttled::parse(&text)).collect();
        if stated.is_empty() {
            return Err(Unavailable::None(
                "no control group counts how often it was stopped",
            ));
        }
        let sum = |of: fn(&Throttled) -> u64| stated.iter().map(of).fold(0, u64::saturating_add);
        Ok(Throttled {
            periods: sum(|throttled| throttled.periods),
            time_us: sum(|throttled| throttled.time_us),
        })
    }

    fn least_number(&self, controller: &str, name: &str) -> Option<u64> {
        let folders = self.folders(controller);
        let stated = folders
            .iter()
            .filter_map(|folder| self.text_of(folder, name));
        stated.filter_map(|text| text.parse().ok()).min()
    }

    /// `read` gives `None` where a folder states nothing, and `Some(None)` where it states that there is no limit.
    ///
    /// In a container the paths may be those outside it, so folders that are not there are passed over.
    fn least(
        &self,
        controller: &str,
        read: impl Fn(&str) -> Option<Option<u64>>,
    ) -> Result<Option<u64>, Unavailable> {
        let folders = self.folders(controller);
        let stated: Vec<Option<u64>> = folders.iter().filter_map(|folder| read(folder)).collect();
        // The outermost group of version 2 has no limit files, as nothing limits the machine itself.
        let is_outermost = self.root.exists(&format!("{MOUNT}/cgroup.controllers"));
        if stated.is_empty() && !is_outermost {
            return Err(Unavailable::None("no control group states a limit"));
        }
        Ok(stated.into_iter().flatten().min())
    }

    /// The group's folder and all above it, for each hierarchy that may hold the controller.
    fn folders(&self, controller: &str) -> Vec<String> {
        let mut folders = Vec::new();
        for line in self.text.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
                continue;
            };
            let mounts = match controllers {
                "" => vec![MOUNT.to_owned()],
                list if list.split(',').any(|name| name == controller) => {
                    vec![format!("{MOUNT}/{list}"), format!("{MOUNT}/{controller}")]
                }
                _ => continue,
            };
            for mount in mounts {
                folders.extend(upwards(path).iter().map(|path| format!("{mount}{path}")));
            }
        }
        folders
    }

    fn text_of(&self, folder: &str, name: &str) -> Option<String> {
        self.root.line(&format!("{folder}/{name}"), "limit").ok()
    }
}

/// Periods in which a group was stopped early, and for how long altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttled {
    pub(crate) periods: u64,
    pub(crate) time_us: u64,
}

impl Throttled {
    /// `None` where the controller is not on for the group, whose file then lacks these lines.
    fn parse(text: &str) -> Option<Self> {
        let value = |key: &str| {
            let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
            rest.trim().parse::<u64>().ok()
        };
        Some(Self {
            periods: value("nr_throttled ")?,
            // Version 1 counts nanoseconds.
            time_us: value("throttled_usec ")
                .or_else(|| Some(value("throttled_time ")? / 1_000))?,
        })
    }
}

/// `/a/b` gives `/a/b`, `/a` and the empty path; a path that leads upwards itself, as across namespaces, only the last.
fn upwards(path: &str) -> Vec<&str> {
    let mut paths = vec![""];
    let mut rest = path.trim_end_matches('/');
    if rest.split('/').any(|part| part == "..") {
        return paths;
    }
    while !rest.is_empty() {
        paths.push(rest);
        rest = rest.rsplit_once('/').map_or("", |(above, _)| above);
    }
    paths
}

/// `quota period` in thousandths of a processor; `None` where the quota is `max`, −1 or no number.
fn quota(text: &str) -> Option<u64> {
    let mut fields = text.split_whitespace();
    let quota: u64 = fields.next()?.parse().ok()?;
    let period: u64 = fields.next()?.parse().ok().filter(|period| *period > 0)?;
    Some(quota.saturating_mul(1_000) / period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_root::FakeRoot;

    fn of(root: &FakeRoot) -> Cgroup {
        Cgroup::of(&Root::new(root.path()), "7").unwrap()
    }

    #[test]
    fn stops_of_a_group_and_of_those_above_it_add_up() {
        let root = FakeRoot::with(&[
            ("proc/7/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/cpu.stat", "usage_usec 5\n"),
            (
                "sys/fs/cgroup/a/cpu.stat",
                "nr_throttled 2\nthrottled_usec 30\n",
            ),
            (
                "sys/fs/cgroup/a/b/cpu.stat",
                "nr_throttled 1\nthrottled_usec 9\n",
            ),
        ]);
        let throttled = of(&root).throttled().unwrap();
        assert_eq!((throttled.periods, throttled.time_us), (3, 39));
    }

    #[test]
    fn version_1_counts_nanoseconds() {
        let root = FakeRoot::with(&[
            ("proc/7/cgroup", "3:cpu,cpuacct:/a\n"),
            (
                "sys/fs/cgroup/cpu/a/cpu.stat",
                "nr_periods 9\nnr_throttled 4\nthrottled_time 5000999\n",
            ),
        ]);
        let throttled = of(&root).throttled().unwrap();
        assert_eq!((throttled.periods, throttled.time_us), (4, 5_000));
    }

    #[test]
    fn a_group_that_counts_nothing_was_not_found_never_to_be_stopped() {
        let root = FakeRoot::with(&[
            ("proc/7/cgroup", "0::/a\n"),
            ("sys/fs/cgroup/a/cpu.stat", "nr_throttled many\n"),
        ]);
        assert_eq!(
            of(&root).throttled().unwrap_err().to_string(),
            "no control group counts how often it was stopped"
        );
    }
}
