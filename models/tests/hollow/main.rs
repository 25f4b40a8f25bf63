//! Hollow twins that are solved for: small graphs with sizes worked out by hand, the zoo, and exported files.

mod drawn;
mod exports;
mod graphs;
mod same;
#[path = "../small/mod.rs"]
mod small;
mod work;
mod zoo;
