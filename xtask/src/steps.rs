//! The checks in their order: each is a name, a sentence and a function.

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, output, run};
use crate::{fetch, libtorch, python, tidy, tools};

/// One check.
pub struct Step {
    /// The word on the command line.
    pub name: &'static str,
    /// What it checks.
    pub about: &'static str,
    /// Fails with a line that says what is wrong.
    pub run: fn(&Workspace) -> Result<()>,
}

/// Every check, in the order of `ci`.
pub const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "every Rust file is formatted",
        run: fmt,
    },
    Step {
        name: "kit",
        about: "the libtorch that the workspace is built with is there, or is fetched",
        run: libtorch::kit,
    },
    Step {
        name: "clippy",
        about: "no lint warns, in any target",
        run: clippy,
    },
    Step {
        name: "test",
        about: "unit, integration and documentation tests",
        run: test,
    },
    Step {
        name: "python",
        about: "what is written is what ONNX's and NumPy's own packages and Chromium read",
        run: python::check,
    },
    Step {
        name: "doc",
        about: "the documentation builds without a warning",
        run: doc,
    },
    Step {
        name: "deny",
        about: "licences, sources, bans and advisories of the dependencies",
        run: deny,
    },
    Step {
        name: "typos",
        about: "spelling",
        run: typos,
    },
    Step {
        name: "tidy",
        about: "the repository's own rules",
        run: tidy::check,
    },
];

/// What is not a check and runs by its name only.
pub const TASKS: &[Step] = &[Step {
    name: "libtorch",
    about: "fetches that libtorch and builds the worker that runs it, for a release build of tare",
    run: libtorch::build,
}];

/// The whole product: what is heavy to compile is a feature, but it is checked.
const ALL: [&str; 4] = [
    "--locked",
    "--workspace",
    "--features",
    "tare/tract,tare/png",
];

fn fmt(workspace: &Workspace) -> Result<()> {
    component(workspace, "fmt", "rustfmt")?;
    run(&mut workspace.cargo(&["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
}

fn clippy(workspace: &Workspace) -> Result<()> {
    component(workspace, "clippy", "clippy")?;
    libtorch::require(workspace)?;
    let mut clippy = workspace.cargo(&["clippy"]);
    run(clippy
        .args(ALL)
        .args(["--all-targets", "--", "-D", "warnings"]))
}

/// The worker programs are built first, as tests of another package do not make cargo build them.
fn test(workspace: &Workspace) -> Result<()> {
    libtorch::require(workspace)?;
    let nextest = tools::cargo_tool(workspace, &tools::NEXTEST)?;
    let node_tests = python::node_tests(workspace)?;
    let runtimes = fetch::runtimes(workspace)?;
    let mut build = workspace.cargo(&["build"]);
    run(build.args(ALL).args(["--lib", "--bins", "--tests"]))?;
    let mut tests = workspace.command(nextest);
    tests
        .args(["nextest", "run"])
        .args(ALL)
        .arg("--no-fail-fast");
    run(tests
        .env(python::NODE_TESTS, node_tests)
        .env(fetch::RUNTIMES, runtimes))?;
    run(workspace.cargo(&["test"]).args(ALL).arg("--doc"))
}

fn doc(workspace: &Workspace) -> Result<()> {
    libtorch::require(workspace)?;
    let mut cargo = workspace.cargo(&["doc"]);
    run(cargo
        .args(ALL)
        .arg("--no-deps")
        .env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny(workspace: &Workspace) -> Result<()> {
    let deny = tools::cargo_tool(workspace, &tools::DENY)?;
    let check = |arguments: &[&str]| run(workspace.command(&deny).arg("check").args(arguments));
    check(&["bans", "licenses", "sources"])?;
    match output(workspace.command(&deny).args(["fetch", "db"])) {
        Ok(_) => check(&["--disable-fetch", "advisories"]),
        Err(error) => {
            workspace.remark(format!("advisories: not checked: {error:#}"));
            Ok(())
        }
    }
}

fn typos(workspace: &Workspace) -> Result<()> {
    run(&mut workspace.command(tools::typos(workspace)?))
        .context("correct the word, or add it to typos.toml")
}

fn component(workspace: &Workspace, subcommand: &str, name: &str) -> Result<()> {
    if output(&mut workspace.cargo(&[subcommand, "--version"])).is_err() {
        bail!("{name} is missing, install it with `rustup component add {name}`");
    }
    Ok(())
}
