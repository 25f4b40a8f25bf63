//! Multiply-adds on registers, at each width that the machine has: nothing but arithmetic can hold them up.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "aarch64")]
mod arm;
mod sys;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use sys::{Fma, all};

use crate::Precision;

/// A kernel that cannot run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absent {
    pub(crate) name: &'static str,
    pub(crate) precision: Precision,
    pub(crate) reason: &'static str,
}

/// The widest kernel of `precision` that runs here, or why none does.
pub(crate) fn widest(precision: Precision) -> Result<Fma, String> {
    let of_it = all().into_iter().filter(|kernel| match kernel {
        Ok(fma) => fma.precision() == precision,
        Err(absent) => absent.precision == precision,
    });
    let (mut found, mut reasons) = (None, Vec::new());
    for kernel in of_it {
        match kernel {
            Ok(fma) => found = Some(fma),
            Err(absent) => reasons.push(format!("{}: {}", absent.name, absent.reason)),
        }
    }
    found.ok_or_else(|| match reasons.is_empty() {
        true => format!("there is no kernel of {precision} for this architecture"),
        false => reasons.join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kernel_does_exactly_the_operations_that_are_counted() {
        for fma in all().into_iter().flatten() {
            let start = fma.run(0);
            assert_eq!(fma.run_woven(5), fma.run(5), "{}", fma.name());
            assert!(fma.additions() > 0);
            for iterations in [1, 2, 3, 7, 1_000] {
                let grown = fma.run(iterations) - start;
                let multiply_adds = (iterations * fma.operations() / 2) as f64;
                assert_eq!(grown, multiply_adds, "{} × {iterations}", fma.name());
            }
        }
    }

    #[test]
    fn every_architecture_has_a_kernel_of_single_precision() {
        let fma = widest(Precision::Fp32).unwrap();
        assert_eq!(fma.precision(), Precision::Fp32);
        assert!(fma.operations() >= 64, "{}", fma.operations());
    }

    #[test]
    fn a_precision_without_a_kernel_says_why() {
        for precision in Precision::ALL {
            if let Err(reason) = widest(precision) {
                assert!(reason.contains(' '), "{reason}");
            }
        }
    }

    #[test]
    fn a_wider_kernel_does_more_an_iteration() {
        for precision in Precision::ALL {
            let counts: Vec<u64> = all()
                .into_iter()
                .flatten()
                .filter(|fma| fma.precision() == precision)
                .map(|fma| fma.operations())
                .collect();
            assert!(counts.is_sorted(), "{precision}: {counts:?}");
        }
    }
}
