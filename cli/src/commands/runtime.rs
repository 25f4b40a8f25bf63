//! `tare runtime`: the libraries of frameworks that are fetched, not compiled in.

use std::io::{IsTerminal, Stderr};
use std::path::PathBuf;

use serde::Serialize;
use tare_runtimes::{
    Catalogue, InstallError, Leftover, Listed, Pip, ProgressLine, RemoveError, Removed, Request,
    Runtimes, Source, State,
};
use tare_units::Bytes;

use super::{json, print};
use crate::arguments::{ListFormat, RuntimeCommand, RuntimeSpec};
use crate::exit::{Exit, Failed};
use crate::stop;

/// Lists, installs or removes runtimes.
///
/// # Errors
/// Where the runtime is unknown, cannot be fetched or is not what it should be, or the folder cannot be changed.
pub fn run(command: RuntimeCommand) -> Result<Exit, Failed> {
    let runtimes = Runtimes::from_environment().map_err(Failed::input)?;
    match command {
        RuntimeCommand::List { format } => list(&runtimes, format),
        RuntimeCommand::Install {
            runtime,
            from,
            force,
        } => install(&runtimes, &runtime, from, force),
        RuntimeCommand::Remove { runtime } => remove(&runtimes, &runtime),
    }
}

fn install(
    runtimes: &Runtimes,
    spec: &RuntimeSpec,
    from: Option<PathBuf>,
    force: bool,
) -> Result<Exit, Failed> {
    let catalogue = Catalogue::from_environment().map_err(Failed::input)?;
    let package = catalogue
        .runtime(&spec.name, spec.version.as_deref())
        .map_err(Failed::input)?;
    let source = match from {
        Some(file) => Source::Files(vec![file]),
        None => Source::Pip(Pip::default()),
    };
    let request = Request {
        package,
        source,
        force,
    };
    let mut line = progress()?;
    let outcome = runtimes.install(&request, &mut line);
    line.clear();
    let outcome = match outcome {
        Err(InstallError::Stopped) => return Ok(stopped()),
        outcome => outcome.map_err(Failed::input)?,
    };
    let installed = outcome.installed;
    let state = match outcome.before {
        true => "is installed and whole",
        false => "installed",
    };
    print(&format!(
        "{} {} {state} ({}): {}\n",
        installed.name,
        installed.version,
        installed.bytes,
        installed.library.display()
    ))
}

fn remove(runtimes: &Runtimes, spec: &RuntimeSpec) -> Result<Exit, Failed> {
    let mut line = progress()?;
    let removed = runtimes.remove(&spec.name, spec.version.as_deref(), &mut line);
    line.clear();
    match removed {
        Err(RemoveError::Failed(InstallError::Stopped)) => Ok(stopped()),
        removed => print(&gone(&spec.name, &removed.map_err(Failed::input)?)),
    }
}

fn gone(name: &str, removed: &Removed) -> String {
    match removed {
        Removed::Version(version) => format!("{name} {version} removed\n"),
        Removed::Leftovers => {
            format!("what an interrupted installation of {name} left is removed\n")
        }
    }
}

fn progress() -> Result<ProgressLine<Stderr>, Failed> {
    let stop = stop::on_signals().map_err(Failed::input)?;
    let rewrites = std::io::stderr().is_terminal();
    Ok(ProgressLine::new(std::io::stderr(), rewrites, stop))
}

fn stopped() -> Exit {
    eprintln!("stopped; nothing was changed");
    Exit::Interrupted
}

fn list(runtimes: &Runtimes, format: ListFormat) -> Result<Exit, Failed> {
    let catalogue = Catalogue::from_environment().map_err(Failed::input)?;
    let leftovers = runtimes.leftovers(&catalogue).into_iter().map(left);
    let listed = runtimes.list(&catalogue).into_iter().map(row);
    let rows: Vec<Row> = listed.chain(leftovers).collect();
    match format {
        ListFormat::Json => print(&json(&rows)?),
        ListFormat::Table => print(&table(&rows)),
    }
}

#[derive(Serialize)]
struct Row {
    name: String,
    version: Option<String>,
    state: &'static str,
    bytes: Option<Bytes>,
    download_bytes: Option<Bytes>,
    path: PathBuf,
    library: Option<PathBuf>,
    library_sha256: Option<String>,
    reason: Option<String>,
    remedy: Option<String>,
}

fn row(listed: Listed) -> Row {
    let row = Row {
        name: listed.name,
        version: Some(listed.version),
        state: "",
        bytes: None,
        download_bytes: None,
        path: listed.dir,
        library: None,
        library_sha256: None,
        reason: None,
        remedy: None,
    };
    match listed.state {
        State::Installed(installed) => Row {
            state: "installed",
            bytes: Some(installed.bytes),
            library: Some(installed.library),
            library_sha256: Some(installed.library_sha256),
            ..row
        },
        State::Damaged(error) => Row {
            state: "damaged",
            reason: Some(error.reason),
            remedy: Some(error.remedy),
            ..row
        },
        State::Available { download } => Row {
            state: "available",
            download_bytes: Some(download),
            ..row
        },
    }
}

fn left(leftover: Leftover) -> Row {
    let Leftover {
        name,
        dir,
        bytes,
        remedy,
    } = leftover;
    Row {
        reason: Some(format!(
            "an interrupted installation left {bytes} in {}",
            dir.display()
        )),
        name,
        version: None,
        state: "leftover",
        bytes: Some(bytes),
        download_bytes: None,
        path: dir,
        library: None,
        library_sha256: None,
        remedy: Some(remedy),
    }
}

fn table(rows: &[Row]) -> String {
    let width = |cell: fn(&Row) -> &str| rows.iter().map(|row| cell(row).len()).max().unwrap_or(0);
    let (name, version) = (width(|row| &row.name), width(version_of));
    let lines = rows.iter().map(|row| {
        format!(
            "{:name$}  {:version$}  {:9}  {}",
            row.name,
            version_of(row),
            row.state,
            rest(row)
        )
    });
    lines
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

fn version_of(row: &Row) -> &str {
    row.version.as_deref().unwrap_or("-")
}

fn rest(row: &Row) -> String {
    match (row.bytes, row.download_bytes, &row.reason, &row.remedy) {
        (_, _, Some(reason), Some(remedy)) => format!("{reason}; {remedy}"),
        (Some(bytes), ..) => format!("{bytes:>8}  {}", row.path.display()),
        (_, Some(download), ..) => format!("{download:>8} to fetch"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tare_runtimes::FindError;

    fn listed(version: &str, state: State) -> Row {
        row(Listed {
            name: "some".into(),
            version: version.into(),
            dir: PathBuf::from("/r/some").join(version),
            state,
        })
    }

    fn rows() -> [Row; 4] {
        let installed = tare_runtimes::Installed {
            name: "some".into(),
            version: "1.10.0".into(),
            dir: "/r/some/1.10.0".into(),
            library: "/r/some/1.10.0/lib.so".into(),
            library_sha256: "abc".into(),
            bytes: Bytes::from_mib(28),
        };
        let damaged = FindError {
            reason: "it is broken".into(),
            remedy: "mend it".into(),
        };
        let download = Bytes::from_mib(12);
        [
            listed("1.9.0", State::Available { download }),
            listed("1.10.0", State::Installed(installed)),
            listed("1.11.0", State::Damaged(damaged)),
            left(Leftover {
                name: "some".into(),
                dir: "/r/some/.half".into(),
                bytes: Bytes::from_mib(3),
                remedy: "sweep it".into(),
            }),
        ]
    }

    #[test]
    fn the_table_says_what_is_there_where_and_how_large() {
        assert_eq!(
            table(&rows()),
            "some  1.9.0   available  12.0 MiB to fetch\n\
             some  1.10.0  installed  28.0 MiB  /r/some/1.10.0\n\
             some  1.11.0  damaged    it is broken; mend it\n\
             some  -       leftover   an interrupted installation left 3.00 MiB in /r/some/.half; sweep it\n"
        );
    }

    #[test]
    fn what_is_not_known_is_null_for_other_programs() {
        let rows = serde_json::to_value(rows()).expect("JSON");
        assert_eq!(rows[0]["download_bytes"], 12 << 20);
        assert_eq!(rows[0]["bytes"], serde_json::Value::Null);
        assert_eq!(rows[1]["library_sha256"], "abc");
        assert_eq!(rows[2]["remedy"], "mend it");
        assert_eq!(rows[3]["version"], serde_json::Value::Null);
        assert_eq!(
            (&rows[3]["state"], &rows[3]["bytes"]),
            (&"leftover".into(), &(3 << 20).into())
        );
    }

    #[test]
    fn what_was_removed_is_said() {
        assert_eq!(
            gone("some", &Removed::Version("1.0".into())),
            "some 1.0 removed\n"
        );
        assert_eq!(
            gone("some", &Removed::Leftovers),
            "what an interrupted installation of some left is removed\n"
        );
    }
}
