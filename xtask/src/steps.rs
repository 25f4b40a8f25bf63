//! The checks in their order: each is a name, a sentence and a function.

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, output, run};
use crate::{python, tidy, tools};

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
        about: "what is written is what ONNX's and NumPy's own packages read",
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

fn fmt(workspace: &Workspace) -> Result<()> {
    component(workspace, "fmt", "rustfmt")?;
    run(&mut workspace.cargo(&["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
}

fn clippy(workspace: &Workspace) -> Result<()> {
    component(workspace, "clippy", "clippy")?;
    run(&mut workspace.cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn test(workspace: &Workspace) -> Result<()> {
    let nextest = tools::cargo_tool(workspace, &tools::NEXTEST)?;
    let node_tests = python::node_tests(workspace)?;
    let arguments = [
        "nextest",
        "run",
        "--locked",
        "--workspace",
        "--no-fail-fast",
    ];
    run(workspace
        .command(nextest)
        .args(arguments)
        .env(python::NODE_TESTS, node_tests))?;
    run(&mut workspace.cargo(&["test", "--locked", "--workspace", "--doc"]))
}

fn doc(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(&["doc", "--locked", "--workspace", "--no-deps"]);
    run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
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
