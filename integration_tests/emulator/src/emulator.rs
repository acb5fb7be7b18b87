//! A running emulator: a thread of its own that serves until the handle is dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::event::Event;
use crate::fault::Fault;
use crate::journal::Entry;
use crate::role::SessionRequest;
use crate::server::{Shared, serve};
use crate::service::Service;
use crate::settings::Settings;
use crate::tls::Identity;

/// A running emulator, which stops when this is dropped.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    certificate_authority: Option<String>,
    shared: Shared,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Emulator {
    /// Starts one on 127.0.0.1; it takes requests from the moment this returns.
    ///
    /// # Errors
    /// When the port cannot be bound, the certificate cannot be made or the thread cannot be started.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let identity = settings.tls.as_deref().map(Identity::new).transpose()?;
        let (acceptor, certificate_authority) =
            identity.map(|identity| (identity.acceptor, identity.certificate_authority)).unzip();
        let shared = Shared::new(Service::new(settings));
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let served = shared.clone();
        let thread = thread::Builder::new().name("emulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                tokio::select! {
                    ended = serve(listener, acceptor, served) => ended,
                    _ = stopped => Ok(()),
                }
            })
        })?;
        Ok(Self { address, certificate_authority, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens, such as `http://127.0.0.1:49152`, or `https:` and so on with [`Settings::tls`].
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificate_authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate, as PEM, that a client has to trust to reach it over TLS; `None` without [`Settings::tls`].
    #[must_use]
    pub fn certificate_authority(&self) -> Option<&str> {
        self.certificate_authority.as_deref()
    }

    /// Every request to CloudTrail so far, in the order of arrival.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.with(|service| service.journal.clone())
    }

    /// Every request for a session so far, in the order of arrival; they are not in [`Emulator::journal`].
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionRequest> {
        self.shared.with(|service| service.sts.journal.clone())
    }

    /// Adds events, which may be of any time; they are served from now on, or from their own moment on.
    pub fn add(&self, events: Vec<Event>) {
        self.shared.with(|service| service.store.add(events));
    }

    /// Replaces the script of faults; its requests are counted from 0 again, starting with the next one to arrive.
    pub fn set_faults(&self, faults: Vec<(u64, Fault)>) {
        self.shared.with(|service| service.mischief.rewrite(faults));
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// When the listening socket fails.
    pub fn wait(mut self) -> io::Result<()> {
        let thread = self.thread.take();
        thread.map_or(Ok(()), |thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the emulator's thread panicked")))
        })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic was reported on stderr when it happened.
            let _ = thread.join();
        }
    }
}
