//! The zoo from outside: its builder, its sizes, its twins, its names and its files.

mod builder;
mod counts;
mod files;
mod names;
mod shapes;
mod support;
mod twins;
