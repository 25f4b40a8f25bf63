//! Small charts beside each other, one for each thing that is not to be mixed with another.

use std::collections::HashMap;

use super::cells::Cells;
use crate::draw::{Bar, Bars, Group, Svg};
use crate::summary::Summary;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Above it; may be empty.
    pub title: String,
    /// The drawing.
    pub drawing: Svg,
}

/// Panels that are seen at once.
pub const OPEN: usize = 12;
/// Panels that are drawn at all, unless a chart says otherwise.
pub const MOST: usize = 60;
/// Bars of one panel, unless a single group has more.
const TALL: usize = 12;
/// The width of a panel that stands among others.
pub const NARROW: f64 = 340.0;
/// The width of a panel that stands alone.
pub const WIDE: f64 = 460.0;

/// The summaries by `key`, in the order in which keys come first.
pub fn grouped<'a>(
    summaries: impl IntoIterator<Item = &'a Summary>,
    key: impl Fn(&Summary) -> String,
) -> Vec<(String, Vec<&'a Summary>)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<(String, Vec<&Summary>)> = Vec::new();
    for summary in summaries {
        let key = key(summary);
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, members)) => members.push(summary),
            None => groups.push((key, vec![summary])),
        }
    }
    groups
}

/// The bars of `summaries`, a panel or more for each model: within, cells of one place share a heading and a scale.
pub fn bars(
    cells: &Cells<'_>,
    summaries: &[&Summary],
    bar: impl Fn(&Summary) -> Option<Bar>,
) -> Vec<Panel> {
    let models = grouped(summaries.iter().copied(), |one| one.cell.model.clone());
    let mut panels = Vec::new();
    for (model, members) in models {
        let places = grouped(members, |one| cells.place(one, &["model"]));
        let groups = places.into_iter().map(|(title, members)| Group {
            title,
            bars: members.into_iter().filter_map(&bar).collect(),
        });
        for (part, groups) in packed(groups.collect()).into_iter().enumerate() {
            let width = NARROW;
            panels.push(Panel {
                title: match part {
                    0 => model.clone(),
                    _ => format!("{model}, continued"),
                },
                drawing: Bars { width, groups }.draw(),
            });
        }
    }
    panels
}

/// Groups in packs of about [`TALL`] bars, so that no drawing is taller than a page.
fn packed(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut packs: Vec<Vec<Group>> = Vec::new();
    let mut bars = TALL;
    for group in groups {
        if bars + group.bars.len() > TALL {
            packs.push(Vec::new());
            bars = 0;
        }
        bars += group.bars.len();
        if let Some(pack) = packs.last_mut() {
            pack.push(group);
        }
    }
    packs
}

/// That panels beyond `most` are not drawn.
pub fn left_out(groups: usize, most: usize) -> Option<String> {
    (groups > most).then(|| {
        format!(
            "{} more panels are not drawn; the table has their numbers.",
            groups - most
        )
    })
}
