//! The Regions that are enabled in an account.

use super::{aws::Aws, errors, page_token::next_token, session::Session};
use crate::cloudtrail::lookup_error::{context::Service, error::LookupError};
use aws_sdk_account::types::RegionOptStatus;

impl Aws {
    /// The Regions that are enabled in the account of `session`, by name. Its credentials need `account:ListRegions`.
    pub(crate) async fn enabled_regions(&self, session: &Session) -> Result<Vec<String>, LookupError> {
        let client = self.account_management(session);
        let context = || self.context(Service::AccountManagement, session);
        let (mut regions, mut token) = (Vec::new(), None::<String>);
        loop {
            let request = client
                .list_regions()
                .region_opt_status_contains(RegionOptStatus::Enabled)
                .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
                .set_next_token(token.clone());
            let page = request.send().await.map_err(|error| errors::lookup_error(error, context()))?;
            regions.extend(page.regions.into_iter().flatten().filter_map(|region| region.region_name));
            token = next_token(token.as_deref(), page.next_token, context)?;
            if token.is_none() {
                break;
            }
        }
        regions.sort();
        regions.dedup();
        Ok(regions)
    }
}
