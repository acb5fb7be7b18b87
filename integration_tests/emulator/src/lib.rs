//! A strict emulator of CloudTrail's `LookupEvents`, the API that this project reads: the wire protocol with signatures,
//! the order of events and the rules of paging, the quota, the errors, and everything that goes wrong in practice, on
//! request. For development and tests only.
//!
//! At the same address it answers `AssumeRole` of STS, for sessions that hold for seconds, which neither AWS nor other
//! emulators give out, and that its CloudTrail knows; for everything else about STS there are better emulators.
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

mod answer;
mod assume_role;
mod authorization;
mod calendar;
mod caller;
mod circle;
#[cfg(test)]
mod client;
mod emulator;
mod event;
mod fault;
mod filter;
mod generate;
mod journal;
mod latency;
mod lookup;
mod other_reader;
mod page;
mod payload;
mod principal;
mod rate;
mod role;
mod server;
mod service;
mod settings;
mod signature;
mod store;
mod sts;
mod throttle;
mod tls;
mod token;
mod uuid;
mod wire_error;
mod xml;

pub use caller::Caller;
pub use emulator::Emulator;
pub use event::{Category, DEFAULT_ACCOUNT, DEFAULT_REGION, Event};
pub use fault::{Fault, RandomFaults};
pub use generate::{Generator, Shape, generate};
pub use journal::{Entry, Outcome};
pub use latency::Latency;
pub use page::TimeFormat;
pub use rate::Limiter;
pub use role::{Role, SessionRequest};
pub use settings::Settings;
pub use token::TokenKind;
