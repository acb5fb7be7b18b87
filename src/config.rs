//! The connector's configuration: as the user wrote it, resolved into what the rest of the program relies on.
//!
//! `schemas/spec.json` describes it to the platform. Unknown keys are ignored, and a null or an empty string counts as
//! absent. All mistakes are reported at once, and none of the messages quotes a secret.

pub(crate) mod accounts;
pub(crate) mod config_error;
pub(crate) mod credentials;
mod endpoint;
pub(crate) mod filter;
pub(crate) mod raw_config;
pub(crate) mod regions;
pub mod resolved_config;
