//! Reads the operator out of the messages with which ONNX Runtime says that it has none such.

/// An operator as far as a message tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lacking {
    pub(crate) op_type: String,
    /// `None` where the message does not say.
    pub(crate) domain: Option<String>,
    /// The opset of the domain; `None` where the message does not say.
    pub(crate) opset: Option<i64>,
}

/// The operator that is lacking; `None` where the message is about something else.
pub(crate) fn parse(message: &str) -> Option<Lacking> {
    no_kernel(message)
        .or_else(|| no_kernel_of_types(message))
        .or_else(|| no_schema(message))
        .or_else(|| not_in_opset(message))
}

/// `Could not find an implementation for BitShift(11) node with name 'shift'`: no kernel for these types.
fn no_kernel(message: &str) -> Option<Lacking> {
    let rest = message.strip_prefix("Could not find an implementation for ")?;
    let (operator, rest) = rest.split_once('(')?;
    let (since, rest) = rest.split_once(')')?;
    since.parse::<u32>().ok()?;
    rest.strip_prefix(" node with name '")?.strip_suffix('\'')?;
    named(operator)
}

/// `Failed to find kernel for Cast(24) (node:'' ep:'CPUExecutionProvider'). Op with name () domain () and type (Cast) kernel is
/// not supported in CPUExecutionProvider. Encountered following errors: (…)`.
fn no_kernel_of_types(message: &str) -> Option<Lacking> {
    let rest = message.strip_prefix("Failed to find kernel for ")?;
    let (operator, rest) = rest.split_once('(')?;
    let (_, rest) = rest.split_once(" domain (")?;
    let (domain, rest) = rest.split_once(')')?;
    let same = rest.strip_prefix(" and type (")?.strip_prefix(operator)?;
    same.strip_prefix(") kernel is not supported in ")?;
    Some(Lacking {
        domain: Some(domain.to_owned()),
        ..named(operator)?
    })
}

/// `Fatal error: com.example:NoSuch(-1) is not a registered function/op`: a domain that is known by its import only.
fn no_schema(message: &str) -> Option<Lacking> {
    let rest = message.strip_prefix("Fatal error: ")?;
    let full = rest.strip_suffix("(-1) is not a registered function/op")?;
    let (domain, operator) = full.rsplit_once(':').unwrap_or(("", full));
    Some(Lacking {
        domain: Some(domain.to_owned()),
        ..named(operator)?
    })
}

/// `This is an invalid model. In Node, ("n", Gelu, "", -1) : (…) -> (…) , Error No Op registered for Gelu with domain_version of
/// 17`, where the node in front may be one around it; or `Op registered for Upsample is deprecated in domain_version of 17`.
fn not_in_opset(message: &str) -> Option<Lacking> {
    message.strip_prefix("This is an invalid model. In Node, (")?;
    let (_, rest) = message.rsplit_once(" , Error ")?;
    let line = rest.lines().next()?;
    let (operator, opset) = match line.strip_prefix("No Op registered for ") {
        Some(rest) => rest.split_once(" with domain_version of ")?,
        None => line
            .strip_prefix("Op registered for ")?
            .split_once(" is deprecated in domain_version of ")?,
    };
    Some(Lacking {
        opset: Some(opset.trim().parse().ok()?),
        ..named(operator)?
    })
}

/// An operator of this name, which must be one.
fn named(operator: &str) -> Option<Lacking> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let is_name = !operator.is_empty() && operator.chars().all(is_part);
    is_name.then(|| Lacking {
        op_type: operator.to_owned(),
        domain: None,
        opset: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn lacks(message: &str, operator: &str, domain: Option<&str>, opset: Option<i64>) {
        let expected = Lacking {
            op_type: operator.to_owned(),
            domain: domain.map(str::to_owned),
            opset,
        };
        assert_eq!(parse(message), Some(expected), "{message}");
    }

    #[test]
    fn a_missing_kernel_is_named() {
        lacks(
            "Could not find an implementation for ImageDecoder(20) node with name ''",
            "ImageDecoder",
            None,
            None,
        );
        lacks(
            "Could not find an implementation for BitShift(11) node with name 'my 'shift' (2)'",
            "BitShift",
            None,
            None,
        );
    }

    #[test]
    fn a_kernel_missing_for_the_types_is_named_with_its_domain() {
        let message = |domain: &str| {
            format!(
                "Failed to find kernel for Cast(24) (node:'' ep:'CPUExecutionProvider'). Op with name () domain ({domain}) and type (Cast) kernel is not supported in CPUExecutionProvider. Encountered following errors: ( Version mismatch. node_version: 24 kernel start version: 6 kernel_end_version: 12\n)"
            )
        };
        lacks(&message(""), "Cast", Some(""), None);
        lacks(
            &message("com.microsoft"),
            "Cast",
            Some("com.microsoft"),
            None,
        );
    }

    #[test]
    fn an_operator_of_a_domain_without_schema_is_named_with_it() {
        lacks(
            "Fatal error: ai.onnx.preview.training:Momentum(-1) is not a registered function/op",
            "Momentum",
            Some("ai.onnx.preview.training"),
            None,
        );
    }

    #[test]
    fn an_operator_that_the_opset_lacks_is_named_with_the_opset() {
        lacks(
            "This is an invalid model. In Node, (\"n , Error \", Gelu, \"\", -1) : (\"x\": tensor(float),) -> (\"y\": tensor(float),) , Error No Op registered for Gelu with domain_version of 17",
            "Gelu",
            None,
            Some(17),
        );
        lacks(
            "This is an invalid model. In Node, (\"if\", If, \"\", -1) : (\"c\": tensor(bool),) -> (\"y\": tensor(float),) , Error No Op registered for NoSuch with domain_version of 17\n\n==> Context: Bad node spec for node. Name: inner OpType: NoSuch",
            "NoSuch",
            None,
            Some(17),
        );
        lacks(
            "This is an invalid model. In Node, (\"n\", Upsample, \"\", -1) : (\"x\": tensor(float),) -> (\"y\": tensor(float),) , Error Op registered for Upsample is deprecated in domain_version of 17",
            "Upsample",
            None,
            Some(17),
        );
    }

    #[test]
    fn other_messages_are_about_something_else() {
        for message in [
            "",
            "Protobuf parsing failed.",
            "No graph was found in the protobuf.",
            "Could not find an implementation for ",
            "Could not find an implementation for BitShift(x) node with name ''",
            "Could not find an implementation for Bit Shift(11) node with name ''",
            "Could not find an implementation for BitShift(11)",
            "Failed to find kernel for Cast(24) (node:'' ep:''). Op with name () domain () and type (Add) kernel is not supported in X",
            "Fatal error: com.example:(-1) is not a registered function/op",
            "This is an invalid model. In Node, (\"n\", Relu, \"\", -1) : () -> () , Error No opset import for domain 'com.example'",
            "This is an invalid model. In Node, (\"n\", Relu, \"\", -1) : () -> () , Error No Op registered for Relu with domain_version of x",
            "Node (n) Op (MatMul) [ShapeInferenceError] Incompatible dimensions for matrix multiplication",
        ] {
            assert_eq!(parse(message), None, "{message}");
        }
    }
}
