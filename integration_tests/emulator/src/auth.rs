//! Who may call: access keys and roles, signatures, and the checks that AWS makes before anything else.

pub(crate) mod authorization;
pub(crate) mod caller;
pub(crate) mod principal;
pub(crate) mod regions;
pub(crate) mod role;
pub(crate) mod signature;
#[cfg(test)]
pub(crate) mod test_client;
