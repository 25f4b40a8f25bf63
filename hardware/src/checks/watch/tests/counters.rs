//! A made-up machine whose counters a test moves on by hand.

use crate::checks::Watch;
use crate::fake_root::FakeRoot;

pub(super) const CPU: &str = "sys/devices/system/cpu";

/// Processors 0 and 1 are measured, 2 and 3 are the other threads of their cores; process 7 has threads 7 and 8.
pub(super) struct Machine {
    pub(super) root: FakeRoot,
}

impl Machine {
    pub(super) fn new() -> Self {
        let root = FakeRoot::new();
        for (cpu, core) in ["0,2", "1,3", "0,2", "1,3"].iter().enumerate() {
            let folder = format!("{CPU}/cpu{cpu}");
            root.file(&format!("{folder}/topology/core_cpus_list"), core)
                .file(&format!("{folder}/cpufreq/scaling_cur_freq"), "2500000\n")
                .file(&format!("{folder}/cpufreq/base_frequency"), "2000000\n");
        }
        root.file("proc/7/cgroup", "0::/job\n");
        let machine = Self { root };
        machine
            .times(0, 0, 0, 0)
            .process(7, "worker", 1, 10, 0)
            .process(9, "compiler", 1, 1_000, 0)
            .switches(7, 5)
            .switches(8, 1)
            .swapped(3, 4)
            .throttled(2, 1_000)
            .slowed(0, 1)
            .slowed(1, 1);
        machine
    }

    /// Each processor after `all` ticks, of which processors 0 and 1 were busy for `busy` and stolen for `steal`, and
    /// processor 3 was busy for `sibling`.
    pub(super) fn times(&self, all: u64, busy: u64, steal: u64, sibling: u64) -> &Self {
        let line = |cpu: u64, busy: u64, steal: u64| {
            let idle = 10_000 + all - busy - steal;
            format!("cpu{cpu} {busy} 0 0 {idle} 0 0 0 {steal} 0 0\n")
        };
        let text = format!(
            "cpu  1 2 3 4 5 6 7 8 9 10\n{}{}{}{}intr 1 2 3\n",
            line(0, busy, steal),
            line(1, busy, steal),
            line(2, 0, 0),
            line(3, sibling, 0)
        );
        self.root.file("proc/stat", &text);
        self
    }

    pub(super) fn process(
        &self,
        pid: u32,
        name: &str,
        parent: u32,
        ticks: u64,
        faults: u64,
    ) -> &Self {
        let text = format!(
            "{pid} ({name}) R {parent} 7 7 0 -1 0 100 0 {faults} 0 {ticks} 0 0 0 20 0 2 0 5{pid} \
             1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 17 1 0 0\n"
        );
        self.root.file(&format!("proc/{pid}/stat"), &text);
        self
    }

    pub(super) fn switches(&self, thread: u32, count: u64) -> &Self {
        let text = format!("voluntary_ctxt_switches:\t9\nnonvoluntary_ctxt_switches:\t{count}\n");
        self.root
            .file(&format!("proc/7/task/{thread}/status"), &text);
        self
    }

    pub(super) fn swapped(&self, into: u64, out: u64) -> &Self {
        self.root
            .file("proc/vmstat", &format!("pswpin {into}\npswpout {out}\n"));
        self
    }

    pub(super) fn throttled(&self, periods: u64, time_us: u64) -> &Self {
        let text = format!(
            "usage_usec 9\nnr_periods 9\nnr_throttled {periods}\nthrottled_usec {time_us}\n"
        );
        self.root.file("sys/fs/cgroup/job/cpu.stat", &text);
        self
    }

    pub(super) fn slowed(&self, cpu: u64, count: u64) -> &Self {
        let file = format!("{CPU}/cpu{cpu}/thermal_throttle/core_throttle_count");
        self.root.file(&file, &format!("{count}\n"));
        self
    }

    pub(super) fn begin(&self) -> Watch {
        Watch::begin(self.root.path(), 7, &[0, 1])
    }

    pub(super) fn running(&self, thread: u32, state: &str, cpu: u64) -> &Self {
        let text = format!(
            "{thread} (worker) {state} 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 57 \
             1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 17 {cpu} 0 0\n"
        );
        self.root.file(&format!("proc/7/task/{thread}/stat"), &text);
        self
    }

    pub(super) fn frequency(&self, cpu: u64, khz: &str) -> &Self {
        self.root
            .file(&format!("{CPU}/cpu{cpu}/cpufreq/scaling_cur_freq"), khz);
        self
    }
}
