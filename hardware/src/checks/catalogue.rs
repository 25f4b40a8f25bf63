//! Every check: its name, why it matters, what to do, and what follows from a problem.

use tare_results::About;

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Such as `governor`; never changed once published.
    pub name: &'static str,
    /// Whether it looks at what stands or at what happens within a window.
    pub about: About,
    /// Why a problem matters.
    pub why: &'static str,
    /// What a person can do, unless the finding knows better.
    pub remedy: &'static str,
    /// Whether a problem is a doubt of the records made meanwhile. Whatever happened within a window is; of what stands,
    /// only what falsifies figures by itself, since a mere risk shows in a window when it comes true.
    pub is_doubt: bool,
    /// Whether a strict run refuses a problem unless told otherwise: what makes figures irreproducible and can be done
    /// something about.
    pub is_strict: bool,
}

const fn standing(name: &'static str, why: &'static str, remedy: &'static str) -> Check {
    Check {
        name,
        about: About::Standing,
        why,
        remedy,
        is_doubt: false,
        is_strict: false,
    }
}

const fn window(name: &'static str, why: &'static str, remedy: &'static str) -> Check {
    Check {
        about: About::Window,
        is_doubt: true,
        is_strict: true,
        ..standing(name, why, remedy)
    }
}

impl Check {
    const fn doubted(self) -> Self {
        Self {
            is_doubt: true,
            ..self
        }
    }

    const fn strict(self) -> Self {
        Self {
            is_strict: true,
            ..self
        }
    }

    const fn lenient(self) -> Self {
        Self {
            is_strict: false,
            ..self
        }
    }
}

pub(crate) const GOVERNOR: Check = standing(
    "governor",
    "the frequency follows the load with a delay, so that short and rare requests run slower than long ones",
    "run with --tune, or as root: \
     echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
)
.doubted()
.strict();

pub(crate) const TURBO: Check = standing(
    "turbo",
    "frequencies above the base depend on temperature and on how many cores are busy, so that they come and go",
    "run with --tune, or as root: echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo \
     (other drivers: echo 0 > /sys/devices/system/cpu/cpufreq/boost)",
);

pub(crate) const FREQUENCY_LIMIT: Check = standing(
    "frequency-limit",
    "a setting, or firmware that saves power, keeps the processor below the frequency it was made for",
    "as root: for p in /sys/devices/system/cpu/cpufreq/policy*; do \
     cat $p/cpuinfo_max_freq > $p/scaling_max_freq; done",
);

pub(crate) const SMT: Check = standing(
    "smt",
    "two threads on one core share its arithmetic units and caches, each running at little more than half speed",
    "use at most as many threads as cores, or as root: echo off > /sys/devices/system/cpu/smt/control",
);

pub(crate) const AFFINITY: Check = standing(
    "affinity",
    "threads that find too few processors, or the wrong ones, wait for each other or for others",
    "choose the processors with: taskset -c LIST tare ...",
);

pub(crate) const NUMA: Check = standing(
    "numa",
    "memory of another node is slower, and which memory a process gets differs from one start to the next",
    "bind processors and memory to one node: numactl --cpunodebind=0 --membind=0 tare ...",
);

pub(crate) const LOAD: Check = standing(
    "load",
    "whatever else runs takes processors, caches and memory bandwidth",
    "end what else runs (top shows it), wait two minutes and check again",
);

pub(crate) const CPU_LIMIT: Check = standing(
    "cpu-limit",
    "once the control group has used up its share of a period, all its threads stand still until the next one",
    "use fewer threads, or raise the limit: docker run --cpus=N, resources.limits.cpu in Kubernetes, or cpu.max",
)
.doubted()
.strict();

pub(crate) const HUGE_PAGES: Check = standing(
    "huge-pages",
    "pages are merged in the background whenever the kernel finds the time, so that latency and resident memory \
     differ from one start to the next",
    "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
);

pub(crate) const CLOCK_SOURCE: Check = standing(
    "clock-source",
    "each reading of the clock enters the kernel and asks a slow device, which costs about a microsecond",
    "find out from the kernel's log (dmesg | grep -i clocksource) why the faster counter was given up",
)
.doubted()
.strict();

pub(crate) const TIMER_RESOLUTION: Check = standing(
    "timer-resolution",
    "a request that is due at a given time is issued at the next tick of a coarse timer",
    "use a kernel with high-resolution timers (CONFIG_HIGH_RES_TIMERS=y, not booted with highres=off)",
)
.doubted()
.strict();

pub(crate) const TIMER_SLACK: Check = standing(
    "timer-slack",
    "the kernel may wake a sleeping thread that much too late, and open-loop requests with it",
    "start tare from a shell whose timer slack is the usual one: echo 50000 > /proc/$$/timerslack_ns",
);

pub(crate) const GPU_PROCESSES: Check = standing(
    "gpu-processes",
    "other programs on the GPU take its time, memory and power",
    "end them (nvidia-smi shows them), or choose another GPU with --device cuda:N",
)
.doubted()
.strict();

pub(crate) const FREQUENCY: Check = window(
    "frequency",
    "figures of a processor that changes its frequency meanwhile depend on when they were taken",
    "run with --tune, which sets the governor and turns turbo off",
);

pub(crate) const SIBLING_BUSY: Check = window(
    "sibling-busy",
    "someone else used the other thread of a core that was being measured, and with it the core's units and caches",
    "keep the other threads free: taskset for what else runs, or as root: \
     echo off > /sys/devices/system/cpu/smt/control",
);

pub(crate) const STEAL: Check = window(
    "steal",
    "the hypervisor ran another guest while this one was ready to run",
    "measure on a machine with processors of its own (dedicated or bare metal), or at a quieter hour",
);

pub(crate) const INVOLUNTARY_SWITCHES: Check = window(
    "involuntary-switches",
    "threads were taken off their processor while they had work to do",
    "use fewer threads than processors, end what else runs, or give tare processors of its own with taskset",
)
.lenient();

pub(crate) const MAJOR_FAULTS: Check = window(
    "major-faults",
    "the process waited for the disk in the middle of its work",
    "free memory, keep models on a local disk, and repeat: the second run finds the pages in memory",
)
.lenient();

pub(crate) const SWAP: Check = window(
    "swap",
    "memory is short: pages went to the disk and back",
    "free memory, choose a smaller batch or model, or as root: swapoff -a",
);

pub(crate) const CPU_THROTTLING: Check = window(
    "cpu-throttling",
    "the control group had used up its processor time and all its threads stood still",
    "use fewer threads, or raise the limit: docker run --cpus=N, resources.limits.cpu in Kubernetes, or cpu.max",
);

pub(crate) const THERMAL_THROTTLING: Check = window(
    "thermal-throttling",
    "the processor slowed itself down because it was too hot or drew too much power",
    "let it cool down, clean or speed up the fans, raise the power limit, or turn turbo off with --tune",
);

pub(crate) const FOREIGN_LOAD: Check = window(
    "foreign-load",
    "other processes ran on the processors that were being measured",
    "end them, or move them and tare apart with taskset",
);

pub(crate) const GPU_THROTTLING: Check = window(
    "gpu-throttling",
    "the GPU slowed itself down",
    "let it cool down, raise its power limit (nvidia-smi -pl), or fix a lower clock (nvidia-smi -lgc, or --tune)",
);

/// In the order they are told in.
pub const CHECKS: &[Check] = &[
    GOVERNOR,
    TURBO,
    FREQUENCY_LIMIT,
    FREQUENCY,
    THERMAL_THROTTLING,
    SMT,
    SIBLING_BUSY,
    AFFINITY,
    NUMA,
    LOAD,
    FOREIGN_LOAD,
    INVOLUNTARY_SWITCHES,
    STEAL,
    CPU_LIMIT,
    CPU_THROTTLING,
    MAJOR_FAULTS,
    SWAP,
    HUGE_PAGES,
    CLOCK_SOURCE,
    TIMER_RESOLUTION,
    TIMER_SLACK,
    GPU_PROCESSES,
    GPU_THROTTLING,
];

/// The check of that name.
pub fn check_named(name: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_kebab_case_and_each_is_there_once() {
        let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), CHECKS.len());
        let is_kebab = |name: &str| {
            name.bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_lowercase())
        };
        assert!(names.iter().all(|name| is_kebab(name)), "{names:?}");
        assert!(names.iter().all(|name| check_named(name).is_some()));
        assert_eq!(check_named("weather"), None);
    }

    #[test]
    fn every_check_says_why_and_what_to_do_in_the_same_voice() {
        for check in CHECKS {
            for text in [check.why, check.remedy] {
                let first = text.chars().next().unwrap();
                assert!(first.is_lowercase(), "{}: {text}", check.name);
                assert!(
                    text.ends_with("...") || !text.ends_with('.'),
                    "{}: {text}",
                    check.name
                );
                assert!(!text.contains("  "), "{}: {text}", check.name);
            }
        }
    }

    #[test]
    fn what_happens_within_a_window_is_doubted_and_what_is_refused_need_not_be() {
        for check in CHECKS {
            assert!(
                check.is_doubt || check.about == About::Standing,
                "{}",
                check.name
            );
        }
    }
}
