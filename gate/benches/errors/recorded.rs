//! Processes that were recorded on a real machine, played again with work that takes longer.
//!
//! A line is one process, in the order in which they ran: `SETTING,REQUEST,REQUEST…`. SETTING names model, adapter and what ran
//! beside, and lines of one setting are of one machine, one adapter and one model throughout: two in a row are a block. REQUEST is the
//! latency by the wall's clock in nanoseconds, `+` and the run delay, which is left out where it is 0: `5012345+400000`.
//! Lines that begin with `#` are comments. Latencies include the delay; warm-up is left out.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_gate::Request;
use tare_units::Nanoseconds;

use crate::machine::Machine;

/// Seconds that a process takes beside its requests, to start, load and warm up: 260 processes of 151 requests of 2 ms took 141 s of
/// rten and 152 s of ONNX Runtime where nothing else ran, 0.24 and 0.29 s each beside their requests. Beside other programs it is
/// more.
const BESIDE: f64 = 0.27;

/// The processes of one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub setting: String,
    pub processes: Vec<Vec<Request>>,
    /// The shortest effective latency of all, which a gate's pilot comes near.
    pub shortest: Nanoseconds,
}

impl Recorded {
    /// Two processes make one.
    pub fn blocks(&self) -> usize {
        self.processes.len() / 2
    }
}

/// Reads the settings of a file, in the order of their first lines; says which line is wrong, and why.
pub fn read(text: &str) -> Result<Vec<Recorded>, String> {
    let mut all: Vec<Recorded> = Vec::new();
    for (place, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'))
    {
        let (setting, requests) = line
            .split_once(',')
            .ok_or_else(|| format!("line {}: `{line}` has no requests", place + 1))?;
        let requests: Result<Vec<Request>, String> = requests.split(',').map(request).collect();
        let process = requests.map_err(|wrong| format!("line {}: {wrong}", place + 1))?;
        match all.iter_mut().find(|one| one.setting == setting) {
            Some(one) => one.processes.push(process),
            None => all.push(Recorded {
                setting: setting.to_owned(),
                processes: vec![process],
                shortest: Nanoseconds::MAX,
            }),
        }
    }
    for one in &mut all {
        let requests = one.processes.iter().flatten();
        one.shortest = requests
            .map(Request::effective)
            .min()
            .unwrap_or(one.shortest);
    }
    if all.is_empty() {
        return Err("it holds no process".into());
    }
    match all.iter().find(|one| one.blocks() == 0) {
        Some(one) => Err(format!(
            "`{}` is one process alone, and two make a block",
            one.setting
        )),
        None => Ok(all),
    }
}

fn request(text: &str) -> Result<Request, String> {
    let (latency, delay) = text.split_once('+').unwrap_or((text, "0"));
    let nanos = |text: &str| {
        let nanos = text.parse().map(Nanoseconds::from_nanos);
        nanos.map_err(|_| format!("`{text}` is no number of nanoseconds"))
    };
    Ok(Request {
        latency: nanos(latency)?,
        delay: Some(nanos(delay)?),
        samples: 1,
    })
}

/// The processes of a setting, from a block by chance onward and round again.
pub struct Replay<'a> {
    recorded: &'a Recorded,
    random: Xoshiro256PlusPlus,
    next: usize,
    now: f64,
}

impl<'a> Replay<'a> {
    pub fn new(recorded: &'a Recorded, seed: u64) -> Self {
        let mut replay = Self {
            recorded,
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            next: 0,
            now: 0.0,
        };
        replay.another_day();
        replay
    }
}

impl Machine for Replay<'_> {
    fn request(&self) -> f64 {
        self.recorded.shortest.as_secs_f64()
    }

    fn now(&self) -> f64 {
        self.now
    }

    fn wait(&mut self, seconds: f64) {
        self.now += seconds;
    }

    fn another_day(&mut self) {
        let blocks = self.recorded.blocks() as u64;
        self.next = 2 * (self.random.next_u64() % blocks) as usize;
    }

    fn coin(&mut self) -> bool {
        self.random.next_u64() >> 63 == 1
    }

    fn process(&mut self, worse: f64, requests: u64) -> Vec<Request> {
        let all = &self.recorded.processes;
        let process = &all[self.next % all.len()];
        self.next += 1;
        let longer = |request: &Request| {
            let more = worse * request.effective().as_nanos() as f64;
            Request {
                latency: request.latency + Nanoseconds::from_nanos_f64(more),
                ..*request
            }
        };
        let played: Vec<Request> = process.iter().take(requests as usize).map(longer).collect();
        let requests = played.iter().map(|one| one.latency.as_secs_f64());
        self.now += BESIDE + requests.sum::<f64>();
        played
    }
}
