//! What the machine draws without work, from windows before and after it.

use tare_units::Watts;

use crate::energy::window::WindowEnergy;

/// Idle power with its standard uncertainty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Idle {
    pub(crate) power: Watts,
    /// In watts.
    pub(crate) standard: f64,
    pub(crate) before: Option<Watts>,
    pub(crate) after: Option<Watts>,
}

/// The mean of both sides. Meanwhile idle power may have been anywhere between them; a third of that half-width's square
/// joins what each side is uncertain by itself.
pub(crate) fn idle(before: Option<&WindowEnergy>, after: Option<&WindowEnergy>) -> Option<Idle> {
    let watts = |side: Option<&WindowEnergy>| side.map(WindowEnergy::power);
    let (one, other) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (Some(side), None) | (None, Some(side)) => (side, side),
        (None, None) => return None,
    };
    let (low, high) = (one.power().as_watts(), other.power().as_watts());
    let is_both = before.is_some() && after.is_some();
    let own = standard_w(one).hypot(standard_w(other)) / if is_both { 2.0 } else { 2f64.sqrt() };
    let drift = (high - low) / 2.0 / 3f64.sqrt();
    Some(Idle {
        power: Watts::from_watts((low + high) / 2.0),
        standard: own.hypot(drift),
        before: watts(before),
        after: watts(after),
    })
}

/// Of the mean power of a window, in watts.
fn standard_w(window: &WindowEnergy) -> f64 {
    window.standard() / window.length.as_secs_f64()
}

impl Idle {
    /// Whether both sides differ by more than 5% and than they are uncertain.
    pub(crate) fn drifts(&self, sides: [&WindowEnergy; 2]) -> bool {
        let [before, after] = sides.map(|side| side.power().as_watts());
        let own = sides.map(standard_w);
        let apart = (after - before).abs();
        apart > 0.05 * self.power.as_watts() && apart > 2.0 * own[0].hypot(own[1])
    }
}

#[cfg(test)]
mod tests {
    use tare_units::{Joules, Nanoseconds};

    use super::*;

    fn side(watts: f64, standard_w: f64) -> WindowEnergy {
        WindowEnergy {
            energy: Joules::from_joules(watts * 2.0),
            length: Nanoseconds::from_secs(2),
            longest_still: Nanoseconds::ZERO,
            longest_gap: Nanoseconds::ZERO,
            edge: standard_w * 2.0,
            spread: 0.0,
        }
    }

    #[test]
    fn two_sides_give_their_mean_and_half_their_uncertainty_s_root() {
        let found = idle(Some(&side(70.0, 3.0)), Some(&side(70.0, 4.0))).unwrap();
        assert_eq!(found.power, Watts::from_watts(70.0));
        assert!((found.standard - 2.5).abs() < 1e-12);
        assert!(!found.drifts([&side(70.0, 3.0), &side(70.0, 4.0)]));
    }

    #[test]
    fn drift_widens_and_is_told() {
        let sides = [side(60.0, 0.1), side(90.0, 0.1)];
        let found = idle(Some(&sides[0]), Some(&sides[1])).unwrap();
        assert_eq!(found.power, Watts::from_watts(75.0));
        assert!((found.standard - 15.0 / 3f64.sqrt()).abs() < 0.01);
        assert!(found.drifts([&sides[0], &sides[1]]));
    }

    #[test]
    fn one_side_keeps_its_own_uncertainty_and_none_gives_none() {
        let found = idle(None, Some(&side(70.0, 3.0))).unwrap();
        assert!((found.standard - 3.0).abs() < 1e-12);
        assert_eq!(
            (found.before, found.after),
            (None, Some(Watts::from_watts(70.0)))
        );
        assert_eq!(idle(None, None), None);
    }
}
