//! Requests that no SDK sends, and many connections at once.

use super::*;

/// Sends one request without an SDK, and returns the whole answer.
async fn raw(address: SocketAddr, headers: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn what_no_sdk_would_send_is_refused() {
    let simulator = start(Config::default());
    let signed = "Authorization: AWS4-HMAC-SHA256 Credential=AKIATEST/20260301/us-east-1/sso/aws4_request, Signature=0\r\n";
    let target = "X-Amz-Target: SWBExternalService.ListInstances\r\n";
    let unsigned = raw(simulator.address, target, "{}").await;
    assert!(
        unsigned.starts_with("HTTP/1.1 400") && unsigned.contains("MissingAuthenticationToken"),
        "{unsigned}"
    );
    assert!(unsigned.contains("x-amzn-requestid: "), "{unsigned}");
    let mutating = format!("{signed}X-Amz-Target: SWBExternalService.DeletePermissionSet\r\n");
    assert!(raw(simulator.address, &mutating, "{}").await.contains("UnknownOperationException"));
    let query = raw(simulator.address, "", "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert!(
        query.starts_with("HTTP/1.1 403") && query.contains("<Code>MissingAuthenticationToken"),
        "{query}"
    );
    let empty_token = format!("{signed}X-Amz-Target: AWSOrganizationsV20161128.ListAccounts\r\n");
    let refused = raw(simulator.address, &empty_token, r#"{"NextToken":""}"#).await;
    assert!(refused.contains("InvalidInputException"), "{refused}");
}

#[tokio::test]
async fn hundreds_of_connections_are_served_together() {
    let simulator = start(Config { latency: std::time::Duration::from_millis(200), ..Config::default() });
    let target = "X-Amz-Target: SWBExternalService.ListInstances\r\nAuthorization: Credential=AKIATEST/20260301/us-east-1/sso/aws4_request,\r\n";
    let (mut answered, mut open) = (0, tokio::task::JoinSet::new());
    for _ in 0..300 {
        open.spawn(raw(simulator.address, target, "{}"));
    }
    while let Some(answer) = open.join_next().await {
        answered += usize::from(answer.unwrap().starts_with("HTTP/1.1 200"));
    }
    assert_eq!(answered, 300);
    assert!(simulator.calls().peak() > 200, "{} at once", simulator.calls().peak());
}
