//! A strict emulator of CloudTrail's `LookupEvents`, the API that this project reads: the wire protocol with
//! signatures, the order of events, paging, the quota, AWS's errors, and, if a test wants it, everything that goes
//! wrong in practice. For development and tests only.
//!
//! At the same address, it emulates what a client needs to read a whole organization: `AssumeRole` of STS, with
//! sessions that all its APIs know and that may be valid for seconds only, which neither AWS nor other emulators offer,
//! `GetCallerIdentity` of STS, `ListAccounts` of Organizations, and `ListRegions` of Account Management. For everything
//! else about these services, use another emulator.
//!
//! Dependencies go one way. Each module uses only modules that come after it in this list: `emulator`, `http`, `api`,
//! `settings`, `organization`, `throttling`, `faults`, `generate`, `history`, `auth`, `wire`, `random`.
//!
//! ```
//! use cloudtrail_emulator::{Emulator, Generator, Settings, generate};
//!
//! let events = generate(&Generator { count: 120, ..Generator::new(1_740_000_000, 1_740_003_600) });
//! let emulator = Emulator::start(Settings { events, ..Settings::default() })?;
//! assert!(emulator.url().starts_with("http://127.0.0.1:"));
//! assert!(emulator.journal().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```

mod api;
mod auth;
mod emulator;
mod faults;
mod generate;
mod history;
mod http;
#[cfg(test)]
mod layers;
mod organization;
mod random;
mod settings;
mod throttling;
mod wire;

pub use api::journal::{Call, Entry, Outcome, SessionRequest};
pub use auth::{
    caller::{Caller, DEFAULT_ACCOUNT, DEFAULT_REGION},
    regions::{RegionStatus, default_regions},
    role::Role,
};
pub use emulator::Emulator;
pub use faults::fault::{Fault, RandomFaults};
pub use generate::{
    events::{generate, generate_each},
    generator::{Generator, Shape},
    samples::samples,
};
pub use history::{
    event::{Category, Event},
    page::TimeFormat,
    position::TokenKind,
};
pub use organization::{Account, AccountState, JoinedMethod, Organization, StatusMembers};
pub use settings::Settings;
pub use throttling::{latency::Latency, quota::Limiter};
