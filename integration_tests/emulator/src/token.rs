//! `NextToken`: an opaque text that holds a position, is bound to all other parameters of the request that got it, and
//! runs out.

use std::time::Duration;

use crate::signature::hmac;
use crate::store::Position;

/// What a token holds. Both kinds exist in the wild.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenKind {
    /// It names the last event delivered: newer events that appear meanwhile change nothing.
    #[default]
    ByPosition,
    /// It counts the events delivered: newer events that appear meanwhile shift the pages by as many.
    ByOffset,
}

/// Makes tokens and takes them back.
#[derive(Debug)]
pub(crate) struct Mint {
    key: u64,
    lifetime: Option<Duration>,
    issued: u64,
}

impl Mint {
    /// Tokens of another key are not taken; without a lifetime they hold for ever.
    pub(crate) fn new(key: u64, lifetime: Option<Duration>) -> Self {
        Self { key, lifetime, issued: 0 }
    }

    /// A token unlike all others, also unlike those of the same position and moment.
    pub(crate) fn issue(&mut self, position: Position, binding: &str, now: Duration) -> String {
        let position = match position {
            Position::Newest => "N".to_owned(),
            Position::After { second, number } => format!("A:{second}:{number}"),
            Position::Skip(count) => format!("S:{count}"),
        };
        self.issued += 1;
        let payload = format!("{}:{}:{position}", now.as_millis(), self.issued);
        let seal = self.seal(&payload, binding);
        hex::encode(format!("{payload}:{seal}"))
    }

    /// The position that a token holds, unless it is none of these, of another request, or too old.
    pub(crate) fn redeem(&self, token: &str, binding: &str, now: Duration) -> Option<Position> {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let (payload, seal) = text.rsplit_once(':')?;
        if seal != self.seal(payload, binding) {
            return None;
        }
        let mut parts = payload.split(':');
        let issued = Duration::from_millis(parts.next()?.parse().ok()?);
        if self.lifetime.is_some_and(|lifetime| now.saturating_sub(issued) > lifetime) {
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

    fn seal(&self, payload: &str, binding: &str) -> String {
        let message = format!("{payload}\n{binding}");
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
    fn a_token_gives_its_position_back() {
        let mut mint = Mint::new(1, None);
        for position in POSITIONS {
            let token = mint.issue(position, "a", Duration::from_secs(1));
            assert_eq!(mint.redeem(&token, "a", Duration::from_secs(1_000_000)), Some(position));
        }
    }

    #[test]
    fn a_token_is_refused_with_another_request_or_by_another_emulator() {
        let token = Mint::new(1, None).issue(Position::Skip(50), "a", Duration::ZERO);
        assert_eq!(Mint::new(1, None).redeem(&token, "b", Duration::ZERO), None);
        assert_eq!(Mint::new(2, None).redeem(&token, "a", Duration::ZERO), None);
    }

    #[test]
    fn a_token_runs_out() {
        let mut mint = Mint::new(1, Some(Duration::from_mins(1)));
        let token = mint.issue(Position::Newest, "a", Duration::from_secs(10));
        assert!(mint.redeem(&token, "a", Duration::from_secs(70)).is_some());
        assert!(mint.redeem(&token, "a", Duration::from_millis(70_001)).is_none());
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let mut mint = Mint::new(1, None);
        let token = mint.issue(Position::Skip(50), "a", Duration::ZERO);
        let other = mint.issue(Position::Skip(51), "a", Duration::ZERO);
        let half = token.len() / 2;
        let mixed = format!("{}{}", &token[..half], &other[half..]);
        for wrong in ["", "x", "00", "é", &token[2..], &token[..token.len() - 2], &mixed] {
            assert_eq!(mint.redeem(wrong, "a", Duration::ZERO), None, "{wrong}");
        }
    }

    #[test]
    fn no_two_tokens_are_the_same() {
        let mut mint = Mint::new(1, None);
        let tokens: HashSet<String> = (0..10).map(|_| mint.issue(Position::Skip(50), "a", Duration::ZERO)).collect();
        assert_eq!(tokens.len(), 10);
        assert!(tokens.iter().all(|token| mint.redeem(token, "a", Duration::ZERO) == Some(Position::Skip(50))));
    }
}
