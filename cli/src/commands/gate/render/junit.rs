//! Gates as JUnit XML, which CI systems list as tests: a regression is a failure, what was not decided an error.

use tare_gate::ExitClass;
use tare_units::Nanoseconds;

use super::super::told::{All, NotRun, Told};

/// One suite, a case a gate; one that failed before it was decided is an error, and those left out for it are skipped.
pub fn junit(all: &All) -> String {
    let class = |wanted: ExitClass| {
        let of = |told: &&Told| told.class() == wanted;
        all.gates.iter().filter(of).count()
    };
    let failed = all.not_run.iter().filter(|gate| gate.failed).count();
    let took: f64 = all.gates.iter().map(|told| seconds(told.took_ns)).sum();
    let counts = format!(
        r#"tests="{}" failures="{}" errors="{}" skipped="{}" time="{took:.3}""#,
        all.gates.len() + all.not_run.len(),
        class(ExitClass::Regressed),
        class(ExitClass::NotDecided) + class(ExitClass::Failed) + failed,
        all.not_run.len() - failed
    );
    let cases = all.gates.iter().map(case);
    let cases: String = cases.chain(all.not_run.iter().map(not_run)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"tare gate\" {counts} timestamp=\"{}\">\n{cases}  </testsuite>\n</testsuites>\n",
        escape(&all.created)
    )
}

fn case(told: &Told) -> String {
    let head = format!(
        "    <testcase classname=\"tare.gate\" name=\"{}\" time=\"{:.3}\">\n",
        escape(&told.name),
        seconds(told.took_ns)
    );
    let element = match told.class() {
        ExitClass::Passed => None,
        ExitClass::Regressed => Some("failure"),
        ExitClass::NotDecided | ExitClass::Failed => Some("error"),
    };
    let lines = [told.reasons(), vec![told.rule()]].concat().join("\n");
    let problem = element.map(|element| {
        format!(
            "      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n",
            told.outcome.verdict.name(),
            escape(&told.headline()),
            escape(&lines)
        )
    });
    let mut output = vec![told.headline(), told.rule(), told.evidence()];
    output.extend(told.reasons());
    output.extend(told.notes.iter().cloned());
    format!(
        "{head}{}      <system-out>{}</system-out>\n    </testcase>\n",
        problem.unwrap_or_default(),
        escape(&output.join("\n"))
    )
}

fn not_run(gate: &NotRun) -> String {
    let element = match gate.failed {
        true => r#"error type="not-run""#,
        false => "skipped",
    };
    format!(
        "    <testcase classname=\"tare.gate\" name=\"{}\" time=\"0.000\">\n      <{element} message=\"{}\"/>\n    </testcase>\n",
        escape(&gate.name),
        escape(&gate.why)
    )
}

fn seconds(time: Nanoseconds) -> f64 {
    time.as_secs_f64()
}

/// As text or an attribute of XML 1.0 that commands no CI system; characters that no document may hold become U+FFFD.
pub fn escape(text: &str) -> String {
    let letters = text.chars();
    let text: String = letters
        .map(|letter| match letter {
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '&' => "&amp;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&apos;".to_owned(),
            '\n' | '\t' | '\r' => format!("&#{};", u32::from(letter)),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}'.to_string(),
            _ => letter.to_string(),
        })
        .collect();
    text.replace("##[", "##&#91;")
}
