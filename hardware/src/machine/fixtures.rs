//! Four machines as their kernels describe them: a laptop, a virtual machine, a server with GPUs, an Arm board.

use crate::fake_root::FakeRoot;

const CPU: &str = "sys/devices/system/cpu";

/// Bus address and identifier.
const GPUS: [(&str, &str); 2] = [
    ("0000:18:00.0", "GPU-11111111"),
    ("0000:2a:00.0", "GPU-22222222"),
];

struct Processors<'a> {
    online: &'a str,
    /// Of each processor: package, and the processors of its core.
    topology: &'a [(&'a str, &'a str)],
    max_khz: &'a [&'a str],
    /// Level, type, size, shared list.
    caches: &'a [(&'a str, &'a str, &'a str, &'a str)],
}

fn processors(root: &FakeRoot, these: &Processors<'_>) {
    root.file(&format!("{CPU}/online"), these.online);
    for (cpu, (package, core)) in these.topology.iter().enumerate() {
        let folder = format!("{CPU}/cpu{cpu}/topology");
        root.file(&format!("{folder}/physical_package_id"), package);
        root.file(&format!("{folder}/core_cpus_list"), core);
    }
    for (cpu, khz) in these.max_khz.iter().enumerate() {
        root.file(&format!("{CPU}/cpu{cpu}/cpufreq/cpuinfo_max_freq"), khz);
    }
    for (index, (level, kind, size, shared)) in these.caches.iter().enumerate() {
        let folder = format!("{CPU}/cpu0/cache/index{index}");
        root.file(&format!("{folder}/level"), level);
        root.file(&format!("{folder}/type"), kind);
        root.file(&format!("{folder}/size"), size);
        root.file(&format!("{folder}/shared_cpu_list"), shared);
    }
}

fn kernel(root: &FakeRoot, architecture: &str, release: &str, allowed: &str, memory: &str) {
    root.file("proc/sys/kernel/arch", architecture)
        .file("proc/sys/kernel/ostype", "Linux\n")
        .file("proc/sys/kernel/osrelease", release)
        .file(
            "proc/self/status",
            &format!(
                "Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t{allowed}\nMems_allowed_list:\t0-1\n"
            ),
        )
        .file("proc/meminfo", memory)
        .file(
            "sys/kernel/mm/transparent_hugepage/enabled",
            "always [madvise] never\n",
        )
        .file("sys/devices/system/node/online", "0\n")
        .file("sys/devices/system/node/node0/cpulist", "0-3\n")
        .file("proc/sys/kernel/numa_balancing", "0\n")
        .file(&format!("{CPU}/isolated"), "\n");
}

/// Frequencies in kHz: lowest, base, limit.
fn frequencies(root: &FakeRoot, cpus: usize, khz: [&str; 3], driver: &str) {
    let leaves = ["cpuinfo_min_freq", "base_frequency", "scaling_max_freq"];
    for cpu in 0..cpus {
        let folder = format!("{CPU}/cpu{cpu}/cpufreq");
        for (leaf, khz) in leaves.iter().zip(khz) {
            root.file(&format!("{folder}/{leaf}"), khz);
        }
        root.file(&format!("{folder}/scaling_driver"), driver).file(
            &format!("{folder}/energy_performance_preference"),
            "balance_performance\n",
        );
    }
}

fn glibc(root: &FakeRoot, version: &str) {
    let library = "lib/x86_64-linux-gnu/libc.so.6";
    root.file(
        "proc/self/maps",
        &format!("7f00-7f28 r--p 00000000 00:17 99                         /{library}\n"),
    )
    .file(
        library,
        &format!("\0GNU C Library (a build) stable release version {version}.\n"),
    );
}

fn x86_block(index: usize, model: &str, numbers: &str, flags: &str) -> String {
    let [family, number, stepping, microcode] = numbers.split(' ').collect::<Vec<_>>()[..] else {
        panic!("four numbers");
    };
    format!(
        "processor\t: {index}\nvendor_id\t: GenuineIntel\ncpu family\t: {family}\nmodel\t\t: {number}\n\
         model name\t: {model}\nstepping\t: {stepping}\nmicrocode\t: {microcode}\ncpu MHz\t\t: {}\n\
         flags\t\t: {flags}\n\n",
        800 + index
    )
}

fn settings(root: &FakeRoot, governor: &str, distribution: &str) {
    root.file(&format!("{CPU}/cpu0/cpufreq/scaling_governor"), governor)
        .file("etc/os-release", distribution)
        .file(
            "sys/devices/system/clocksource/clocksource0/current_clocksource",
            "tsc\n",
        );
}

fn nvidia(root: &FakeRoot, gpus: &[(&str, &str)]) {
    let version = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build  (builder@host)\n\
                   GCC version:  gcc version 11.4.0\n";
    root.file("proc/driver/nvidia/version", version);
    for (address, uuid) in gpus {
        let file = format!("proc/driver/nvidia/gpus/{address}/information");
        let text = format!("Model: \t\t NVIDIA H200\nIRQ:   \t\t 18\nGPU UUID: \t {uuid}\n");
        root.file(&file, &text);
    }
}

/// Two cores with two threads each, no limits.
pub(crate) fn laptop() -> FakeRoot {
    let root = FakeRoot::new();
    let flags = "fpu sme smep sse sse2 ssse3 avx avx2 fma f16c bmi2";
    let block = |index| {
        x86_block(
            index,
            "Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz",
            "6 142 9 0xf4",
            flags,
        )
    };
    root.file("proc/cpuinfo", &(0..4).map(block).collect::<String>());
    processors(
        &root,
        &Processors {
            online: "0-3\n",
            topology: &[("0", "0,2"), ("0", "1,3"), ("0", "0,2"), ("0", "1,3")],
            max_khz: &["3100000\n", "3100000\n", "3100000\n", "3000000\n"],
            caches: &[
                ("1\n", "Data\n", "32K\n", "0,2\n"),
                ("3\n", "Unified\n", "3072K\n", "0-3\n"),
            ],
        },
    );
    kernel(
        &root,
        "x86_64\n",
        "6.1.0-18-amd64\n",
        "0-3",
        "MemTotal:        8026464 kB\nSwapTotal:       1000000 kB\n",
    );
    let distribution = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
    settings(&root, "powersave\n", distribution);
    frequencies(
        &root,
        4,
        ["400000\n", "2500000\n", "2800000\n"],
        "intel_pstate\n",
    );
    glibc(&root, "2.36");
    laptop_settings(&root);
    root
}

fn laptop_settings(root: &FakeRoot) {
    root.file(&format!("{CPU}/smt/active"), "1\n")
        .file(&format!("{CPU}/intel_pstate/no_turbo"), "0\n")
        .file(
            &format!("{CPU}/vulnerabilities/gather_data_sampling"),
            "Mitigation: Microcode\n",
        )
        .file("proc/self/cgroup", "0::/user.slice/session-2.scope\n")
        .file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        .file("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n")
        .file("sys/fs/cgroup/user.slice/pids.max", "9000\n")
        .file(
            "sys/fs/cgroup/user.slice/session-2.scope/memory.max",
            "max\n",
        )
        .file(
            "sys/fs/cgroup/user.slice/session-2.scope/memory.high",
            "4294967296\n",
        );
}

/// Two processors of a hypervisor that names itself nowhere, control groups of version 1, a container.
pub(crate) fn virtual_machine() -> FakeRoot {
    let root = FakeRoot::new();
    let flags = "fpu sse2 avx2 avx512f amx_tile amx_int8 hypervisor";
    let block = |index| x86_block(index, "Intel(R) Xeon(R) Processor", "6 143 8 0x1", flags);
    root.file("proc/cpuinfo", &(0..2).map(block).collect::<String>());
    processors(
        &root,
        &Processors {
            online: "0-1\n",
            topology: &[("0", "0"), ("0", "1")],
            max_khz: &[],
            caches: &[("2\n", "Unified\n", "2048K\n", "0\n")],
        },
    );
    kernel(
        &root,
        "x86_64\n",
        "6.18.44\n",
        "0-1",
        "MemTotal:       24684084 kB\nMemAvailable: 23469980 kB\nSwapTotal: 0 kB\n",
    );
    root.file("etc/os-release", "PRETTY_NAME='Alpine Linux v3.20'\n")
        .file(".dockerenv", "")
        .file(
            "proc/self/maps",
            "7f00-7f28 r-xp 0 0:17 99 /lib/ld-musl-x86_64.so.1\n",
        )
        .file(&format!("{CPU}/smt/active"), "0\n")
        .file(
            "sys/devices/system/clocksource/clocksource0/current_clocksource",
            "kvm-clock\n",
        );
    version_1_groups(&root);
    root
}

fn version_1_groups(root: &FakeRoot) {
    root.file(
        "proc/self/cgroup",
        "4:memory:/jobs/a\n3:cpu,cpuacct:/jobs/a\n1:name=systemd:/\n0::/\n",
    )
    .file(
        "sys/fs/cgroup/memory/jobs/a/memory.limit_in_bytes",
        "9223372036854771712\n",
    )
    .file(
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "9223372036854771712\n",
    )
    .file(
        "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes",
        "8589934592\n",
    )
    .file("sys/fs/cgroup/cpu/jobs/a/cpu.cfs_quota_us", "150000\n")
    .file("sys/fs/cgroup/cpu/jobs/a/cpu.cfs_period_us", "100000\n")
    .file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
    .file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
}

/// Two sockets of two cores, two GPUs, a job that may use half of it.
pub(crate) fn server() -> FakeRoot {
    let root = FakeRoot::new();
    let flags = "fpu sse2 avx2 avx512f avx512_bf16";
    let block = |index| {
        x86_block(
            index,
            "INTEL(R) XEON(R) PLATINUM 8580",
            "6 207 2 0x21000283",
            flags,
        )
    };
    root.file("proc/cpuinfo", &(0..4).map(block).collect::<String>());
    processors(
        &root,
        &Processors {
            online: "0-3\n",
            topology: &[("0", "0"), ("0", "1"), ("1", "2"), ("1", "3")],
            max_khz: &["4000000\n", "4000000\n", "4000000\n", "4000000\n"],
            caches: &[
                ("1\n", "Data\n", "48K\n", "0\n"),
                ("2\n", "Unified\n", "2048K\n", "0\n"),
            ],
        },
    );
    kernel(
        &root,
        "x86_64\n",
        "5.15.0-118-generic\n",
        "0-1",
        "MemTotal:     2113466240 kB\nSwapTotal:             0 kB\n",
    );
    settings(
        &root,
        "performance\n",
        "PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\n",
    );
    frequencies(
        &root,
        4,
        ["800000\n", "2000000\n", "4000000\n"],
        "intel_cpufreq\n",
    );
    glibc(&root, "2.35");
    nvidia(&root, &GPUS);
    job(&root);
    root
}

/// Two nodes, of whose four processors a job may use two.
fn job(root: &FakeRoot) {
    root.file("sys/devices/system/node/online", "0-1\n")
        .file("sys/devices/system/node/node0/cpulist", "0-1\n")
        .file("sys/devices/system/node/node1/cpulist", "2-3\n")
        .file(&format!("{CPU}/isolated"), "1,3\n")
        .file(&format!("{CPU}/cpufreq/boost"), "0\n")
        .file("proc/self/cgroup", "0::/slurm/job_7\n")
        .file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        .file("sys/fs/cgroup/slurm/cpu.max", "400000 100000\n")
        .file("sys/fs/cgroup/slurm/job_7/cpu.max", "200000 100000\n")
        .file("sys/fs/cgroup/slurm/job_7/memory.max", "274877906944\n");
}

/// Two kinds of core, firmware that describes no packages, a kernel that says little.
pub(crate) fn board() -> FakeRoot {
    let root = FakeRoot::new();
    let block = |index: usize, part: &str| {
        format!(
            "processor\t: {index}\nBogoMIPS\t: 48.00\nFeatures\t: fp asimd evtstrm aes asimdhp asimddp cpuid\n\
             CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x4\nCPU part\t: {part}\nCPU revision\t: 0\n\n"
        )
    };
    let text: String = (0..2)
        .map(|index| block(index, "0xd05"))
        .chain((2..4).map(|index| block(index, "0xd0b")))
        .collect();
    root.file("proc/cpuinfo", &text);
    processors(
        &root,
        &Processors {
            online: "0-3\n",
            topology: &[("-1", "0"), ("-1", "1"), ("-1", "2"), ("-1", "3")],
            max_khz: &["1800000\n", "1800000\n", "2256000\n", "2256000\n"],
            caches: &[],
        },
    );
    kernel(
        &root,
        "aarch64\n",
        "6.6.31+rpt\n",
        "0-63",
        "MemTotal:        3885396 kB\n",
    );
    root.remove("sys/devices/system/node/online")
        .remove("sys/kernel/mm/transparent_hugepage/enabled");
    root
}
