//! Whether a window was long enough for a bound on the random part, and how long another one must be.

use tare_units::Nanoseconds;

use crate::energy::primary::Primary;
use crate::energy::series::History;
use crate::energy::window::{Span, WindowEnergy, window};

/// How long a window must be for the random part to stay below `bound`, a share of the gross energy.
///
/// The source that tells `primary`'s energy decides; without one, the source that needs least. `None` where `span` is
/// long enough, where not even an hour would do, and where no source can answer for `span`.
pub fn needed_window(
    histories: &[History],
    primary: &Primary,
    span: Span,
    bound: f64,
) -> Option<Nanoseconds> {
    let judged = |history: &History| Some(Length::of(&window(history, span).ok()?, bound));
    let named = |name: &String| histories.iter().find(|one| one.spec.name == *name);
    let names = primary.names();
    if let Some(own) = names.iter().filter_map(named).find_map(judged) {
        return own.needed();
    }
    let others: Vec<Length> = histories.iter().filter_map(judged).collect();
    if others.contains(&Length::Enough) {
        return None;
    }
    others.into_iter().filter_map(Length::needed).min()
}

/// What is to be said of the length of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Enough,
    Needs(Nanoseconds),
    NeverEnough,
}

impl Length {
    fn of(told: &WindowEnergy, bound: f64) -> Self {
        match told.needed_window(bound) {
            _ if !told.exceeds(bound) => Self::Enough,
            Some(needed) => Self::Needs(needed),
            None => Self::NeverEnough,
        }
    }

    fn needed(self) -> Option<Nanoseconds> {
        match self {
            Self::Needs(needed) => Some(needed),
            Self::Enough | Self::NeverEnough => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::DEFAULT_BOUND;
    use crate::energy::source::SourceSpec;
    use crate::energy::synthetic::{Chance, Curve, Sensor, counter, power, span};

    fn seen(spec: SourceSpec, tick_ms: usize, watts: f64) -> History {
        let sensor = Sensor {
            tick_ms,
            seen_ms: tick_ms,
            phase_ms: 7,
            period_ms: 10.0,
            jitter_ms: 0.5,
        };
        sensor.read(&Curve(vec![watts; 20_000]), spec, &mut Chance(1))
    }

    fn needed(histories: &[History], primary: Primary) -> Option<f64> {
        let span = span(4_000, 6_000);
        let needed = needed_window(histories, &primary, span, DEFAULT_BOUND);
        needed.map(Nanoseconds::as_secs_f64)
    }

    #[test]
    fn a_slow_counter_needs_longer_and_a_quick_one_does_not() {
        let of = |tick| needed(&[seen(counter("meter"), tick, 100.0)], Primary::Cpu);
        let slow = of(200).unwrap();
        assert!((8.0..18.0).contains(&slow), "{slow}");
        assert_eq!(of(20), None);
    }

    #[test]
    fn the_source_of_what_computes_decides_before_the_others() {
        let package = seen(counter("rapl:package"), 20, 100.0);
        let meter = seen(counter("meter"), 500, 100.0);
        let both = [meter, package];
        assert_eq!(needed(&both, Primary::Cpu), None);
        assert!(needed(&both, Primary::Gpu("GPU-1".into())) > Some(20.0));
    }

    #[test]
    fn where_nothing_tells_of_it_the_source_that_needs_least_decides() {
        let slow = seen(counter("nvml:GPU-1:counter"), 500, 100.0);
        let slower = seen(counter("nvml:GPU-2:counter"), 1_000, 100.0);
        let steady = seen(power("nvml:GPU-1:power"), 20, 100.0);
        let both = [slower, slow];
        let found = needed(&both, Primary::Cpu).unwrap();
        assert!((20.0..45.0).contains(&found), "{found}");
        let [slower, slow] = both;
        assert_eq!(needed(&[slower, slow, steady], Primary::Cpu), None);
    }

    #[test]
    fn no_window_is_asked_for_where_none_would_do_or_nothing_answers() {
        let nothing = seen(counter("meter"), 200, 0.0);
        assert_eq!(needed(&[nothing], Primary::Cpu), None);
        assert_eq!(needed(&[], Primary::Cpu), None);
        let mut late = seen(counter("meter"), 200, 100.0);
        late.readings.retain(|one| one.asked.as_secs_f64() > 5.0);
        assert_eq!(needed(&[late], Primary::Cpu), None);
    }
}
