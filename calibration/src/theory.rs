//! How many operations a cycle a core is documented to do, so that a measurement can be told from a mistake.
//!
//! Sources: Intel, "64 and IA-32 Architectures Optimization Reference Manual" (execution ports; AMX);
//! AMD, "Software Optimization Guide" for families 17h, 19h and 1Ah; Arm, "Software Optimization Guide" of each Neoverse core;
//! Fog, "The microarchitecture of Intel, AMD and VIA CPUs" (ports of additions and multiplications of 128 bits).

const INTEL: &str = "Intel, 64 and IA-32 Architectures Optimization Reference Manual";
const AMD: &str = "AMD, Software Optimization Guide";
const ARM: &str = "Arm, Software Optimization Guide";

/// A documented figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Documented {
    /// Operations a cycle and core, a multiply-add counting two.
    pub(crate) flops_per_cycle: f64,
    /// The document.
    pub(crate) source: &'static str,
}

/// One kind of core: its kernels' operations a cycle.
#[derive(Debug)]
struct Core {
    vendor: &'static str,
    /// Family and the first and last of its models; on Arm the part, twice.
    family: u64,
    models: &'static [(u64, u64)],
    has_amx: bool,
    source: &'static str,
    kernels: &'static [(&'static str, f64)],
}

/// Two 512-bit multiply-add units and AMX: a tile product of 16 × 16 × 64 bytes each 16 cycles.
const SERVER_AMX: &[(&str, f64)] = &[
    ("fma-sse2", 12.0),
    ("fma-avx2", 32.0),
    ("fma-avx512", 64.0),
    ("dot-avx512-vnni", 256.0),
    ("dot-amx-bf16", 1024.0),
    ("dot-amx-int8", 2048.0),
];

const CORES: &[Core] = &[
    intel(
        &[(60, 61), (63, 63), (69, 71), (79, 79), (86, 86)],
        &[("fma-sse2", 8.0), ("fma-avx2", 32.0)],
    ),
    intel(
        &[(78, 78), (94, 94), (142, 142), (158, 158), (165, 166)],
        &[("fma-sse2", 8.0), ("fma-avx2", 32.0)],
    ),
    // Whether the second 512-bit unit is there depends on the product, which has the same model number.
    intel(&[(85, 85)], &[("fma-sse2", 8.0), ("fma-avx2", 32.0)]),
    intel(
        &[(125, 126), (140, 141), (167, 167)],
        &[
            ("fma-sse2", 8.0),
            ("fma-avx2", 32.0),
            ("fma-avx512", 32.0),
            ("dot-avx512-vnni", 128.0),
        ],
    ),
    intel(
        &[(106, 106), (108, 108)],
        &[
            ("fma-sse2", 8.0),
            ("fma-avx2", 32.0),
            ("fma-avx512", 64.0),
            ("dot-avx512-vnni", 256.0),
        ],
    ),
    Core {
        has_amx: true,
        ..intel(&[(143, 143), (173, 174), (207, 207)], SERVER_AMX)
    },
    amd(23, &[(0, 47)], &[("fma-sse2", 16.0), ("fma-avx2", 16.0)]),
    amd(23, &[(48, 255)], &[("fma-sse2", 16.0), ("fma-avx2", 32.0)]),
    amd(
        25,
        &[(0, 15), (32, 95)],
        &[("fma-sse2", 16.0), ("fma-avx2", 32.0)],
    ),
    amd(
        25,
        &[(16, 31), (96, 175)],
        &[("fma-sse2", 16.0), ("fma-avx2", 32.0), ("fma-avx512", 32.0)],
    ),
    amd(
        26,
        &[(0, 31), (64, 79)],
        &[("fma-sse2", 16.0), ("fma-avx2", 32.0), ("fma-avx512", 64.0)],
    ),
    amd(
        26,
        &[(32, 47), (96, 127)],
        &[("fma-sse2", 16.0), ("fma-avx2", 32.0), ("fma-avx512", 32.0)],
    ),
    neoverse(0xd0c, &[("fma-neon", 16.0)]),
    neoverse(0xd40, &[("fma-neon", 32.0)]),
    neoverse(0xd49, &[("fma-neon", 16.0)]),
    neoverse(0xd4f, &[("fma-neon", 32.0)]),
];

const fn intel(models: &'static [(u64, u64)], kernels: &'static [(&'static str, f64)]) -> Core {
    Core {
        vendor: "GenuineIntel",
        family: 6,
        models,
        has_amx: false,
        source: INTEL,
        kernels,
    }
}

const fn amd(
    family: u64,
    models: &'static [(u64, u64)],
    kernels: &'static [(&'static str, f64)],
) -> Core {
    Core {
        vendor: "AuthenticAMD",
        family,
        models,
        has_amx: false,
        source: AMD,
        kernels,
    }
}

const fn neoverse(part: u64, kernels: &'static [(&'static str, f64)]) -> Core {
    Core {
        vendor: "0x41",
        family: part,
        models: &[(0, u64::MAX)],
        has_amx: false,
        source: ARM,
        kernels,
    }
}

/// What `kernel` does a cycle on a processor of this `identity` (vendor, then family, model and stepping; on Arm implementer, part, variant, revision).
///
/// A hypervisor may give the number of a model that lacks what the processor has: then the extension tells the core.
///
/// # Errors
/// Why nothing is documented, for a person.
pub(crate) fn documented(
    kernel: &str,
    identity: Option<&str>,
    extensions: &[String],
) -> Result<Documented, String> {
    let identity = identity.ok_or("the processor does not say which it is")?;
    let named = by_identity(identity)
        .ok_or_else(|| format!("no figure is documented here for processor {identity}"))?;
    let has_amx = extensions.iter().any(|name| name == "amx_tile");
    let core = match has_amx && !named.has_amx {
        true => CORES.iter().find(|core| core.has_amx).unwrap_or(named),
        false => named,
    };
    let known = core.kernels.iter().find(|(name, _)| *name == kernel);
    known
        .map(|(_, flops_per_cycle)| Documented {
            flops_per_cycle: *flops_per_cycle,
            source: core.source,
        })
        .ok_or_else(|| format!("no figure of {kernel} is documented here for {identity}"))
}

fn by_identity(identity: &str) -> Option<&'static Core> {
    let (vendor, numbers) = identity.split_once(' ')?;
    let mut numbers = numbers.split('-').map(number);
    let (family, model) = (numbers.next()??, numbers.next()??);
    let covers = |core: &&Core| {
        let in_models = |(first, last): &(u64, u64)| (*first..=*last).contains(&model);
        core.vendor == vendor && core.family == family && core.models.iter().any(in_models)
    };
    CORES.iter().find(covers)
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kernel: &str, identity: &str, extensions: &[&str]) -> Result<f64, String> {
        let extensions: Vec<String> = extensions.iter().map(|name| (*name).into()).collect();
        documented(kernel, Some(identity), &extensions).map(|found| found.flops_per_cycle)
    }

    #[test]
    fn width_and_number_of_units_follow_the_core() {
        assert_eq!(of("fma-avx2", "GenuineIntel 6-79-1", &[]), Ok(32.0));
        assert_eq!(of("fma-avx512", "GenuineIntel 6-106-6", &[]), Ok(64.0));
        assert_eq!(of("fma-avx2", "AuthenticAMD 23-1-2", &[]), Ok(16.0));
        assert_eq!(of("fma-avx2", "AuthenticAMD 23-49-0", &[]), Ok(32.0));
        assert_eq!(of("fma-avx512", "AuthenticAMD 26-2-1", &[]), Ok(64.0));
        assert_eq!(of("fma-neon", "0x41 0xd40-0x1-1", &[]), Ok(32.0));
    }

    #[test]
    fn an_extension_that_the_named_model_lacks_tells_the_core_behind_it() {
        assert_eq!(of("fma-avx512", "GenuineIntel 6-167-1", &[]), Ok(32.0));
        let masked = of("fma-avx512", "GenuineIntel 6-167-1", &["amx_tile"]);
        assert_eq!(masked, Ok(64.0));
    }

    #[test]
    fn what_is_not_documented_is_a_reason() {
        for (kernel, identity) in [
            ("fma-avx512", "GenuineIntel 6-85-7"),
            ("fma-avx2", "GenuineIntel 6-999-0"),
            ("fma-avx2", "GenuineIntel 6"),
            ("fma-avx2", "nonsense"),
            ("gemm-rten", "GenuineIntel 6-79-1"),
        ] {
            let reason = of(kernel, identity, &[]).unwrap_err();
            assert!(reason.contains(identity), "{reason}");
        }
        assert!(of("fma-avx2", "GenuineIntel 6-999-0", &["amx_tile"]).is_err());
        assert!(documented("fma-avx2", None, &[]).is_err());
    }

    #[test]
    fn no_two_cores_claim_one_identity() {
        for (index, core) in CORES.iter().enumerate() {
            for other in &CORES[index + 1..] {
                let same = core.vendor == other.vendor && core.family == other.family;
                let apart = |a: &(u64, u64), b: &(u64, u64)| a.1 < b.0 || b.1 < a.0;
                let disjoint = core
                    .models
                    .iter()
                    .all(|a| other.models.iter().all(|b| apart(a, b)));
                assert!(!same || disjoint, "{core:?} {other:?}");
            }
        }
    }
}
