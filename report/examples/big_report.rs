//! Writes the report of a made-up run of so many cells into a file, to look at it and to time `tare_report::page`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::{Error, Result};

use tare_report::{Laws, analyse, page, summarise};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(cells)) = (arguments.next(), arguments.next()) else {
        return Err(Error::other(
            "name the file to write and the number of cells, at most 1000",
        ));
    };
    let (run, records) = common::zoo::zoo(cells.parse().map_err(Error::other)?);
    let summaries = summarise(&run, &records);
    let analysis = analyse(&summaries, &Laws::of(&records));
    std::fs::write(file, page(&summaries, &analysis))
}
