//! How long an answer takes: log-normal, the shape that public measurements of the API have, with the given mean.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// A log-normal distribution of answer times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// The mean, in seconds; 0 answers at once.
    pub mean: f64,
    /// The standard deviation of the logarithm; 0 makes every answer take the mean.
    pub sigma: f64,
}

impl Latency {
    pub(crate) fn draw(self, random: &mut Xoshiro256PlusPlus) -> Duration {
        let deviation = standard_normal(random);
        let seconds = self.mean * (self.sigma * deviation - self.sigma * self.sigma / 2.0).exp();
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

/// A draw from the normal distribution of mean 0 and deviation 1, after Box and Muller.
pub(crate) fn standard_normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn no_latency_answers_at_once() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        assert_eq!(Latency::default().draw(&mut random), Duration::ZERO);
    }

    #[test]
    fn the_mean_is_the_mean_and_the_tail_is_long() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let latency = Latency { mean: 3.9, sigma: 0.8 };
        let draws: Vec<f64> = (0..20_000).map(|_| latency.draw(&mut random).as_secs_f64()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        assert!((3.8..4.0).contains(&mean), "{mean}");
        assert!(draws.iter().any(|seconds| *seconds > 30.0));
    }
}
