//! A running emulator: it serves in a thread of its own until it is dropped.

use crate::{
    api::{
        journal::{Call, Entry, SessionRequest},
        service::Service,
    },
    faults::fault::Fault,
    history::event::Event,
    http::{
        server::{SharedService, serve},
        tls::ServerIdentity,
    },
    settings::Settings,
};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    thread::{self, JoinHandle},
};
use tokio::{net::TcpListener, runtime, sync::oneshot};

/// A running emulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    certificate_authority: Option<String>,
    shared: SharedService,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Emulator {
    /// Starts an emulator on 127.0.0.1. It accepts connections as soon as this returns.
    ///
    /// # Errors
    ///
    /// The port is in use, the certificate can't be created, or the thread can't be started.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let identity = settings.tls.as_deref().map(ServerIdentity::new).transpose()?;
        let (acceptor, certificate_authority) =
            identity.map(|identity| (identity.acceptor, identity.certificate_authority)).unzip();
        let shared = SharedService::new(Service::new(settings));
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

    /// Its URL, such as `http://127.0.0.1:49152`, or `https://127.0.0.1:49152` with [`Settings::tls`].
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificate_authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate that clients have to trust with [`Settings::tls`], in PEM format.
    #[must_use]
    pub fn certificate_authority(&self) -> Option<&str> {
        self.certificate_authority.as_deref()
    }

    /// All requests to CloudTrail so far, in the order in which they arrived.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.with(|service| service.cloudtrail.journal.clone())
    }

    /// All requests to STS for sessions so far, in the order in which they arrived. They are not in [`Emulator::journal`].
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionRequest> {
        self.shared.with(|service| service.sts.journal.clone())
    }

    /// All requests to STS for the identity of the caller so far, in the order in which they arrived.
    #[must_use]
    pub fn caller_identity_calls(&self) -> Vec<Call> {
        self.shared.with(|service| service.sts.identities.clone())
    }

    /// All requests to Organizations for accounts so far, in the order in which they arrived.
    #[must_use]
    pub fn list_accounts_calls(&self) -> Vec<Call> {
        self.shared.with(|service| service.organizations.journal.clone())
    }

    /// All requests to Account Management for Regions so far, in the order in which they arrived.
    #[must_use]
    pub fn list_regions_calls(&self) -> Vec<Call> {
        self.shared.with(|service| service.account_management.journal.clone())
    }

    /// Adds events of any time. They are visible immediately, unless [`Event::visible_at`] says otherwise.
    pub fn add(&self, events: Vec<Event>) {
        self.shared.with(|service| service.cloudtrail.store.add(events));
    }

    /// Replaces the scripted faults. Requests are counted from 0 again, and the next one is number 0.
    pub fn set_faults(&self, faults: Vec<(u64, Fault)>) {
        self.shared.with(|service| service.cloudtrail.faults.replace_script(faults));
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    ///
    /// The listening socket fails.
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

#[cfg(test)]
mod tests;
