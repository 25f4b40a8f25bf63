//! The arithmetic of profiled operators: by the name that an operator kept, and of all products and convolutions together,
//! whatever a framework has fused into them.

use std::collections::BTreeMap;

use tare_models::Facts;
use tare_models::facts::OperatorFacts;
use tare_results::{Family, FamilyShare, NodeShare, OperatorShare, Profile};
use tare_units::{Bytes, Flops};

/// What a model computes, as far as operators do most of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arithmetic {
    /// Executed, and their work, where that of all is known.
    families: BTreeMap<Family, (u64, Option<Amount>)>,
    by_name: BTreeMap<String, Amount>,
}

/// Operations, and the bytes that they read and write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Amount {
    flops: u64,
    bytes: u64,
}

impl Amount {
    fn of(operator: &OperatorFacts) -> Option<Self> {
        let read = operator.bytes_read?.as_bytes();
        Some(Self {
            flops: operator.flops?.as_operations(),
            bytes: read.saturating_add(operator.bytes_written?.as_bytes()),
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            flops: self.flops.saturating_add(other.flops),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn times(self, count: u64) -> Self {
        Self {
            flops: self.flops.saturating_mul(count),
            bytes: self.bytes.saturating_mul(count),
        }
    }
}

fn told(amount: Option<Amount>) -> (Option<Flops>, Option<Bytes>) {
    let flops = amount.map(|amount| Flops::from_operations(amount.flops));
    (flops, amount.map(|amount| Bytes::from_bytes(amount.bytes)))
}

impl Arithmetic {
    /// That of a model with these facts.
    pub fn of(facts: &Facts) -> Self {
        let mut arithmetic = Self::default();
        for operator in &facts.per_operator {
            let Some(family) = family(&operator.op_type) else {
                continue;
            };
            let none = (0, Some(Amount::default()));
            let entry = arithmetic.families.entry(family).or_insert(none);
            let own = Amount::of(operator);
            let sum = entry.1.zip(own).map(|(sum, own)| sum.and(own));
            *entry = (entry.0 + 1, sum);
            if let (Some(own), false) = (own, operator.name.is_empty()) {
                arithmetic.by_name.insert(operator.name.clone(), own);
            }
        }
        arithmetic
    }

    /// Puts operations into `profile`: of each operator that kept its name and kind of work, of each family, and of a kind
    /// that is the only one of its family. A family of which not as many operators are executed as the model has is left
    /// without: nobody says what became of the others.
    pub fn put(&self, profile: &mut Profile) {
        for node in &mut profile.nodes {
            // Convolutions of the same shapes may differ by their strides.
            let is_of_all = |family: &Family| node.count == 1 || *family == Family::MatrixProducts;
            let own = family(&node.kind).filter(is_of_all);
            let own = own.and_then(|_| self.by_name.get(&node.name));
            let own = own.map(|own| own.times(node.count));
            (node.flops, node.bytes) = told(own);
        }
        profile.families = self.shares(&profile.operators);
        for operator in &mut profile.operators {
            let own = family(&operator.kind);
            let whole = profile
                .families
                .iter()
                .find(|share| Some(share.family) == own && share.count == operator.count);
            let whole = whole.and_then(|share| share.flops.zip(share.bytes));
            let known = whole.or_else(|| by_operator(operator, &profile.nodes));
            (operator.flops, operator.bytes) = known.unzip();
        }
    }

    /// Why operators of `profile` have no operations, once what is known was put into it.
    pub fn untold(&self, profile: &Profile) -> String {
        let mut reasons = vec!["told of matrix products and convolutions only".to_owned()];
        for share in &profile.families {
            let mut kinds = profile.operators.iter();
            let is_open = |one: &OperatorShare| {
                family(&one.kind) == Some(share.family) && one.flops.is_none()
            };
            if kinds.any(is_open) {
                reasons.push(self.unknown(share));
            }
        }
        reasons.join("; ")
    }

    fn unknown(&self, share: &FamilyShare) -> String {
        let (name, executed) = (share.family.name(), share.count);
        match self.families.get(&share.family) {
            None => format!("{name}: {executed} executed where the model's file has none"),
            Some((_, None)) => format!("{name}: the model does not tell the arithmetic of each"),
            Some((own, _)) => format!(
                "{name}: {executed} executed where the model has {own}, not all under the model's names"
            ),
        }
    }

    fn shares(&self, operators: &[OperatorShare]) -> Vec<FamilyShare> {
        let mut shares: BTreeMap<Family, FamilyShare> = BTreeMap::new();
        for operator in operators {
            let Some(family) = family(&operator.kind) else {
                continue;
            };
            let share = shares.entry(family).or_insert(FamilyShare {
                family,
                count: 0,
                time_ns: 0.0,
                share: 0.0,
                flops: None,
                bytes: None,
            });
            share.count += operator.count;
            share.time_ns += operator.time_ns;
            share.share += operator.share;
        }
        for share in shares.values_mut() {
            let known = self.families.get(&share.family);
            let known = known.filter(|(count, _)| *count == share.count);
            (share.flops, share.bytes) = told(known.and_then(|(_, amount)| *amount));
        }
        let mut shares: Vec<FamilyShare> = shares.into_values().collect();
        shares.sort_by(|one, other| other.time_ns.total_cmp(&one.time_ns));
        shares
    }
}

/// The work of a kind from that of its operators; `None` unless all of it is known.
fn by_operator(kind: &OperatorShare, nodes: &[NodeShare]) -> Option<(Flops, Bytes)> {
    let own = || nodes.iter().filter(|node| node.kind == kind.kind);
    let told: u64 = own().map(|node| node.count).sum();
    let flops: Option<u64> = own().map(|node| node.flops.map(Flops::as_operations)).sum();
    let bytes: Option<u64> = own().map(|node| node.bytes.map(Bytes::as_bytes)).sum();
    let known = flops.zip(bytes).filter(|_| told == kind.count);
    known.map(|(flops, bytes)| (Flops::from_operations(flops), Bytes::from_bytes(bytes)))
}

/// The family of an operator by a framework's name of its kind, whatever stands around the name of the work itself.
fn family(kind: &str) -> Option<Family> {
    let kind = match kind.split_once('(') {
        Some((_, within)) => within.trim_end_matches(')'),
        None => kind.rsplit("::").next().unwrap_or(kind),
    };
    let kind = kind.trim_start_matches("Fused").to_ascii_lowercase();
    let is_one_of = |names: &[&str]| names.contains(&kind.as_str());
    if is_one_of(&PRODUCTS) {
        Some(Family::MatrixProducts)
    } else if is_one_of(&CONVOLUTIONS) {
        Some(Family::Convolutions)
    } else {
        None
    }
}

const PRODUCTS: [&str; 14] = [
    "addmm",
    "baddbmm",
    "bmm",
    "dynamicquantizematmul",
    "einsum",
    "gemm",
    "linear",
    "matmul",
    "matmulinteger",
    "matmulintegertofloat",
    "mm",
    "optmatmul",
    "qgemm",
    "qlinearmatmul",
];

const CONVOLUTIONS: [&str; 9] = [
    "conv",
    "conv1d",
    "conv2d",
    "conv3d",
    "convinteger",
    "convolution",
    "convtranspose",
    "nhwcconv",
    "qlinearconv",
];

#[cfg(test)]
mod tests {
    use super::*;
    use tare_models::{Model, resolve};
    use tare_models::{ShapeRequest, bind, zoo};

    /// Of an MLP with two hidden layers and 8 wide: three products.
    fn mlp() -> Arithmetic {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("m.onnx");
        let model = zoo::make("mlp:width=8,depth=2", 0, zoo::Form::Full).expect("a model");
        zoo::write(&model, &path).expect("writes");
        let model = Model::open(&path).expect("reads");
        let specs = bind(model.graph(), &ShapeRequest::default()).expect("binds");
        Arithmetic::of(&Facts::of(
            &resolve(model.graph(), &specs).expect("resolves"),
        ))
    }

    fn profile(kinds: &[(&str, u64)], nodes: &[(&str, &str)]) -> Profile {
        let operators = kinds.iter().map(|(kind, count)| OperatorShare {
            kind: (*kind).to_owned(),
            count: *count,
            time_ns: 10.0 * *count as f64,
            share: 0.1,
            flops: None,
            bytes: None,
        });
        let nodes = nodes.iter().map(|(name, kind)| NodeShare {
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
            count: 1,
            time_ns: 1.0,
            share: 0.1,
            flops: None,
            bytes: None,
        });
        Profile {
            perturbation: None,
            requests: 3,
            latency_p50_ns: 100.0,
            operators: operators.collect(),
            nodes: nodes.collect(),
            families: Vec::new(),
            device: None,
        }
    }

    #[test]
    fn a_family_has_the_operations_of_all_its_operators_however_they_were_fused() {
        let arithmetic = mlp();
        let count = arithmetic.families[&Family::MatrixProducts].0;
        let kinds = [("FusedGemm", count - 1), ("Gemm", 1), ("Relu", 2)];
        let mut profile = profile(&kinds, &[]);
        arithmetic.put(&mut profile);
        assert_eq!(profile.families.len(), 1);
        let family = &profile.families[0];
        assert_eq!(
            (family.family, family.count),
            (Family::MatrixProducts, count)
        );
        assert_eq!(family.time_ns, 10.0 * count as f64);
        assert!(family.flops > Some(Flops::from_operations(0)));
        let weights = 4 * (8 * 8) as u64;
        assert!(family.bytes.is_some_and(|bytes| bytes.as_bytes() > weights));
        let known: Vec<_> = profile.operators.iter().map(|one| one.flops).collect();
        assert_eq!(known, [None; 3], "two kinds share them");
    }

    #[test]
    fn the_only_kind_of_a_family_has_its_operations() {
        let arithmetic = mlp();
        let count = arithmetic.families[&Family::MatrixProducts].0;
        let mut profile = profile(&[("aten::linear", count), ("aten::relu", 2)], &[]);
        arithmetic.put(&mut profile);
        assert_eq!(profile.operators[0].flops, profile.families[0].flops);
        assert!(profile.operators[0].flops.is_some() && profile.operators[1].flops.is_none());
    }

    #[test]
    fn where_some_operators_are_gone_nothing_is_said_but_why() {
        let mut profile = profile(&[("Gemm", 1)], &[]);
        mlp().put(&mut profile);
        assert_eq!(profile.families[0].flops, None);
        assert_eq!(profile.operators[0].flops, None);
        let why = mlp().untold(&profile);
        assert!(
            why.contains("matrix products: 1 executed where the model has 2"),
            "{why}"
        );
    }

    #[test]
    fn an_operator_that_kept_its_name_has_its_own() {
        let arithmetic = mlp();
        let (name, amount) = arithmetic.by_name.iter().next().expect("a name");
        let nodes = [
            (name.as_str(), "Gemm"),
            (name.as_str(), "Relu"),
            ("other", "Gemm"),
        ];
        let mut profile = profile(&[("Gemm", 1)], &nodes);
        arithmetic.put(&mut profile);
        let known: Vec<_> = profile.nodes.iter().map(|one| one.flops).collect();
        let own = Flops::from_operations(amount.flops);
        assert_eq!(known, [Some(own), None, None]);
        assert_eq!(
            profile.nodes[0].bytes,
            Some(Bytes::from_bytes(amount.bytes))
        );
    }

    #[test]
    fn operators_alike_have_their_operations_together_and_so_has_a_kind_all_of_which_are_known() {
        let arithmetic = mlp();
        let names: Vec<&String> = arithmetic.by_name.keys().collect();
        let [first, second, ..] = names[..] else {
            panic!("two products have names")
        };
        let kinds = [("MatMul", 3), ("FusedMatMul", 4), ("Relu", 1)];
        let nodes = [
            (first.as_str(), "MatMul"),
            (second.as_str(), "MatMul"),
            (first.as_str(), "FusedMatMul"),
        ];
        let mut profile = profile(&kinds, &nodes);
        profile.nodes[0].count = 2;
        arithmetic.put(&mut profile);
        let [one, other] = [first, second].map(|name| arithmetic.by_name[name].flops);
        let known = |flops: Option<Flops>| flops.map(Flops::as_operations);
        assert_eq!(known(profile.nodes[0].flops), Some(2 * one));
        assert_eq!(known(profile.operators[0].flops), Some(2 * one + other));
        assert_eq!(
            profile.operators[1].flops, None,
            "three of four are told of"
        );
    }

    #[test]
    fn kinds_are_known_by_the_work_within_them() {
        for product in [
            "MatMul",
            "FusedMatMul",
            "TransformInputs(FusedMatMul)",
            "aten::addmm",
            "OptMatMul",
            "FusedGemm",
        ] {
            assert_eq!(family(product), Some(Family::MatrixProducts), "{product}");
        }
        for convolution in ["Conv", "FusedConv", "aten::convolution", "aten::conv2d"] {
            assert_eq!(
                family(convolution),
                Some(Family::Convolutions),
                "{convolution}"
            );
        }
        for other in ["Convert", "Relu", "aten::add", "Attention", ""] {
            assert_eq!(family(other), None, "{other}");
        }
    }
}
