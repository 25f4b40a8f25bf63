//! The reader against files as versions 1.20.1, 1.24.1 and 1.31.1 write them, and against files that are wrong.

use super::*;

/// Two requests of an `If` with one operator in the branch that runs, then `Relu`; written by version 1.24.1.
const TWO_REQUESTS: &str = r#"[
{"cat" : "Session","pid" :18478,"tid" :18478,"dur" :364,"ts" :9,"ph" : "X","name" :"model_loading_array","args" : {}},
{"cat" : "Session","pid" :18478,"tid" :18478,"dur" :5124,"ts" :399,"ph" : "X","name" :"session_initialization","args" : {}},
{"cat" : "Node","pid" :18478,"tid" :18478,"dur" :23,"ts" :5816,"ph" : "X","name" :"inner_kernel_time","args" : {"thread_scheduling_stats" : "","output_type_shape" : [{"float":[2]}],"output_size" : "8","parameter_size" : "0","activation_size" : "16","node_index" : "0","input_type_shape" : [{"float":[2]},{"float":[2]}],"provider" : "CPUExecutionProvider","op_name" : "Add"}},
{"cat" : "Session","pid" :18478,"tid" :18478,"dur" :31,"ts" :5815,"ph" : "X","name" :"SequentialExecutor::Execute","args" : {}},
{"cat" : "Node","pid" :18478,"tid" :18478,"dur" :77,"ts" :5774,"ph" : "X","name" :"if_kernel_time","args" : {"thread_scheduling_stats" : "","node_index" : "0","provider" : "CPUExecutionProvider","op_name" : "If"}},
{"cat" : "Node","pid" :18478,"tid" :18478,"dur" :6,"ts" :5853,"ph" : "X","name" :"rel_kernel_time","args" : {"thread_scheduling_stats" : "","node_index" : "1","provider" : "CPUExecutionProvider","op_name" : "Relu"}},
{"cat" : "Session","pid" :18478,"tid" :18478,"dur" :93,"ts" :5771,"ph" : "X","name" :"SequentialExecutor::Execute","args" : {}},
{"cat" : "Session","pid" :18478,"tid" :18478,"dur" :109,"ts" :5757,"ph" : "X","name" :"model_run","args" : {}},
{"cat" : "Node","pid" :18478,"tid" :18478,"dur" :3,"ts" :6165,"ph" : "X","name" :"inner2_kernel_time","args" : {"op_name" : "Mul"}},
{"cat" : "Session","pid" :18478,"tid" :18478,"dur" :8,"ts" :6164,"ph" : "X","name" :"SequentialExecutor::Execute","args" : {}},
{"cat" : "Node","pid" :18478,"tid" :18478,"dur" :14,"ts" :6160,"ph" : "X","name" :"if_kernel_time","args" : {"op_name" : "If"}},
{"cat" : "Node","pid" :18478,"tid" :18478,"dur" :1,"ts" :6176,"ph" : "X","name" :"rel_kernel_time","args" : {"op_name" : "Relu"}},
{"cat" : "Session","pid" :18478,"tid" :18478,"dur" :31,"ts" :6149,"ph" : "X","name" :"model_run","args" : {}}
]
"#;

/// One request of one operator; written by version 1.31.1, which adds what memory it held.
const WITH_MEMORY: &str = r#"[
{"cat" : "Session","pid" :18558,"tid" :18558,"dur" :2803,"ts" :360,"ph" : "X","name" :"session_initialization","args" : {}},
{"cat" : "Node","pid" :18558,"tid" :18558,"dur" :7,"ts" :3703,"ph" : "X","name" :"rel_kernel_time","args" : {"mem_bytes_in_use" : "512","mem_arena_held" : "1048576","node_index" : "1","thread_scheduling_stats" : "","parameter_size" : "0","provider" : "CPUExecutionProvider","activation_size" : "8","mem_requested_in_use_delta" : "8","mem_arena_held_delta" : "0","mem_in_use_delta" : "256","op_name" : "Relu","mem_in_use_peak" : "512","output_size" : "8","input_type_shape" : [{"float":[2]}],"output_type_shape" : [{"float":[2]}],"mem_bytes_requested_in_use" : "16"}},
{"cat" : "Session","pid" :18558,"tid" :18558,"dur" :365,"ts" :3356,"ph" : "X","name" :"model_run","args" : {}}
]
"#;

/// One request of `Add` and `Relu`; written by version 1.20.1, which tells of the fences around each of them.
const WITH_FENCES: &str = r#"[
{"cat" : "Session","pid" :15251,"tid" :15251,"dur" :1472,"ts" :273,"ph" : "X","name" :"session_initialization","args" : {}},
{"cat" : "Node","pid" :15251,"tid" :15251,"dur" :0,"ts" :1926,"ph" : "X","name" :"add_fence_before","args" : {"op_name" : "Add"}},
{"cat" : "Node","pid" :15251,"tid" :15251,"dur" :49,"ts" :1928,"ph" : "X","name" :"add_kernel_time","args" : {"thread_scheduling_stats" : "","output_type_shape" : [{"float":[2]}],"output_size" : "8","parameter_size" : "0","activation_size" : "16","node_index" : "0","input_type_shape" : [{"float":[2]},{"float":[2]}],"provider" : "CPUExecutionProvider","op_name" : "Add"}},
{"cat" : "Node","pid" :15251,"tid" :15251,"dur" :0,"ts" :1980,"ph" : "X","name" :"add_fence_after","args" : {"op_name" : "Add"}},
{"cat" : "Node","pid" :15251,"tid" :15251,"dur" :0,"ts" :1983,"ph" : "X","name" :"rel_fence_before","args" : {"op_name" : "Relu"}},
{"cat" : "Node","pid" :15251,"tid" :15251,"dur" :3,"ts" :1983,"ph" : "X","name" :"rel_kernel_time","args" : {"thread_scheduling_stats" : "","output_type_shape" : [{"float":[2]}],"output_size" : "8","parameter_size" : "0","activation_size" : "8","node_index" : "1","input_type_shape" : [{"float":[2]}],"provider" : "CPUExecutionProvider","op_name" : "Relu"}},
{"cat" : "Node","pid" :15251,"tid" :15251,"dur" :0,"ts" :1989,"ph" : "X","name" :"rel_fence_after","args" : {"op_name" : "Relu"}},
{"cat" : "Session","pid" :15251,"tid" :15251,"dur" :69,"ts" :1924,"ph" : "X","name" :"SequentialExecutor::Execute","args" : {}},
{"cat" : "Session","pid" :15251,"tid" :15251,"dur" :88,"ts" :1911,"ph" : "X","name" :"model_run","args" : {}}
]
"#;

fn parse(text: &str, requests: usize) -> Result<Vec<RequestProfile>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("profile.json");
    std::fs::write(&path, text).expect("writes");
    read(&path, requests).map_err(|error| error.to_string())
}

fn event(cat: &str, name: &str, (tid, ts, dur): (u64, u64, u64), kind: &str) -> String {
    format!(
        r#"{{"cat":"{cat}","pid":1,"tid":{tid},"dur":{dur},"ts":{ts},"ph":"X","name":"{name}","args":{{"op_name":"{kind}"}}}}"#
    )
}

/// A request that lasts from 100 to 200 µs, of operators that are given as (kind, thread, start, duration).
fn operators(given: &[(&str, u64, u64, u64)]) -> Result<Vec<(String, u64)>, String> {
    let mut events: Vec<String> = given
        .iter()
        .map(|(kind, tid, ts, dur)| {
            event(
                "Node",
                &format!("{kind}_kernel_time"),
                (*tid, *ts, *dur),
                kind,
            )
        })
        .collect();
    events.push(event("Session", "model_run", (1, 100, 100), ""));
    let mut requests = parse(&format!("[{}]", events.join(",")), 1)?;
    let times = requests.remove(0).into_iter();
    Ok(times.map(|time| (time.kind, time.time_ns / 1000)).collect())
}

fn times(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    let owned = |(kind, time): &(&str, u64)| ((*kind).to_owned(), *time);
    pairs.iter().map(owned).collect()
}

#[test]
fn each_request_has_its_operators_with_the_time_that_was_their_own() {
    let requests = parse(TWO_REQUESTS, 2).expect("well formed");
    let told: Vec<Vec<(&str, &str, u64)>> = requests
        .iter()
        .map(|request| {
            let told = |time: &OperatorTime| time.time_ns;
            let names = request
                .iter()
                .map(|time| time.name.as_deref().unwrap_or(""));
            let kinds = request.iter().map(|time| time.kind.as_str());
            let pairs = names.zip(kinds).zip(request.iter().map(told));
            pairs
                .map(|((name, kind), time)| (name, kind, time))
                .collect()
        })
        .collect();
    assert_eq!(
        told,
        [
            [
                ("inner", "Add", 23_000),
                ("if", "If", 54_000),
                ("rel", "Relu", 6_000)
            ],
            [
                ("inner2", "Mul", 3_000),
                ("if", "If", 11_000),
                ("rel", "Relu", 1_000)
            ],
        ]
    );
    assert!(requests.iter().flatten().all(|time| time.count == 1));
}

#[test]
fn what_a_newer_version_adds_is_left_out() {
    let requests = parse(WITH_MEMORY, 1).expect("well formed");
    assert_eq!(
        requests,
        [[OperatorTime {
            name: Some("rel".to_owned()),
            kind: "Relu".to_owned(),
            count: 1,
            time_ns: 7_000,
        }]]
    );
}

#[test]
fn the_fences_that_an_older_version_tells_of_are_no_operators_and_no_nodes() {
    let requests = parse(WITH_FENCES, 1).expect("well formed");
    let told: Vec<_> = requests[0]
        .iter()
        .map(|time| (time.name.as_deref(), time.kind.as_str(), time.time_ns))
        .collect();
    assert_eq!(
        told,
        [(Some("add"), "Add", 49_000), (Some("rel"), "Relu", 3_000)]
    );
    let events: Vec<Event> = serde_json::from_str(WITH_FENCES).expect("JSON");
    let counts = count(&events).map_err(|error| error.to_string());
    assert_eq!(
        counts,
        Ok(BTreeMap::from([("CPUExecutionProvider".to_owned(), 2)]))
    );
}

#[test]
fn a_node_that_is_named_like_a_fence_is_a_node() {
    let name = "a_fence_before_kernel_time";
    let node = event("Node", name, (1, 110, 5), "Add");
    let run = event("Session", "model_run", (1, 100, 100), "");
    let requests = parse(&format!("[{node},{run}]"), 1).expect("well formed");
    assert_eq!(requests[0][0].name.as_deref(), Some("a_fence_before"));
}

#[test]
fn a_loop_is_counted_without_the_operators_of_its_rounds_each_once() {
    let nested = [
        ("Add", 1, 112, 10),
        ("Mul", 1, 123, 5),
        ("If", 1, 110, 20),
        ("Add", 1, 132, 10),
        ("If", 1, 131, 15),
        ("Loop", 1, 105, 60),
        ("Relu", 1, 165, 3),
    ];
    assert_eq!(
        operators(&nested),
        Ok(times(&[
            ("Add", 10),
            ("Mul", 5),
            ("If", 5),
            ("Add", 10),
            ("If", 5),
            ("Loop", 25),
            ("Relu", 3),
        ]))
    );
}

#[test]
fn operators_one_after_another_or_on_other_threads_keep_their_whole_time() {
    let flat = [
        ("Relu", 1, 110, 0),
        ("Add", 1, 110, 7),
        ("Mul", 1, 117, 4),
        ("Exp", 2, 112, 8),
        ("Div", 1, 111, 20),
    ];
    let expected = [("Relu", 0), ("Add", 7), ("Mul", 4), ("Exp", 8), ("Div", 16)];
    assert_eq!(operators(&flat), Ok(times(&expected)));
}

#[test]
fn a_request_without_operators_is_an_empty_profile() {
    let run = event("Session", "model_run", (1, 100, 100), "");
    assert_eq!(
        parse(&format!("[{run},{run}]"), 2),
        Ok(vec![vec![], vec![]])
    );
    assert_eq!(parse("[]", 0), Ok(Vec::new()));
}

#[test]
fn a_file_that_holds_fewer_runs_than_there_were_is_refused() {
    assert_eq!(
        parse(TWO_REQUESTS, 3).expect_err("one is missing"),
        "it holds 2 runs of 3: profile fewer requests at a time, as ONNX Runtime stops writing after a million events"
    );
}

#[test]
fn events_that_cannot_be_understood_are_refused_by_name() {
    let with_run = |node: String| {
        let run = event("Session", "model_run", (1, 100, 100), "");
        parse(&format!("[{node},{run}]"), 1).expect_err("refused")
    };
    assert_eq!(
        with_run(event("Node", "a_fence_within", (1, 110, 1), "Add")),
        "event 'a_fence_within' at 110 µs does not end in '_kernel_time'"
    );
    assert_eq!(
        with_run(event("Node", "a_kernel_time", (1, 90, 1), "Add")),
        "event 'a_kernel_time' at 90 µs lies outside the request that it stands before"
    );
    let nameless = event("Node", "a_kernel_time", (1, 110, 1), "Add").replace("op_name", "other");
    assert_eq!(
        with_run(nameless),
        "event 'a_kernel_time' at 110 µs has no op_name"
    );
    let stray = event("Node", "a_kernel_time", (1, 110, 1), "Add");
    assert_eq!(
        parse(&format!("[{stray}]"), 0).expect_err("no request"),
        "event 'a_kernel_time' at 110 µs belongs to no request"
    );
}

#[test]
fn what_is_no_profile_at_all_is_refused() {
    for text in [
        "",
        "[",
        "{}",
        "[{}]",
        "[1]",
        "profile",
        &TWO_REQUESTS[..900],
    ] {
        assert!(parse(text, 2).is_err(), "{text}");
    }
    let missing = read(Path::new("/nowhere/profile.json"), 1).expect_err("missing");
    assert!(
        missing.to_string().starts_with("'/nowhere/profile.json': "),
        "{missing}"
    );
}

/// The nodes of a request by provider, given as (name, index, provider).
fn placed(nodes: &[(&str, &str, &str)]) -> Result<BTreeMap<String, usize>, String> {
    let node = |(name, index, provider): &(&str, &str, &str)| {
        format!(
            r#"{{"cat":"Node","tid":1,"dur":1,"ts":1,"name":"{name}_kernel_time","args":{{"op_name":"Add","node_index":"{index}","provider":"{provider}"}}}}"#
        )
    };
    let nodes: Vec<String> = nodes.iter().map(node).collect();
    let events: Vec<Event> = serde_json::from_str(&format!("[{}]", nodes.join(","))).expect("JSON");
    count(&events).map_err(|error| error.to_string())
}

#[test]
fn nodes_are_counted_once_each_by_the_provider_that_ran_them() {
    let (cpu, cuda) = ("CPUExecutionProvider", "CUDAExecutionProvider");
    let counts = placed(&[
        ("a", "0", cuda),
        ("a", "0", cuda),
        ("a", "1", cuda),
        ("b", "1", cpu),
        ("c", "2", cuda),
    ]);
    let expected = BTreeMap::from([(cpu.to_owned(), 1), (cuda.to_owned(), 3)]);
    assert_eq!(counts, Ok(expected));
    assert_eq!(placed(&[]), Ok(BTreeMap::new()));
}

#[test]
fn a_file_that_onnx_runtime_wrote_tells_where_its_nodes_ran() {
    let events: Vec<Event> = serde_json::from_str(WITH_MEMORY).expect("JSON");
    let counts = count(&events).map_err(|error| error.to_string());
    assert_eq!(
        counts,
        Ok(BTreeMap::from([("CPUExecutionProvider".to_owned(), 1)]))
    );
    let events: Vec<Event> = serde_json::from_str(TWO_REQUESTS).expect("JSON");
    let error = count(&events).expect_err("without a provider").to_string();
    assert!(error.ends_with("has no provider"), "{error}");
}
