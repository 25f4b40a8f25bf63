//! Libraries of frameworks that are fetched, not compiled in: finding what is installed.
#![forbid(unsafe_code)]

mod digest;
mod find;
mod library;
mod manifest;
mod version;

pub use digest::file_sha256;
pub use find::{FindError, Installed, Runtimes};
pub use library::{LibraryError, check_library};
