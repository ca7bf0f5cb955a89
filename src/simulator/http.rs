//! The HTTP server on loopback: connections, headers and bodies, but nothing specific to AWS.

use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::protocol::Signature;
use super::server::{Ending, Reply, State};

/// Accepts connections until it is dropped, which also ends them.
pub(super) async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // Probably too many open files. The next connection may succeed.
                let Ok((stream, _)) = accepted else { continue };
                // Small answers must not wait for a full packet.
                let _ = stream.set_nodelay(true);
                let state = state.clone();
                connections.spawn(async move {
                    let service = service_fn(|request| respond(&state, request));
                    // A connection that the client cuts is not an error.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn respond(state: &State, request: Request<Incoming>) -> io::Result<Response<Payload>> {
    let (head, body) = request.into_parts();
    let header = |headers: &HeaderMap, name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    let target = header(&head.headers, "x-amz-target");
    let token = header(&head.headers, "x-amz-security-token");
    let signature = header(&head.headers, AUTHORIZATION.as_str())
        .and_then(|authorization| Signature::parse(&authorization, token.as_deref()));
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    match state.serve(target.as_deref(), signature, body).await {
        // hyper closes the connection of a service that fails.
        Reply::Reset => Err(io::Error::other("a scripted reset")),
        Reply::Hang => pending().await,
        Reply::Answer { status, content_type, request_id, body, ending } => {
            let announced = body.len();
            let mut bytes = Bytes::from(body);
            if ending == Ending::Truncated {
                bytes.truncate(announced / 2);
            }
            let mut response = Response::builder()
                .status(status)
                .header(CONTENT_TYPE, content_type)
                .header("x-amzn-requestid", request_id);
            if ending != Ending::Never {
                response = response.header(CONTENT_LENGTH, announced);
            }
            response.body(Payload { bytes: Some(bytes), ending }).map_err(io::Error::other)
        }
    }
}

/// A body in one piece, which may be truncated, or be followed by endless spaces.
struct Payload {
    bytes: Option<Bytes>,
    ending: Ending,
}

const SPACES: &[u8] = &[b' '; 1 << 16];

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(match self.bytes.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None => match self.ending {
                Ending::Truncated => Some(Err(io::Error::other("a scripted truncation"))),
                Ending::Never => Some(Ok(Frame::data(Bytes::from_static(SPACES)))),
                Ending::Whole => None,
            },
        })
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && self.ending == Ending::Whole
    }
}
