//! Refuses a truncated XML answer.
//!
//! The SDK's XML reader takes the end of the text for the end of every open element. An answer truncated on the way
//! would pass for a shorter list. A truncated JSON text does not parse.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Fails an answer of a service that speaks XML unless its outermost element is closed. The failure is classified as an
/// unreadable answer, and retried.
#[derive(Debug)]
pub struct WholeXml;

impl Intercept for WholeXml {
    fn name(&self) -> &'static str {
        "WholeXml"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        match response.body().bytes() {
            Some(body) if response.status().is_success() && !is_whole(body) => {
                Err("the answer ends in the middle".into())
            }
            _ => Ok(()),
        }
    }
}

/// Returns true if the outermost element is closed, which is `<Operation>Response` in every answer.
/// Source: AWS Query protocol, <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>.
fn is_whole(body: &[u8]) -> bool {
    let last_element =
        body.iter().rposition(|byte| *byte == b'<').map(|start| body[start..].trim_ascii_end());
    last_element.is_some_and(|element| element.starts_with(b"</") && element.ends_with(b"Response>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_outermost_element_is_closed() {
        assert!(is_whole(b"<GetThingResponse><GetThingResult/></GetThingResponse>\n"));
        assert!(!is_whole(b"<GetThingResponse><GetThingResult><Thi"));
        assert!(!is_whole(b"<GetThingResponse><GetThingResult/>"));
        assert!(!is_whole(b"<GetThingResponse>"));
        assert!(!is_whole(b""));
    }
}
