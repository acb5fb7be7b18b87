//! `NextToken`: an opaque string that contains a position, is valid only with the parameters of the request that got
//! it, and may expire.

use super::position::Position;
use crate::auth::signature::hmac;
use std::time::Duration;

/// Issues tokens and redeems them.
#[derive(Debug)]
pub(crate) struct TokenIssuer {
    key: u64,
    lifetime: Option<Duration>,
    issued: u64,
}

impl TokenIssuer {
    /// An issuer that redeems only tokens that were issued with the same key. Without a lifetime, they never expire.
    pub(crate) fn new(key: u64, lifetime: Option<Duration>) -> Self {
        Self { key, lifetime, issued: 0 }
    }

    /// A token for `position`, valid for `scope`. No two tokens are the same, even for the same position and time.
    pub(crate) fn issue(&mut self, position: Position, scope: &str, now: Duration) -> String {
        let position = match position {
            Position::Newest => "N".to_owned(),
            Position::After { second, number } => format!("A:{second}:{number}"),
            Position::Skip(count) => format!("S:{count}"),
        };
        self.issued += 1;
        let payload = format!("{}:{}:{position}", now.as_millis(), self.issued);
        let signature = self.signature(&payload, scope);
        hex::encode(format!("{payload}:{signature}"))
    }

    /// The position in a token; `None` if it is invalid, was issued for another scope, or has expired.
    pub(crate) fn redeem(&self, token: &str, scope: &str, now: Duration) -> Option<Position> {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let (payload, signature) = text.rsplit_once(':')?;
        if signature != self.signature(payload, scope) {
            return None;
        }
        let mut parts = payload.split(':');
        let issued_at = Duration::from_millis(parts.next()?.parse().ok()?);
        if self.lifetime.is_some_and(|lifetime| now.saturating_sub(issued_at) > lifetime) {
            return None;
        }
        let _number: u64 = parts.next()?.parse().ok()?;
        match parts.next()? {
            "N" => Some(Position::Newest),
            "A" => Some(Position::After { second: parts.next()?.parse().ok()?, number: parts.next()?.parse().ok()? }),
            "S" => Some(Position::Skip(parts.next()?.parse().ok()?)),
            _ => None,
        }
    }

    fn signature(&self, payload: &str, scope: &str) -> String {
        let message = format!("{payload}\n{scope}");
        hex::encode(&hmac(&self.key.to_be_bytes(), message.as_bytes())[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const POSITIONS: [Position; 4] = [
        Position::Newest,
        Position::After { second: 1_740_000_000, number: 17 },
        Position::After { second: -1, number: u64::MAX },
        Position::Skip(50),
    ];

    #[test]
    fn a_token_contains_its_position() {
        let mut issuer = TokenIssuer::new(1, None);
        for position in POSITIONS {
            let token = issuer.issue(position, "a", Duration::from_secs(1));
            assert_eq!(issuer.redeem(&token, "a", Duration::from_secs(1_000_000)), Some(position));
        }
    }

    #[test]
    fn a_token_for_another_request_or_from_another_emulator_is_invalid() {
        let token = TokenIssuer::new(1, None).issue(Position::Skip(50), "a", Duration::ZERO);
        assert_eq!(TokenIssuer::new(1, None).redeem(&token, "b", Duration::ZERO), None);
        assert_eq!(TokenIssuer::new(2, None).redeem(&token, "a", Duration::ZERO), None);
    }

    #[test]
    fn a_token_expires() {
        let mut issuer = TokenIssuer::new(1, Some(Duration::from_mins(1)));
        let token = issuer.issue(Position::Newest, "a", Duration::from_secs(10));
        assert!(issuer.redeem(&token, "a", Duration::from_secs(70)).is_some());
        assert!(issuer.redeem(&token, "a", Duration::from_millis(70_001)).is_none());
    }

    #[test]
    fn a_malformed_token_is_invalid() {
        let mut issuer = TokenIssuer::new(1, None);
        let token = issuer.issue(Position::Skip(50), "a", Duration::ZERO);
        let other = issuer.issue(Position::Skip(51), "a", Duration::ZERO);
        let half = token.len() / 2;
        let mixed = format!("{}{}", &token[..half], &other[half..]);
        for invalid in ["", "x", "00", "é", &token[2..], &token[..token.len() - 2], &mixed] {
            assert_eq!(issuer.redeem(invalid, "a", Duration::ZERO), None, "{invalid}");
        }
    }

    #[test]
    fn every_token_is_unique() {
        let mut issuer = TokenIssuer::new(1, None);
        let tokens: HashSet<String> = (0..10).map(|_| issuer.issue(Position::Skip(50), "a", Duration::ZERO)).collect();
        assert_eq!(tokens.len(), 10);
        assert!(tokens.iter().all(|token| issuer.redeem(token, "a", Duration::ZERO) == Some(Position::Skip(50))));
    }
}
