//! The answers of STS as text, in the layout of the real ones.

use crate::wire_error::WireError;

const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// What answers before a request has reached its service.
const FRONT: &str = "http://webservices.amazon.com/AWSFault/2005-15-09";

/// An element with its children, each of them a line.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Text(&'a str, &'a str),
    Parent(&'a str, Vec<Node<'a>>),
}

/// The answer of an operation.
pub(crate) fn answer(operation: &str, result: Vec<Node<'_>>, request_id: &str) -> String {
    let (response, result_name) = (format!("{operation}Response"), format!("{operation}Result"));
    let children = vec![
        Node::Parent(&result_name, result),
        Node::Parent("ResponseMetadata", vec![Node::Text("RequestId", request_id)]),
    ];
    document(&response, STS, &children)
}

/// The answer of a request that failed.
pub(crate) fn error(error: &WireError, request_id: &str) -> String {
    let namespace = if error.code == "InvalidAction" { FRONT } else { STS };
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
    fn an_answer_has_a_result_and_metadata() {
        let result = vec![Node::Parent("Credentials", vec![Node::Text("SecretAccessKey", "a&b")])];
        assert_eq!(
            answer("AssumeRole", result, "id"),
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
    fn an_error_names_who_is_at_fault() {
        let text = error(&WireError::new(403, "AccessDenied", "no <way>"), "id");
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
        assert!(error(&WireError::new(500, "InternalFailure", ""), "id").contains("<Type>Receiver</Type>"));
        assert!(error(&WireError::new(400, "InvalidAction", ""), "id").contains("AWSFault/2005-15-09"));
    }
}
