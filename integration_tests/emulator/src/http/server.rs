//! The connections: from the bytes of a request to the bytes of a response, or to one of the ways in which a response
//! fails. This is the only module of the library that reads the clock.

use super::response_body::{ResponseBody, trickle};
use crate::{
    api::service::Service,
    auth::signature::SignableRequest,
    wire::response::{Form, JSON, REST_JSON, Response},
};
use http_body_util::BodyExt;
use hyper::{
    Request,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    future::{pending, poll_fn},
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

/// The service, which the connections and the owner of the emulator share.
#[derive(Clone, Debug)]
pub(crate) struct SharedService {
    service: Arc<Mutex<Service>>,
    started: Instant,
}

impl SharedService {
    pub(crate) fn new(service: Service) -> Self {
        Self { service: Arc::new(Mutex::new(service)), started: Instant::now() }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Service) -> T) -> T {
        act(&mut self.service.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The response to a request that has just arrived, once it is decided.
    async fn respond(&self, request: Request<Bytes>) -> io::Result<Response> {
        let (arrived, wait) = self.with(|service| (self.started.elapsed(), service.wait(&signable(&request))));
        let Some(wait) = wait else {
            let now = SystemTime::now();
            return Ok(self.with(|service| service.respond(&signable(&request), arrived, arrived, now)));
        };
        let shared = self.clone();
        // In a task of its own, because the request counts even if its client disconnects.
        let decided = tokio::spawn(async move {
            sleep(wait).await;
            shared.with(|service| {
                service.respond(&signable(&request), arrived, shared.started.elapsed(), SystemTime::now())
            })
        });
        decided.await.map_err(io::Error::other)
    }
}

/// Serves connections until it is dropped; over TLS if there is an acceptor.
///
/// # Errors
///
/// The listener fails.
pub(crate) async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    shared: SharedService,
) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        // This fails if the client has already disconnected.
        if stream.set_nodelay(true).is_ok() {
            tokio::spawn(connection(stream, acceptor.clone(), shared.clone()));
        }
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, shared: SharedService) {
    // An error means that the client has disconnected, and there is nothing left to do.
    let _ = match acceptor {
        None => serve_requests(stream, |stream| stream, shared).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => serve_requests(stream, |stream| stream.get_ref().0, shared).await,
            Err(error) => Err(error),
        },
    };
}

/// How the server ends a connection after a fault.
enum Ending {
    Reset,
    /// Writes these bytes and closes the connection, without TLS's `close_notify`.
    CloseAfter(Vec<u8>),
    /// Writes the headers at one byte a second, then the body, and shuts the connection down.
    Trickle {
        headers: String,
        body: String,
    },
}

/// Responds to the requests that arrive on `stream`, which is over the socket that `socket` returns.
async fn serve_requests<S>(stream: S, socket: fn(&S) -> &TcpStream, shared: SharedService) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let ending = Arc::new(Mutex::new(None));
    let service =
        service_fn(|request: Request<Incoming>| Box::pin(respond(request, shared.clone(), Arc::clone(&ending))));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // An error means that the client has disconnected, or that there is an ending.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    let ending = ending.lock().unwrap_or_else(PoisonError::into_inner).take();
    match ending {
        Some(Ending::Reset) => socket(&stream).set_zero_linger(),
        Some(Ending::CloseAfter(bytes)) => {
            stream.write_all(&bytes).await?;
            stream.flush().await
        }
        Some(Ending::Trickle { headers, body }) => {
            trickle(&mut stream, headers.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
            stream.shutdown().await
        }
        None => stream.shutdown().await,
    }
}

async fn respond(
    request: Request<Incoming>,
    shared: SharedService,
    ending: Arc<Mutex<Option<Ending>>>,
) -> io::Result<hyper::Response<ResponseBody>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let response = shared.respond(Request::from_parts(parts, body)).await?;
    sleep(response.delay).await;
    let mut error_type = None;
    let (status, content_type, body) = match response.form {
        Form::Complete { status, content_type, body } => (status, content_type, ResponseBody::complete(body)),
        Form::RestError { status, code, body } => {
            error_type = Some(code);
            (status, REST_JSON, ResponseBody::complete(body))
        }
        Form::TrickledBody(body) => (200, JSON, ResponseBody::trickled(body)),
        Form::Oversized(body, length) => (200, JSON, ResponseBody::padded(body, length)),
        Form::Hang => pending().await,
        Form::Reset => return end(&ending, Ending::Reset),
        Form::Truncated(ref body) => {
            let half = &body.as_bytes()[..body.len() / 2];
            return end(&ending, Ending::CloseAfter([headers(&response, body, "").as_bytes(), half].concat()));
        }
        Form::TrickledHeaders(ref body) => {
            let headers = headers(&response, body, "Connection: close\r\n");
            return end(&ending, Ending::Trickle { headers, body: body.clone() });
        }
    };
    let mut builder = hyper::Response::builder();
    if let Some(code) = error_type {
        builder = builder.header("x-amzn-ErrorType", code);
    }
    builder
        .status(status)
        .header("Content-Type", content_type)
        .header("Date", response.date)
        .header("x-amzn-RequestId", response.request_id)
        .body(body)
        .map_err(io::Error::other)
}

/// The status line and the headers of a response with this body, for endings that hyper can't write.
fn headers(response: &Response, body: &str, additional: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nDate: {}\r\nx-amzn-RequestId: {}\r\n\
         Content-Length: {}\r\n{additional}\r\n",
        response.date,
        response.request_id,
        body.len()
    )
}

/// Has hyper stop serving the connection, which then gets this ending.
fn end<T>(slot: &Mutex<Option<Ending>>, ending: Ending) -> io::Result<T> {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
    Err(io::Error::other("the connection ends without a regular response"))
}

fn signable(request: &Request<Bytes>) -> SignableRequest<'_> {
    SignableRequest {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        body: request.body(),
    }
}
