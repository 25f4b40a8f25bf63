//! Drawing as SVG: scales, plots, bars; knows numbers and colours, nothing of cells.

pub mod bars;
pub mod legend;
pub mod plot;
pub mod scale;
pub mod sheet;
pub mod svg;
pub mod ticks;

pub use bars::{Bar, Bars, Group, Part};
pub use legend::Key;
pub use plot::{Axis, Band, Curve, Dot, Plot, Series};
pub use scale::Scale;
pub use svg::{Svg, escape};
