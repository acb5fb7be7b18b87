//! How long a response takes: log-normal, as public measurements of the API show, with a given mean.

use crate::random::{Random, standard_normal};
use std::time::Duration;

/// A log-normal distribution of response times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// The mean, in seconds; with 0, there is no latency.
    pub mean: f64,
    /// The standard deviation of the logarithm; with 0, every response takes the mean.
    pub sigma: f64,
}

impl Latency {
    pub(crate) fn sample(self, random: &mut Random) -> Duration {
        let deviation = standard_normal(random);
        let seconds = self.mean * (self.sigma * deviation - self.sigma * self.sigma / 2.0).exp();
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_default_is_no_latency() {
        let mut random = Random::seed_from_u64(1);
        assert_eq!(Latency::default().sample(&mut random), Duration::ZERO);
    }

    #[test]
    fn the_mean_is_as_given_and_the_tail_is_long() {
        let mut random = Random::seed_from_u64(1);
        let latency = Latency { mean: 3.9, sigma: 0.8 };
        let samples: Vec<f64> = (0..20_000).map(|_| latency.sample(&mut random).as_secs_f64()).collect();
        let mean = samples.iter().sum::<f64>() / 20_000.0;
        assert!((3.8..4.0).contains(&mean), "{mean}");
        assert!(samples.iter().any(|seconds| *seconds > 30.0));
    }
}
