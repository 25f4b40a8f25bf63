//! NVIDIA GPUs as their kernel driver lists them, without loading any library.

use tare_results::Gpu;

use crate::Unavailable;
use crate::gaps::Gaps;
use crate::root::Root;

const FOLDER: &str = "proc/driver/nvidia";

/// In the order of their bus addresses.
pub(crate) fn read(root: &Root, gaps: &mut Gaps) -> Vec<Gpu> {
    if !root.exists(FOLDER) {
        gaps.keep::<(), _>("gpus", Err("no NVIDIA driver"));
        return Vec::new();
    }
    let addresses = gaps
        .keep("gpus", root.names(&format!("{FOLDER}/gpus")))
        .unwrap_or_default();
    let driver = gaps.keep("gpus.driver", driver(root));
    let mut gpus = Vec::new();
    for address in addresses {
        let path = format!("gpus.{}", gpus.len());
        let file = format!("{FOLDER}/gpus/{address}/information");
        let named = field(root, &file, "Model");
        let Some(name) = gaps.keep(&format!("{path}.name"), named) else {
            continue;
        };
        gaps.keep::<(), _>(
            &format!("{path}.memory_bytes"),
            Err("the driver's files under /proc do not say"),
        );
        gpus.push(Gpu {
            name,
            uuid: gaps.keep(&format!("{path}.uuid"), field(root, &file, "GPU UUID")),
            memory_bytes: None,
            driver: driver.clone(),
        });
    }
    gpus
}

fn field(root: &Root, file: &str, key: &'static str) -> Result<String, Unavailable> {
    let text = root.text(file)?;
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    });
    let value = value.unwrap_or_default();
    // A driver that has not talked to the device yet answers with question marks.
    if value.is_empty() || value.contains("??") {
        return Err(root.unclear(file, key, &value));
    }
    Ok(value)
}

/// The first word of the kernel module's line that reads like `570.124.06`.
fn driver(root: &Root) -> Result<String, Unavailable> {
    let file = format!("{FOLDER}/version");
    let text = root.text(&file)?;
    let line = text.lines().find(|line| line.starts_with("NVRM version:"));
    let is_version = |word: &&str| {
        word.contains('.')
            && word
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let version = line.and_then(|line| line.split_whitespace().find(is_version));
    let version = version.ok_or_else(|| root.unclear(&file, "driver version", &text))?;
    Ok(version.to_owned())
}
