//! Checks of what decides the processors' frequency.

use super::Place;
use crate::checks::judged::{Judged, gigahertz};
use crate::{Unavailable, frequency};

/// Governors under which the frequency does not follow the load.
const STEADY: &[&str] = &["performance", "userspace"];

pub(super) fn governor(place: &Place) -> Result<Judged, Unavailable> {
    let governors = frequency::settings(&place.root, &place.allowed, "scaling_governor")?;
    let is_steady = governors.split(" + ").all(|name| STEADY.contains(&name));
    Ok(Judged::problem_if(!is_steady, governors))
}

pub(super) fn turbo(place: &Place) -> Result<Judged, Unavailable> {
    let on = frequency::turbo(&place.root)?;
    Ok(Judged::problem_if(
        on,
        if on { "on" } else { "off" }.to_owned(),
    ))
}

/// Limiting the processor to its base is a way to steady it; below that something holds it back.
pub(super) fn limit(place: &Place) -> Result<Judged, Unavailable> {
    let limit = frequency::highest(&place.root, &place.allowed, "scaling_max_freq")?;
    let base = frequency::base(&place.root, &place.allowed);
    let made_for =
        base.or_else(|_| frequency::highest(&place.root, &place.allowed, "cpuinfo_max_freq"))?;
    let found = format!("{} of {}", gigahertz(limit), gigahertz(made_for));
    Ok(Judged::problem_if(limit < made_for, found))
}
