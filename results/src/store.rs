//! The store on disk: a folder a run with `run.json`, `cells.jsonl`, `events.jsonl` and `samples/`.
