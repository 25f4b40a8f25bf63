//! Sums over operators.

use std::collections::BTreeMap;

use tare_units::{Bytes, Flops};

use super::count::Counted;
use super::traffic::{bytes_of, constants};
use super::{Class, ClassFacts, Facts, KindFacts, liveness};
use crate::graph::Declared;
use crate::resolve::Resolved;

pub(super) fn sum(resolved: &Resolved, counted: &[Counted]) -> Facts {
    let costs = || counted.iter().filter_map(|counted| counted.cost.as_ref());
    let add = |pick: fn(&crate::cost::Cost) -> u64| costs().map(pick).fold(0, u64::saturating_add);
    let macs_linear = add(|cost| cost.linear_macs);
    let normalised = add(|cost| cost.normalised);
    let input = io(resolved, &resolved.graph.inputs);
    let output = io(resolved, &resolved.graph.outputs);
    let ends = input.saturating_add(output);
    let unfused = counted.iter().map(bytes);
    let parameters = resolved.weights.iter().map(|weight| weight.elements);
    Facts {
        parameters: parameters.fold(0, u64::saturating_add),
        operators: counted.len(),
        flops: Flops::from_operations(add(crate::cost::Cost::flops)),
        macs: add(|cost| cost.macs),
        macs_linear,
        macs_paper: macs_linear.saturating_add(normalised.saturating_mul(4)),
        bytes_min: Bytes::from_bytes(constants(resolved).saturating_add(ends)),
        bytes_unfused: Bytes::from_bytes(unfused.fold(0, u64::saturating_add)),
        input_bytes: Bytes::from_bytes(input),
        output_bytes: Bytes::from_bytes(output),
        peak_activation_bytes: Bytes::from_bytes(liveness::peak(resolved)),
        by_class: by_class(counted),
        by_kind: by_kind(resolved, counted),
        unknown_cost: counted
            .iter()
            .filter_map(|counted| counted.unknown.clone())
            .collect(),
        per_operator: counted
            .iter()
            .map(|counted| counted.facts.clone())
            .collect(),
    }
}

fn bytes(counted: &Counted) -> u64 {
    let moved = [counted.facts.bytes_read, counted.facts.bytes_written];
    let moved = moved.iter().flatten().map(|bytes| bytes.as_bytes());
    moved.fold(0, u64::saturating_add)
}

fn io(resolved: &Resolved, declared: &[Declared]) -> u64 {
    let bytes = declared
        .iter()
        .filter_map(|declared| bytes_of(resolved, declared.value));
    bytes.fold(0, u64::saturating_add)
}

fn by_class(counted: &[Counted]) -> Vec<ClassFacts> {
    let mut sums: BTreeMap<Class, u64> = BTreeMap::new();
    let costs = counted.iter().filter_map(|counted| counted.cost.as_ref());
    for (class, flops) in costs.flat_map(|cost| &cost.parts) {
        let sum = sums.entry(*class).or_default();
        *sum = sum.saturating_add(*flops);
    }
    let mut classes: Vec<ClassFacts> = (sums.into_iter())
        .map(|(class, flops)| ClassFacts {
            class,
            flops: Flops::from_operations(flops),
        })
        .collect();
    classes.sort_by_key(|class| std::cmp::Reverse(class.flops));
    classes
}

fn by_kind(resolved: &Resolved, counted: &[Counted]) -> Vec<KindFacts> {
    let mut kinds: BTreeMap<String, KindFacts> = BTreeMap::new();
    for (node, counted) in resolved.graph.nodes.iter().zip(counted) {
        let name = match node.domain.as_str() {
            "" => node.op_type.clone(),
            domain => format!("{domain}::{}", node.op_type),
        };
        let kind = kinds.entry(name.clone()).or_insert(KindFacts {
            kind: name,
            count: 0,
            flops: Flops::default(),
            macs: 0,
            bytes: Bytes::default(),
        });
        kind.count += 1;
        kind.flops = kind
            .flops
            .saturating_add(counted.facts.flops.unwrap_or_default());
        kind.macs = kind.macs.saturating_add(counted.facts.macs.unwrap_or(0));
        kind.bytes = Bytes::from_bytes(kind.bytes.as_bytes().saturating_add(bytes(counted)));
    }
    let mut kinds: Vec<KindFacts> = kinds.into_values().collect();
    kinds.sort_by(|a, b| {
        b.flops
            .cmp(&a.flops)
            .then(b.bytes.cmp(&a.bytes))
            .then(a.kind.cmp(&b.kind))
    });
    kinds
}
