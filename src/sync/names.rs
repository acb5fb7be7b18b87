//! A list of Regions for people, who want to know a few of them and how many there are. Pure.

use super::counts::in_groups;
use std::fmt;

/// How many are named.
const NAMED: usize = 3;

/// The names of some Regions.
#[derive(Debug, Default)]
pub(super) struct Names {
    first: Vec<String>,
    more: u64,
}

impl Names {
    /// Adds a name.
    pub(super) fn add(&mut self, name: &str) {
        if self.first.len() < NAMED {
            self.first.push(name.to_owned());
        } else {
            self.more += 1;
        }
    }

    /// How many there are.
    #[must_use]
    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.first.len()).unwrap_or(u64::MAX).saturating_add(self.more)
    }
}

/// As people read it: `us-east-1, us-east-2, us-west-1 and 14 more`.
impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.join(", "))?;
        if self.more > 0 { write!(f, " and {} more", in_groups(self.more)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_named_and_all_are_counted() {
        let named = |count: usize| {
            let mut names = Names::default();
            (0..count).for_each(|nth| names.add(&format!("r{nth}")));
            assert_eq!(usize::try_from(names.count()), Ok(count));
            names.to_string()
        };
        for (count, text) in
            [(0, ""), (1, "r0"), (3, "r0, r1, r2"), (4, "r0, r1, r2 and 1 more"), (1_700, "r0, r1, r2 and 1,697 more")]
        {
            assert_eq!(named(count), text);
        }
    }
}
