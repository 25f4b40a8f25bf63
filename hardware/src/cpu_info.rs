//! `/proc/cpuinfo`, whose keys differ by architecture.

use std::collections::BTreeSet;

use crate::Unavailable;
use crate::root::Root;

const FILE: &str = "proc/cpuinfo";

/// The blocks of `/proc/cpuinfo`, one a processor.
#[derive(Debug)]
pub(crate) struct CpuInfo {
    root: Root,
    text: String,
}

/// How the names of x86 extensions begin that change the speed of arithmetic.
const X86: &[&str] = &["sse", "ssse", "avx", "amx", "fma", "f16c"];

/// How the names of Arm extensions begin that do; x86 has unrelated ones of the same letters.
const ARM: &[&str] = &["fphp", "asimd", "sve", "sme", "i8mm", "bf16", "fcma"];

/// Arm's numbers of implementer and part, since its `/proc/cpuinfo` has no names (Arm's Technical Reference Manuals, MIDR_EL1).
const ARM_PARTS: &[(&str, &str, &str)] = &[
    ("0x41", "0xd03", "Cortex-A53"),
    ("0x41", "0xd05", "Cortex-A55"),
    ("0x41", "0xd07", "Cortex-A57"),
    ("0x41", "0xd08", "Cortex-A72"),
    ("0x41", "0xd0b", "Cortex-A76"),
    ("0x41", "0xd0c", "Neoverse-N1"),
    ("0x41", "0xd40", "Neoverse-V1"),
    ("0x41", "0xd42", "Cortex-A78AE"),
    ("0x41", "0xd49", "Neoverse-N2"),
    ("0x41", "0xd4f", "Neoverse-V2"),
    ("0xc0", "0xac3", "Ampere-1"),
];

impl CpuInfo {
    pub(crate) fn read(root: &Root) -> Result<Self, Unavailable> {
        Ok(Self {
            root: root.clone(),
            text: root.text(FILE)?,
        })
    }

    /// The name of each kind of core, joined by ` + `.
    pub(crate) fn model(&self) -> Result<String, Unavailable> {
        let named = self.kinds(|block| Some(field(block, "model name")?.to_owned()));
        let arm = || {
            self.kinds(|block| {
                let part = (field(block, "CPU implementer")?, field(block, "CPU part")?);
                let known = ARM_PARTS
                    .iter()
                    .find(|(vendor, number, _)| part == (vendor, number));
                known.map(|(_, _, name)| (*name).to_owned())
            })
        };
        named
            .or_else(arm)
            .ok_or_else(|| self.gives_no("model name"))
    }

    /// Vendor, family, model and stepping of each kind of core; on Arm implementer, part, variant and revision.
    pub(crate) fn identity(&self) -> Result<String, Unavailable> {
        let join = |block: &str, keys: [&str; 4]| {
            let mut values = keys.iter().map(|key| field(block, key));
            let vendor = values.next()??;
            let numbers: Option<Vec<&str>> = values.collect();
            Some(format!("{vendor} {}", numbers?.join("-")))
        };
        let x86 = self.kinds(|block| join(block, ["vendor_id", "cpu family", "model", "stepping"]));
        let arm = || {
            let keys = ["CPU implementer", "CPU part", "CPU variant", "CPU revision"];
            self.kinds(|block| join(block, keys))
        };
        x86.or_else(arm).ok_or_else(|| self.gives_no("identity"))
    }

    pub(crate) fn microcode(&self) -> Result<String, Unavailable> {
        let found = self.kinds(|block| Some(field(block, "microcode")?.to_owned()));
        found.ok_or_else(|| self.gives_no("microcode"))
    }

    /// Those of the first processor that change the speed of arithmetic, sorted.
    pub(crate) fn extensions(&self) -> Result<Vec<String>, Unavailable> {
        let x86 = self.listed("flags").map(|flags| (flags, X86));
        let arm = || self.listed("Features").map(|features| (features, ARM));
        let (names, starts) = x86
            .or_else(arm)
            .ok_or_else(|| self.gives_no("extensions"))?;
        let matters = |name: &&str| starts.iter().any(|start| name.starts_with(start));
        let kept: BTreeSet<&str> = names.split_whitespace().filter(matters).collect();
        Ok(kept.into_iter().map(str::to_owned).collect())
    }

    /// Whether an x86 processor says that it runs under a hypervisor; `None` where processors do not say.
    pub(crate) fn is_virtual(&self) -> Option<bool> {
        let flags = self.listed("flags")?;
        Some(flags.split_whitespace().any(|flag| flag == "hypervisor"))
    }

    fn listed(&self, key: &str) -> Option<&str> {
        self.blocks().find_map(|block| field(block, key))
    }

    fn kinds(&self, of: impl Fn(&str) -> Option<String>) -> Option<String> {
        let kinds: BTreeSet<String> = self.blocks().filter_map(of).collect();
        let joined = kinds.into_iter().collect::<Vec<_>>().join(" + ");
        (!joined.is_empty()).then_some(joined)
    }

    fn blocks(&self) -> impl Iterator<Item = &str> {
        self.text.split("\n\n")
    }

    fn gives_no(&self, what: &'static str) -> Unavailable {
        self.root.unclear(FILE, what, &self.text)
    }
}

fn field<'a>(block: &'a str, key: &str) -> Option<&'a str> {
    let value = block.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim())
    })?;
    (!value.is_empty()).then_some(value)
}
