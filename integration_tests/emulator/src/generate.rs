//! Data as an account has it, from a seed: events of the usual services in realistic shape and size, in one of several
//! distributions over time, with every awkward case that the real API has been seen to serve.

mod awkward;
mod insight;
mod kinds;
mod shape;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::event::{Category, DEFAULT_ACCOUNT, DEFAULT_REGION, Event};

pub use shape::Shape;

/// What to generate. The same generator always gives the same events.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// Another seed gives other events, with other ids.
    pub seed: u64,
    /// How many.
    pub count: usize,
    /// The Region of all of them.
    pub region: String,
    /// The account of all of them.
    pub account: String,
    /// The first second they may have.
    pub first: i64,
    /// The last second they may have.
    pub last: i64,
    /// How they spread between the two.
    pub shape: Shape,
    /// Management or Insights events; the latter come as pairs of Start and End with one `sharedEventID`.
    pub category: Category,
    /// The size of each management event, in bytes of its `CloudTrailEvent`, which a long text in `requestParameters`
    /// makes up; one that is larger anyway is not cut. `None` leaves them as they are in practice, with one of 256 KB,
    /// the most that AWS allows, among a thousand.
    pub size: Option<usize>,
}

impl Generator {
    /// A thousand management events of the default account and Region, spread evenly over `first..=last`.
    #[must_use]
    pub fn new(first: i64, last: i64) -> Self {
        Self {
            seed: 1,
            count: 1000,
            region: DEFAULT_REGION.to_owned(),
            account: DEFAULT_ACCOUNT.to_owned(),
            first,
            last,
            shape: Shape::Uniform,
            category: Category::Management,
            size: None,
        }
    }
}

/// The events of a generator, in no particular order, all visible at once.
#[must_use]
pub fn generate(generator: &Generator) -> Vec<Event> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(generator.seed);
    let seconds = shape::seconds(generator, &mut random);
    let bodies: Vec<_> = match generator.category {
        Category::Insight => insight::bodies(generator, &seconds, &mut random),
        Category::Management => seconds
            .iter()
            .enumerate()
            .map(|(number, second)| awkward::body(generator, number, *second, &mut random))
            .collect(),
    };
    seconds
        .into_iter()
        .zip(bodies)
        .map(|(second, body)| Event {
            category: generator.category,
            region: generator.region.clone(),
            account: generator.account.clone(),
            ..Event::new(second, body)
        })
        .collect()
}

#[cfg(test)]
mod tests;
