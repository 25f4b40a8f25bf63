//! Hollow twins that are solved for: small graphs with sizes worked out by hand, the zoo, and exported files.

mod same;
mod zoo;
