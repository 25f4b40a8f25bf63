//! Products of row-major matrices by cuBLASLt, which counts columns first.

mod columns;
mod handles;
mod product;
mod shape;
mod spans;

pub use handles::{Library, product_library_version};
pub use product::{Addresses, Product, Way};
pub use shape::{Activation, Element, Epilogue, Math, Matrix, Shape};
pub use spans::Spans;
