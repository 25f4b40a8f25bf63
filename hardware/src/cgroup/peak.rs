//! The peak of a control group's memory within a window, without taking the mark away from whoever else reads it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use tare_units::Bytes;

use super::Cgroup;
use crate::Unavailable;
use crate::root::{Root, failed};

/// Since Linux 6.12 a reset holds for the open file alone, so it disturbs nobody.
const MARK_2: &str = "memory.peak";
/// A reset holds for every reader of the group.
const MARK_1: &str = "memory.max_usage_in_bytes";
/// Two numbers of 20 digits would not be one.
const LONGEST: usize = 32;

/// The innermost memory group of a process, watched from its opening on.
///
/// A group's memory holds page cache and kernel memory besides what is resident.
#[derive(Debug)]
pub(crate) struct PeakWindow {
    root: Root,
    folder: String,
    name: &'static str,
    reset: Option<File>,
    before: u64,
}

impl PeakWindow {
    /// Of the group that the processes of `family` are in, as the first of them says.
    ///
    /// The mark is reset where that disturbs nobody: for this window alone, or in a group that holds nobody else.
    pub(crate) fn open(root: &Root, family: &[u32]) -> Result<Self, Unavailable> {
        let pid = family.first().ok_or(Unavailable::None("no process"))?;
        let (folder, name) = Cgroup::of(root, &pid.to_string())?.mark()?;
        let mut window = Self {
            before: root.number(&format!("{folder}/{name}"), "peak of memory")?,
            root: root.clone(),
            folder,
            name,
            reset: None,
        };
        if name == MARK_2 || window.others(family) == Ok(0) {
            window.reset = window.reset_mark();
        }
        Ok(window)
    }

    /// The largest memory of the group within the window.
    ///
    /// # Errors
    /// Where the mark could not be reset and was not passed since: the peak is then not above it, and no more is known.
    pub(crate) fn peak(&self) -> Result<Bytes, Unavailable> {
        let path = format!("{}/{}", self.folder, self.name);
        let Some(file) = &self.reset else {
            let now = self.root.number(&path, "peak of memory")?;
            let is_of_window = now > self.before;
            return is_of_window
                .then_some(Bytes::from_bytes(now))
                .ok_or(Unavailable::None(
                    "the control group's memory peaked before the window and its mark cannot be reset; run the \
                     worker in a control group of its own",
                ));
        };
        let mut buffer = [0; LONGEST];
        let read = file.read_at(&mut buffer, 0);
        let length = read.map_err(|error| failed(&self.root.path(&path), &error))?;
        let text = String::from_utf8_lossy(&buffer[..length]);
        let number = text.trim().parse().ok().map(Bytes::from_bytes);
        number.ok_or_else(|| self.root.unclear(&path, "peak of memory", &text))
    }

    /// How many processes of the group are none of `family`: what they hold counts as well.
    pub(crate) fn others(&self, family: &[u32]) -> Result<u64, Unavailable> {
        let text = self.root.text(&format!("{}/cgroup.procs", self.folder))?;
        let listed: Vec<u32> = text.lines().filter_map(|pid| pid.parse().ok()).collect();
        let is_in = |pid: &u32| listed.contains(pid);
        if !family.first().is_some_and(is_in) {
            return Err(Unavailable::None(
                "the control group does not list the process, as one seen from inside a container may not",
            ));
        }
        let others = listed.iter().filter(|pid| !family.contains(pid));
        Ok(others.count() as u64)
    }

    /// `None` where the kernel does not offer it or does not allow it.
    fn reset_mark(&self) -> Option<File> {
        let path = self.root.path(&format!("{}/{}", self.folder, self.name));
        let file = OpenOptions::new().read(true).write(true).open(path).ok()?;
        file.write_at(b"0", 0).ok()?;
        Some(file)
    }
}

impl Cgroup {
    /// The folder and the file of the innermost group that keeps a mark of its memory.
    fn mark(&self) -> Result<(String, &'static str), Unavailable> {
        let mut folders = self.folders("memory");
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.len()));
        let marks = folders.iter().flat_map(|folder| {
            [MARK_2, MARK_1].map(|name| (folder.clone(), name, format!("{folder}/{name}")))
        });
        let mut there = marks.filter(|(_, _, path)| self.root.exists(path));
        let found = there.next().map(|(folder, name, _)| (folder, name));
        found.ok_or(Unavailable::None(
            "no control group of the process keeps a mark of its memory",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::fake_root::FakeRoot;

    const V2: &str = "sys/fs/cgroup/run/memory.peak";
    const V1: &str = "sys/fs/cgroup/memory/run/memory.max_usage_in_bytes";

    fn open(root: &FakeRoot) -> Result<PeakWindow, Unavailable> {
        PeakWindow::open(&Root::new(root.path()), &[7, 8])
    }

    fn text(root: &FakeRoot, path: &str) -> String {
        std::fs::read_to_string(root.path().join(path)).unwrap()
    }

    fn version_2() -> FakeRoot {
        FakeRoot::with(&[
            ("proc/7/cgroup", "0::/run\n"),
            ("sys/fs/cgroup/run/cgroup.procs", "7\n8\n9\n"),
            (V2, "5000\n"),
        ])
    }

    fn version_1(processes: &str) -> FakeRoot {
        FakeRoot::with(&[
            ("proc/7/cgroup", "4:memory:/run\n0::/\n"),
            ("sys/fs/cgroup/memory/run/cgroup.procs", processes),
            ("sys/fs/cgroup/memory/memory.max_usage_in_bytes", "9\n"),
            (V1, "5000\n"),
        ])
    }

    #[test]
    fn a_mark_that_is_reset_for_this_reader_alone_is_reset_in_company_too() {
        let root = version_2();
        let window = open(&root).unwrap();
        assert_eq!(text(&root, V2), "0000\n", "a write into the open file");
        root.file(V2, "64\n");
        assert_eq!(window.peak(), Ok(Bytes::from_bytes(64)));
        assert_eq!(window.others(&[7, 8]), Ok(1));
    }

    #[test]
    fn a_mark_that_all_share_is_reset_only_in_a_group_without_others() {
        let alone = version_1("8\n7\n");
        let window = open(&alone).unwrap();
        assert_eq!(text(&alone, V1), "0000\n");
        alone.file(V1, "70\n");
        assert_eq!(window.peak(), Ok(Bytes::from_bytes(70)));
        let shared = version_1("7\n8\n9\n10\n");
        let window = open(&shared).unwrap();
        assert_eq!(text(&shared, V1), "5000\n");
        assert_eq!(window.others(&[7, 8]), Ok(2));
    }

    #[test]
    fn without_a_reset_only_a_mark_that_rose_is_the_window_s() {
        let root = version_1("7\n9\n");
        let window = open(&root).unwrap();
        assert!(
            window
                .peak()
                .unwrap_err()
                .to_string()
                .contains("of its own")
        );
        root.file(V1, "5001\n");
        assert_eq!(window.peak(), Ok(Bytes::from_bytes(5_001)));
    }

    #[test]
    fn nonsense_and_groups_that_vanish_are_reasons() {
        let root = version_1("7\n");
        let window = open(&root).unwrap();
        root.file(V1, "much\n");
        assert!(matches!(window.peak(), Err(Unavailable::Unclear { .. })));
        root.remove("sys/fs/cgroup/memory/run/cgroup.procs");
        assert!(matches!(
            window.others(&[7]),
            Err(Unavailable::Absent { .. })
        ));
        let root = version_1("9\n");
        let window = open(&root).unwrap();
        assert!(matches!(window.others(&[7]), Err(Unavailable::None(_))));
        root.file(V1, "-1\n");
        assert!(matches!(open(&root), Err(Unavailable::Unclear { .. })));
        root.file("proc/7/cgroup", "0::/\n");
        assert_eq!(
            open(&root).unwrap_err().to_string(),
            "no control group of the process keeps a mark of its memory"
        );
        root.remove("proc/7/cgroup");
        assert!(matches!(open(&root), Err(Unavailable::Absent { .. })));
    }

    #[test]
    fn the_real_group_of_this_process_is_understood() {
        let family = [std::process::id()];
        let window = PeakWindow::open(&Root::new(Path::new("/")), &family);
        let peak = window.and_then(|window| {
            drop(std::hint::black_box(vec![1_u8; 64 << 20]));
            window.peak()
        });
        match peak {
            Ok(peak) => assert!(peak >= Bytes::from_bytes(60 << 20), "{peak:?}"),
            Err(reason) => assert!(!matches!(reason, Unavailable::Unclear { .. }), "{reason}"),
        }
    }
}
