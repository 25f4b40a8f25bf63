//! Whole pages and single lines of made-up machines.

use super::*;
use crate::machine::fixtures::{laptop, server, virtual_machine};
use crate::machine::machine;

#[test]
fn a_person_reads_a_line_a_fact() {
    let mut facts = machine(virtual_machine().path());
    facts.fingerprint = "f00d".into();
    facts.missing.retain(|path, _| path == "gpus");
    let expected = "\
fingerprint   f00d
processor     Intel(R) Xeon(R) Processor
identity      x86_64, GenuineIntel 6-143-8, microcode 0x1
cores         2 cores, 1 socket, 1 NUMA node, 2 processors online
placement     2 processors allowed, 2 cores, 1 node, 1 node of memory, 0 isolated, SMT off
frequency     unknown
caches        L2 unified 2.00 MiB
extensions    amx_int8 amx_tile avx2 avx512f sse2
memory        23.5 GiB, swap 0 B
GPU           none found
system        Linux 6.18.44, Alpine Linux v3.20, musl
hypervisor    unnamed
container     docker
limits        1.5 processors, 8.00 GiB of memory
governor      unknown
turbo         unknown
huge pages    madvise
clock source  kvm-clock
not known     gpus: no NVIDIA driver
";
    assert_eq!(render(&facts), expected);
}

#[test]
fn settings_of_speed_and_limits_are_told_together() {
    let text = render(&machine(laptop().path()));
    for line in [
        "frequency     from 0.40 GHz, base 2.50 GHz, up to 3.10 GHz, limited to 2.80 GHz\n",
        "governor      powersave, driver intel_pstate, preference balance_performance\n",
        "turbo         on\n",
        "limits        slowed down above 4.00 GiB, 9000 threads and processes\n",
        "system        Linux 6.1.0-18-amd64, Debian GNU/Linux 12 (bookworm), glibc 2.36\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn long_lines_are_broken_and_every_gpu_and_gap_is_there() {
    let mut facts = machine(server().path());
    facts.cpu.extensions = (0..40).map(|index| format!("extension{index}")).collect();
    let text = render(&facts);
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert_eq!(text.matches("NVIDIA H200, driver 570.124.06").count(), 2);
    assert!(text.contains("frequency     from 0.80 GHz, base 2.00 GHz, up to 4.00 GHz\n"));
    assert!(text.contains("extension39"));
    assert_eq!(text.matches("memory_bytes: ").count(), 2);
}
