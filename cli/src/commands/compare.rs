//! `tare compare`: the cells of runs, or of one run's parts, against each other.

use std::path::Path;

use tare_report::{Comparing, Comparison, Side};
use tare_results::store::RunContents;

use super::report::runs;
use super::show::{open, style, summaries};
use super::write_or_print;
use crate::arguments::{CompareOptions, Format};
use crate::exit::{Exit, Failed};

/// Compares and prints.
///
/// # Errors
/// Where there is no such run, or sides may not or cannot be compared.
pub fn compare(store: Option<&Path>, options: &CompareOptions) -> Result<Exit, Failed> {
    let runs = runs(store, &options.runs)?;
    let sides: Result<Vec<Side<'_>>, Failed> = runs.iter().map(|run| side(store, run)).collect();
    let sides = match &options.by {
        Some(dimension) => split(sides?, dimension, options.over.as_deref())?,
        None => sides?,
    };
    let asked = Comparing {
        figure: options.figure,
        across_machines: options.across_machines,
    };
    let comparison = tare_report::compare(&sides, asked).map_err(Failed::input)?;
    if let ([], Some(first)) = (comparison.rows.as_slice(), comparison.left_out.first()) {
        return Err(Failed::told(format!(
            "no cell could be compared, such as {} of {}: {}",
            first.label, first.side, first.reason
        )));
    }
    let bytes = written(&comparison, options.format)?;
    write_or_print(options.output.as_deref(), &bytes)
}

fn side<'a>(store: Option<&Path>, run: &'a RunContents) -> Result<Side<'a>, Failed> {
    let (summaries, _) = summaries(&open(store)?, &run.run, &run.records);
    Ok(Side {
        name: run.run.id.clone(),
        run: &run.run,
        records: &run.records,
        summaries,
    })
}

/// One run in sides, that of `over` first.
fn split<'a>(
    runs: Vec<Side<'a>>,
    dimension: &str,
    over: Option<&str>,
) -> Result<Vec<Side<'a>>, Failed> {
    let [run] = runs.as_slice() else {
        return Err(Failed::told(format!(
            "--by {dimension} splits one run, and {} are named: leave --by out to compare them",
            runs.len()
        )));
    };
    let mut sides = Side::by(run, dimension).map_err(Failed::input)?;
    if let Some(over) = over {
        let names = sides.iter().map(|side| side.name.clone());
        let names = names.collect::<Vec<_>>().join(", ");
        let named =
            |side: &Side<'_>| side.name == over || side.name == format!("{dimension} {over}");
        let place = sides.iter().position(named);
        let place = place.ok_or_else(|| {
            Failed::told(format!(
                "no side is called '{over}'; --over takes one of {names}"
            ))
        })?;
        sides[..=place].rotate_right(1);
    }
    Ok(sides)
}

fn written(comparison: &Comparison, format: Format) -> Result<Vec<u8>, Failed> {
    match format {
        Format::Table => Ok(comparison.table(style()).into_bytes()),
        Format::Markdown => Ok(comparison.markdown().into_bytes()),
        Format::Csv => comparison.csv().map_err(Failed::input),
        Format::Json => comparison
            .json()
            .map(String::into_bytes)
            .map_err(Failed::input),
    }
}
