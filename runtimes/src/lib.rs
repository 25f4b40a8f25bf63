//! Libraries of frameworks that are fetched, not compiled in: which there are, installing, finding, removing.
#![forbid(unsafe_code)]

mod catalogue;
mod digest;
mod find;
mod install;
mod leftover;
mod library;
mod list;
mod manifest;
mod nearest;
mod observe;
mod remove;
mod size;
#[cfg(test)]
mod testing;
mod verify;
mod version;

pub use catalogue::{Catalogue, CatalogueError, Package, UnknownPackage, Wheel};
pub use digest::file_sha256;
pub use find::{FindError, Installed, Runtimes, how_to_install};
pub use install::{
    InstallError, Outcome, Pip, PipError, Request, Source, WheelError, install_at, is_installed_at,
};
pub use leftover::Leftover;
pub use library::{LibraryError, check_library};
pub use list::{Listed, State};
pub use observe::{Event, Observer, ProgressLine, Silent};
pub use remove::{RemoveError, Removed};
