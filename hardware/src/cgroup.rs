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
        Self::in_file(root, "proc/self/cgroup")
    }

    /// Of process `pid`.
    pub(crate) fn of(root: &Root, pid: u32) -> Result<Self, Unavailable> {
        Self::in_file(root, &format!("proc/{pid}/cgroup"))
    }

    fn in_file(root: &Root, file: &str) -> Result<Self, Unavailable> {
        Ok(Self {
            root: root.clone(),
            text: root.text(file)?,
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
