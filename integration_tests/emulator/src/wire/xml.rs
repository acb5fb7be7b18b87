//! The XML of STS, in the layout of AWS's own responses.

use super::aws_error::AwsError;

const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// The namespace of errors that occur before a request reaches its service.
const FRONT_END: &str = "http://webservices.amazon.com/AWSFault/2005-15-09";

/// An element, by its name: one with text, on one line, or one with child elements, each on lines of its own.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Text(&'a str, &'a str),
    Parent(&'a str, Vec<Node<'a>>),
}

/// The response of an operation that succeeded.
pub(crate) fn response(operation: &str, result: Vec<Node<'_>>, request_id: &str) -> String {
    let result_name = format!("{operation}Result");
    let children = [
        Node::Parent(&result_name, result),
        Node::Parent("ResponseMetadata", vec![Node::Text("RequestId", request_id)]),
    ];
    document(&format!("{operation}Response"), STS, &children)
}

/// The response to a request that failed.
pub(crate) fn error_response(error: &AwsError, request_id: &str) -> String {
    let namespace = if error.code == "InvalidAction" { FRONT_END } else { STS };
    let kind = if error.status < 500 { "Sender" } else { "Receiver" };
    let error = vec![Node::Text("Type", kind), Node::Text("Code", &error.code), Node::Text("Message", &error.message)];
    document("ErrorResponse", namespace, &[Node::Parent("Error", error), Node::Text("RequestId", request_id)])
}

fn document(name: &str, namespace: &str, children: &[Node<'_>]) -> String {
    let lines: String = children.iter().map(|child| line(child, 1)).collect();
    format!("<{name} xmlns=\"{namespace}\">\n{lines}</{name}>\n")
}

fn line(node: &Node<'_>, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match node {
        Node::Text(name, text) => format!("{indent}<{name}>{}</{name}>\n", escape(text)),
        Node::Parent(name, children) => {
            let lines: String = children.iter().map(|child| line(child, depth + 1)).collect();
            format!("{indent}<{name}>\n{lines}{indent}</{name}>\n")
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_has_a_result_and_metadata() {
        let result = vec![Node::Parent("Credentials", vec![Node::Text("SecretAccessKey", "a&b")])];
        assert_eq!(
            response("AssumeRole", result, "id"),
            r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <Credentials>
      <SecretAccessKey>a&amp;b</SecretAccessKey>
    </Credentials>
  </AssumeRoleResult>
  <ResponseMetadata>
    <RequestId>id</RequestId>
  </ResponseMetadata>
</AssumeRoleResponse>
"#
        );
    }

    #[test]
    fn an_error_says_whether_the_sender_is_at_fault() {
        let text = error_response(&AwsError::new(403, "AccessDenied", "no <way>"), "id");
        assert_eq!(
            text,
            r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>AccessDenied</Code>
    <Message>no &lt;way&gt;</Message>
  </Error>
  <RequestId>id</RequestId>
</ErrorResponse>
"#
        );
        assert!(error_response(&AwsError::new(500, "InternalFailure", ""), "id").contains("<Type>Receiver</Type>"));
        assert!(error_response(&AwsError::new(400, "InvalidAction", ""), "id").contains("AWSFault/2005-15-09"));
    }
}
