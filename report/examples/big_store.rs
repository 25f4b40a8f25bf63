//! Writes a store of 10,000 records into a folder, to time `tare --store DIR show` as a process of its own.

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::{Error, Result};

use tare_results::store::Store;

fn main() -> Result<()> {
    let dir = std::env::args_os()
        .nth(1)
        .ok_or_else(|| Error::other("name the folder to write the store into"))?;
    common::large::fill(&Store::open(dir))
}
