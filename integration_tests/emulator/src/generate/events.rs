//! The events of a generator: seconds, and bodies for them.

use super::{edge_cases, generator::Generator, insights, timing};
use crate::{
    history::event::{Category, Event},
    random::Random,
};
use rand::SeedableRng;

/// The events of a generator, in no particular order, all of them visible.
#[must_use]
pub fn generate(generator: &Generator) -> Vec<Event> {
    let mut random = Random::seed_from_u64(generator.seed);
    let mut seconds = timing::seconds(generator, &mut random);
    let bodies: Vec<_> = match generator.category {
        Category::Insight => {
            seconds.sort_unstable();
            insights::bodies(generator, &seconds, &mut random)
        }
        Category::Management => seconds
            .iter()
            .enumerate()
            .map(|(number, second)| edge_cases::body(generator, number, *second, &mut random))
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

/// The events of several histories, each an account and a Region: the events of this generator, with another seed for
/// each.
#[must_use]
pub fn generate_each(histories: &[(String, String)], generator: &Generator) -> Vec<Event> {
    let seeds = (generator.seed..=u64::MAX).chain(0..generator.seed);
    let each = histories.iter().zip(seeds).flat_map(|((account, region), seed)| {
        generate(&Generator { seed, account: account.clone(), region: region.clone(), ..generator.clone() })
    });
    each.collect()
}

#[cfg(test)]
mod tests;
