//! Frequencies and their settings on a made-up laptop, as the facts of the machine.

use tare_units::Bytes;

use crate::machine::fixtures::laptop;
use crate::machine::machine;

#[test]
fn a_laptop_tells_how_fast_it_may_run_and_what_slows_it_down() {
    let machine = machine(laptop().path());
    let (cpu, environment) = (&machine.cpu, &machine.environment);
    assert_eq!(
        (
            cpu.min_frequency_khz,
            cpu.base_frequency_khz,
            cpu.frequency_limit_khz
        ),
        (Some(400_000), Some(2_500_000), Some(2_800_000))
    );
    assert_eq!((cpu.smt, cpu.allowed_cores), (Some(true), Some(2)));
    assert_eq!(environment.turbo, Some(true));
    assert_eq!(
        environment.frequency_driver.as_deref(),
        Some("intel_pstate")
    );
    assert_eq!(
        environment.energy_preference.as_deref(),
        Some("balance_performance")
    );
    assert_eq!(
        environment.mitigations["gather_data_sampling"],
        "Mitigation: Microcode"
    );
    assert_eq!(
        environment.memory_high_bytes,
        Some(Bytes::from_mib(4 << 10))
    );
    assert_eq!(environment.tasks_limit, Some(9_000));
    assert_eq!(machine.os.c_library.as_deref(), Some("glibc 2.36"));
}

#[test]
fn governors_that_differ_are_all_named_and_a_firmware_tells_a_base_where_the_driver_does_not() {
    let root = laptop();
    let cpu = "sys/devices/system/cpu/cpu3";
    root.file(&format!("{cpu}/cpufreq/scaling_governor"), "performance\n");
    for index in 0..4 {
        root.remove(&format!(
            "sys/devices/system/cpu/cpu{index}/cpufreq/base_frequency"
        ));
    }
    let without = machine(root.path());
    assert_eq!(
        without.environment.governor.as_deref(),
        Some("performance + powersave")
    );
    assert_eq!(
        root.plain(&without.missing["cpu.base_frequency_khz"]),
        "/sys/devices/system/cpu/cpu0/cpufreq/base_frequency does not exist"
    );
    root.file(&format!("{cpu}/acpi_cppc/nominal_freq"), "2600\n");
    assert_eq!(machine(root.path()).cpu.base_frequency_khz, Some(2_600_000));
}

#[test]
fn a_switch_for_turbo_that_says_neither_is_a_reason() {
    let root = laptop();
    root.file("sys/devices/system/cpu/intel_pstate/no_turbo", "maybe\n");
    let machine = machine(root.path());
    assert_eq!(machine.environment.turbo, None);
    assert!(machine.missing["environment.turbo"].ends_with("gives no switch: 'maybe'"));
}
