//! Reads the messages with which ONNX Runtime says that a file is newer than itself.

/// What it reads and what the model asks for; `None` where the message is about something else.
pub(crate) fn parse(message: &str) -> Option<String> {
    opset(message)
        .or_else(|| ir_version(message))
        .or_else(|| element_type(message))
}

/// `… ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 27 is under
/// development … Current official support for domain ai.onnx is till opset 26.`
fn opset(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("official released onnx opset versions. Opset ")?;
    let (asked, rest) = rest.split_once(" is under development")?;
    let (_, rest) = rest.split_once("Current official support for domain ")?;
    let (domain, known) = rest.split_once(" is till opset ")?;
    let asked = asked.parse::<i64>().ok()?;
    let known = known.trim().strip_suffix('.')?.parse::<i64>().ok()?;
    Some(format!(
        "reads {domain} to opset {known}, but the model asks for {asked}: take a newer version of onnxruntime, or export the model for opset {known}"
    ))
}

/// `… Unsupported model IR version: 14, max supported IR version: 13`.
fn ir_version(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("Unsupported model IR version: ")?;
    let (asked, known) = rest.split_once(", max supported IR version: ")?;
    let (asked, known) = (
        asked.parse::<i64>().ok()?,
        known.trim().parse::<i64>().ok()?,
    );
    Some(format!(
        "reads files to IR version {known}, but the model has {asked}: take a newer version of onnxruntime, or export the model for IR version {known}"
    ))
}

/// `Exception during loading: MLDataType for: tensor(float8e8m0) is not currently registered or supported`.
fn element_type(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("MLDataType for: tensor(")?;
    let (element, _) = rest.split_once(") is not currently registered or supported")?;
    Some(format!(
        "has no tensors of {element}: take a newer version of onnxruntime, or another element type"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opset_beyond_the_version_is_told_with_both() {
        let message = "/onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void onnxruntime::model_load_utils::ValidateOpsetForDomain(const std::unordered_map<std::__cxx11::basic_string<char>, int>&, const onnxruntime::logging::Logger&, bool, const std::string&, int) ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 27 is under development and support for this is limited. The operator schemas and or other functionality may change before next ONNX release and in this case ONNX Runtime will not guarantee backward compatibility. Current official support for domain ai.onnx is till opset 26.\n";
        assert_eq!(
            parse(message).as_deref(),
            Some(
                "reads ai.onnx to opset 26, but the model asks for 27: take a newer version of onnxruntime, or export the model for opset 26"
            )
        );
    }

    #[test]
    fn an_ir_version_beyond_the_version_is_told_with_both() {
        let message = "/onnxruntime_src/onnxruntime/core/graph/model.cc:256 onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&) Unsupported model IR version: 14, max supported IR version: 13\n";
        assert_eq!(
            parse(message).as_deref(),
            Some(
                "reads files to IR version 13, but the model has 14: take a newer version of onnxruntime, or export the model for IR version 13"
            )
        );
    }

    #[test]
    fn an_element_type_that_the_version_lacks_is_named() {
        let message = "Exception during loading: MLDataType for: tensor(float8e8m0) is not currently registered or supported";
        assert_eq!(
            parse(message).as_deref(),
            Some(
                "has no tensors of float8e8m0: take a newer version of onnxruntime, or another element type"
            )
        );
    }

    #[test]
    fn other_messages_are_about_something_else() {
        for message in [
            "",
            "Protobuf parsing failed.",
            "Unsupported model IR version: x, max supported IR version: 13",
            "official released onnx opset versions. Opset 27 is under development.",
        ] {
            assert_eq!(parse(message), None, "{message}");
        }
    }
}
