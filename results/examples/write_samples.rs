//! Writes a file of samples with known figures, for programs in other languages to read: `write_samples PATH COUNT`.

use std::path::Path;

use tare_results::samples::{self, Sample};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: write_samples PATH COUNT".into());
    };
    let samples: Vec<Sample> = (0..count.parse()?).map(sample).collect();
    samples::write(Path::new(&path), &samples)?;
    Ok(())
}

fn sample(n: u64) -> Sample {
    Sample {
        issued: n << 32,
        latency: if n % 10 == 9 {
            Sample::FAILED
        } else {
            n * n + 1
        },
        skew: n as u32,
        delay: u32::MAX - n as u32,
    }
}
