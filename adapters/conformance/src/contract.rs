//! What the traits promise, checked one promise after another.

use tare_adapter_api::{
    Adapter, AdapterError, Device, LoadRequest, Options, Readiness, RuntimeFacts, Session, Tensor,
};

use crate::compare::compare;
use crate::quiet::{caught, quietly};
use crate::small::{Small, counting};

/// What the adapter does with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Executes it.
    Framework,
    /// Checks requests and makes up outputs that depend on the inputs.
    Pretender,
    /// Nothing.
    Idle,
}

/// One promise: fine, or how it is broken.
type Promise = Result<(), String>;

type Check = fn(&Subject) -> Promise;

struct Subject<'a> {
    adapter: &'a dyn Adapter,
    model: &'a Small,
    request: LoadRequest,
    inputs: Vec<Tensor>,
}

const ALWAYS: [(&str, Check); 5] = [
    ("it is ready and says what runs", ready),
    ("it refuses an unknown option", unknown_option),
    ("it accepts its own version only", version),
    ("enter runs the body once, with a session that runs", enter),
    ("a panic in the body comes out unchanged", panic_in_body),
];

const CHECKING: [(&str, Check); 3] = [
    (
        "outputs before the first request are an error",
        early_outputs,
    ),
    (
        "inputs that do not fit are an error, and the next request runs",
        misfits,
    ),
    (
        "another input gives another output, the same input the same",
        function,
    ),
];

const EXECUTING: [(&str, Check); 4] = [
    ("the outputs are right", right),
    ("a model that is missing or no model is an error", no_model),
    ("a device that is not here is refused by name", device),
    (
        "an input that the model lacks or needs is refused",
        wrong_names,
    ),
];

/// Checks every promise that this kind of adapter makes; each broken one is a line, and a panic breaks it.
pub fn contract(adapter: &dyn Adapter, kind: Kind) -> Vec<String> {
    let executing: &[_] = if kind == Kind::Framework {
        &EXECUTING
    } else {
        &[]
    };
    let checking: &[_] = if kind == Kind::Idle { &[] } else { &CHECKING };
    let made = Small::sum().and_then(|model| {
        let inputs = vec![counting(&[2, 3], 1.0)?, counting(&[2, 3], -2.0)?];
        Ok((model, inputs))
    });
    let (model, inputs) = match made {
        Ok(made) => made,
        Err(error) => return vec![error],
    };
    let subject = Subject {
        adapter,
        request: model.request(&inputs),
        model: &model,
        inputs,
    };
    ALWAYS
        .iter()
        .chain(checking)
        .chain(executing)
        .filter_map(|(promise, check)| {
            let broken = quietly(|| check(&subject))
                .and_then(|promise| promise)
                .err()?;
            Some(format!("{}: {promise}: {broken}", adapter.name()))
        })
        .collect()
}

impl Subject<'_> {
    /// Loads the model and hands a session to `body`.
    fn with_session(&self, body: impl FnOnce(&mut dyn Session) -> Promise) -> Promise {
        let loaded = self.adapter.load(&self.request).map_err(said)?;
        let mut session = loaded.session().map_err(said)?;
        body(session.as_mut())
    }

    fn refuses(&self, request: &LoadRequest) -> Result<AdapterError, String> {
        match self.adapter.load(request) {
            Ok(_) => Err("it was loaded".to_owned()),
            Err(refusal) => Ok(refusal),
        }
    }
}

fn said(error: AdapterError) -> String {
    error.to_string()
}

fn holds(promise: bool, otherwise: impl FnOnce() -> String) -> Promise {
    if promise { Ok(()) } else { Err(otherwise()) }
}

fn ready(subject: &Subject) -> Promise {
    let facts = facts(subject)?;
    let loaded = subject.adapter.load(&subject.request).map_err(said)?;
    holds(!facts.version.is_empty(), || "no version".to_owned())?;
    let runs = loaded.runtime();
    let same =
        (&runs.name, &runs.version, &runs.options) == (&facts.name, &facts.version, &facts.options);
    holds(same, || format!("{runs:?} runs, not {facts:?}"))
}

/// What the adapter says of itself where nothing is asked for.
fn facts(subject: &Subject) -> Result<RuntimeFacts, String> {
    match subject.adapter.check(None, &Options::new()) {
        Readiness::Ready(facts) => Ok(facts),
        Readiness::Unavailable { reason, remedy } => {
            Err(format!("it is unavailable: {reason}; {remedy}"))
        }
    }
}

fn unknown_option(subject: &Subject) -> Promise {
    let options = Options::from([("no-such-option".to_owned(), "1".to_owned())]);
    holds(
        matches!(
            subject.adapter.check(None, &options),
            Readiness::Unavailable { .. }
        ),
        || "check lets it pass".to_owned(),
    )?;
    let refusal = subject.refuses(&LoadRequest {
        options,
        ..subject.request.clone()
    })?;
    holds(
        matches!(&refusal, AdapterError::Option { option, .. } if option == "no-such-option=1"),
        || refusal.to_string(),
    )
}

fn version(subject: &Subject) -> Promise {
    let facts = facts(subject)?;
    let check = |version: &str| subject.adapter.check(Some(version), &Options::new());
    holds(matches!(check(&facts.version), Readiness::Ready(_)), || {
        format!("it refuses its own version: {:?}", check(&facts.version))
    })?;
    let other = format!("{}.1", facts.version);
    holds(
        matches!(check(&other), Readiness::Unavailable { .. }),
        || format!("it accepts {other}"),
    )
}

fn enter(subject: &Subject) -> Promise {
    subject.with_session(|session| {
        let mut runs = Vec::new();
        session.enter(&mut |inner| runs.push(inner.run(&subject.inputs)));
        holds(runs == [Ok(())], || format!("{runs:?}"))?;
        session.run(&subject.inputs).map_err(said)
    })
}

fn panic_in_body(subject: &Subject) -> Promise {
    const PAYLOAD: u64 = 0x7a2e;
    subject.with_session(|session| {
        let outcome = caught(|| session.enter(&mut |_| std::panic::panic_any(PAYLOAD)));
        let payload = outcome.err().ok_or("no panic")?;
        holds(payload.downcast_ref() == Some(&PAYLOAD), || {
            "another payload".to_owned()
        })?;
        session.run(&subject.inputs).map_err(said)
    })
}

fn early_outputs(subject: &Subject) -> Promise {
    subject
        .with_session(|session| holds(session.outputs().is_err(), || "there are some".to_owned()))
}

fn misfits(subject: &Subject) -> Promise {
    let [first, second] = subject.inputs.as_slice() else {
        return Err("two inputs expected".to_owned());
    };
    let integers =
        Tensor::from_values(vec![2, 3], vec![0i32; 6]).map_err(|error| error.to_string())?;
    let misfits = [
        ("too few", vec![first.clone()]),
        (
            "too many",
            vec![first.clone(), second.clone(), second.clone()],
        ),
        (
            "another shape",
            vec![first.clone(), counting(&[3, 2], 0.0)?],
        ),
        ("another rank", vec![first.clone(), counting(&[6], 0.0)?]),
        ("another type", vec![first.clone(), integers]),
    ];
    subject.with_session(|session| {
        for (what, inputs) in misfits {
            let refused = matches!(session.run(&inputs), Err(AdapterError::Run(_)));
            holds(refused, || format!("{what} is no error"))?;
            holds(session.outputs().is_err(), || format!("{what} has outputs"))?;
            session.run(&subject.inputs).map_err(said)?;
        }
        Ok(())
    })
}

fn function(subject: &Subject) -> Promise {
    let others = [counting(&[2, 3], 5.0)?, counting(&[2, 3], 7.0)?];
    subject.with_session(|session| {
        let mut outputs = |inputs: &[Tensor]| {
            session
                .run(inputs)
                .and_then(|()| session.outputs())
                .map_err(said)
        };
        let first = outputs(&subject.inputs)?;
        let other = outputs(&others)?;
        let again = outputs(&subject.inputs)?;
        holds(!first.is_empty() && first != other, || {
            "the output does not depend on the input".to_owned()
        })?;
        holds(first == again, || {
            "the same input gives another output".to_owned()
        })
    })
}

fn right(subject: &Subject) -> Promise {
    let expected = Tensor::from_values(vec![2, 3], vec![0.0f32, 3.0, 6.0, 9.0, 12.0, 15.0])
        .map_err(|error| error.to_string())?;
    subject.with_session(|session| {
        session.run(&subject.inputs).map_err(said)?;
        match session.outputs().map_err(said)?.as_slice() {
            [output] => compare(output, &expected).map_err(|difference| difference.to_string()),
            outputs => Err(format!("{} outputs", outputs.len())),
        }
    })
}

fn no_model(subject: &Subject) -> Promise {
    let folder = subject.model.folder.path();
    for (file, bytes) in [
        ("garbage.onnx", &b"this is no model"[..]),
        ("empty.onnx", b""),
    ] {
        let path = folder.join(file);
        std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
        subject
            .refuses(&LoadRequest {
                model: path,
                ..subject.request.clone()
            })
            .map_err(|broken| format!("{file}: {broken}"))?;
    }
    let path = folder.join("missing.onnx");
    let refusal = subject.refuses(&LoadRequest {
        model: path,
        ..subject.request.clone()
    })?;
    holds(refusal.to_string().contains("missing.onnx"), || {
        format!("it does not name the file: {refusal}")
    })
}

fn device(subject: &Subject) -> Promise {
    let refusal = subject.refuses(&LoadRequest {
        device: Device::Cuda(63),
        ..subject.request.clone()
    })?;
    holds(refusal.to_string().contains("cuda:63"), || {
        format!("it does not name the device: {refusal}")
    })
}

fn wrong_names(subject: &Subject) -> Promise {
    let mut renamed = subject.request.clone();
    if let Some(input) = renamed.inputs.last_mut() {
        input.name = "absent".to_owned();
    }
    let refusal = subject.refuses(&renamed)?;
    holds(refusal.to_string().contains("absent"), || {
        format!("it does not name the input: {refusal}")
    })?;
    let mut fewer = subject.request.clone();
    fewer.inputs.pop();
    let refusal = subject.refuses(&fewer)?;
    holds(refusal.to_string().contains("'z'"), || {
        format!("it does not name the input: {refusal}")
    })
}
