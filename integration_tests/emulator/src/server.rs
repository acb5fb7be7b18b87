//! The connections: HTTP/1.1 over TCP or TLS, from the bytes of a request to the bytes of an answer, or to the way in
//! which none comes. The clock is read here and nowhere else.

use std::future::{pending, poll_fn};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::answer::{Answer, CONTENT_TYPE, Form};
use crate::payload::{Payload, trickle};
use crate::service::Service;
use crate::signature::Signable;

/// The service, as the connections and the emulator's owner share it.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    service: Arc<Mutex<Service>>,
    started: Instant,
}

/// How a connection ends that does not end by itself.
enum Parting {
    Reset,
    LastWords(Vec<u8>),
    /// These words a byte a second, and then the rest.
    Trickle(String, String),
}

impl Shared {
    pub(crate) fn new(service: Service) -> Self {
        Self { service: Arc::new(Mutex::new(service)), started: Instant::now() }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Service) -> T) -> T {
        act(&mut self.service.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer to a request that has just arrived, once it is decided on.
    async fn answer(&self, request: Request<Bytes>) -> io::Result<Answer> {
        let (arrived, wait) = self.with(|service| (self.started.elapsed(), service.wait(&signable(&request))));
        let Some(wait) = wait else {
            let now = SystemTime::now();
            return Ok(self.with(|service| service.answer(&signable(&request), arrived, arrived, now)));
        };
        let shared = self.clone();
        // A task of its own, as the service gets to a request also when its client has left.
        let decided = tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            shared.with(|service| {
                service.answer(&signable(&request), arrived, shared.started.elapsed(), SystemTime::now())
            })
        });
        decided.await.map_err(io::Error::other)
    }
}

fn signable(request: &Request<Bytes>) -> Signable<'_> {
    Signable {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        body: request.body(),
    }
}

/// Serves until it is dropped; over TLS, if there is an acceptor.
pub(crate) async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, shared: Shared) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        // A client that has left already cannot be set to anything.
        if stream.set_nodelay(true).is_ok() {
            tokio::spawn(connection(stream, acceptor.clone(), shared.clone()));
        }
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, shared: Shared) {
    // An error is a client that left, which is all there is to do.
    let _ = match acceptor {
        None => converse(stream, |stream| stream, shared).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => converse(stream, |stream| stream.get_ref().0, shared).await,
            Err(error) => Err(error),
        },
    };
}

/// Answers the requests that come over `stream`, below which is `socket`. What is dropped without a shutdown ends
/// without TLS's farewell, too.
async fn converse<S>(stream: S, socket: fn(&S) -> &TcpStream, shared: Shared) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let parting = Arc::new(Mutex::new(None));
    let service =
        service_fn(|request: Request<Incoming>| Box::pin(respond(request, shared.clone(), Arc::clone(&parting))));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // An error is a client that left or a parting that is to come.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    let parting = parting.lock().unwrap_or_else(PoisonError::into_inner).take();
    match parting {
        Some(Parting::Reset) => socket(&stream).set_zero_linger(),
        Some(Parting::LastWords(bytes)) => {
            stream.write_all(&bytes).await?;
            stream.flush().await
        }
        Some(Parting::Trickle(words, rest)) => {
            trickle(&mut stream, words.as_bytes()).await?;
            stream.write_all(rest.as_bytes()).await?;
            stream.shutdown().await
        }
        None => stream.shutdown().await,
    }
}

async fn respond(
    request: Request<Incoming>,
    shared: Shared,
    parting: Arc<Mutex<Option<Parting>>>,
) -> io::Result<Response<Payload>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let answer = shared.answer(Request::from_parts(parts, body)).await?;
    tokio::time::sleep(answer.delay).await;
    let (status, content_type, body) = match answer.form {
        Form::Whole { status, content_type, body } => (status, content_type, Payload::whole(body)),
        Form::TrickledBody(body) => (200, CONTENT_TYPE, Payload::trickle(body)),
        Form::Oversized(body, length) => (200, CONTENT_TYPE, Payload::padded(body, length)),
        Form::Hang => pending().await,
        Form::Reset => return part(&parting, Parting::Reset),
        Form::Truncated(ref body) => {
            let half = &body.as_bytes()[..body.len() / 2];
            return part(&parting, Parting::LastWords([head(&answer, body, "").as_bytes(), half].concat()));
        }
        Form::TrickledHead(ref body) => {
            return part(&parting, Parting::Trickle(head(&answer, body, "Connection: close\r\n"), body.clone()));
        }
    };
    Response::builder()
        .status(status)
        .header("Content-Type", content_type)
        .header("Date", answer.date)
        .header("x-amzn-RequestId", answer.request_id)
        .body(body)
        .map_err(io::Error::other)
}

/// The head of an answer to be written past HTTP's usual means, with these headers besides.
fn head(answer: &Answer, body: &str, more: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\nDate: {}\r\nx-amzn-RequestId: {}\r\n\
         Content-Length: {}\r\n{more}\r\n",
        answer.date,
        answer.request_id,
        body.len()
    )
}

fn part<T>(parting: &Mutex<Option<Parting>>, last: Parting) -> io::Result<T> {
    *parting.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    Err(io::Error::other("the connection ends without an answer of HTTP's usual kind"))
}

#[cfg(test)]
mod tests;
