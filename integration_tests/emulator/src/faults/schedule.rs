//! When faults occur: at the n-th request, as scripted, or at random.

use super::fault::{Fault, RandomFaults};
use crate::random::Random;
use rand::{RngExt, SeedableRng};

/// The faults that are still to occur.
#[derive(Debug)]
pub(crate) struct FaultSchedule {
    script: Vec<(u64, Fault)>,
    random: Option<(RandomFaults, Random)>,
    /// How many requests have arrived.
    arrived: u64,
}

impl FaultSchedule {
    pub(crate) fn new(script: Vec<(u64, Fault)>, random: Option<RandomFaults>) -> Self {
        let random = random.map(|faults| {
            let generator = Random::seed_from_u64(faults.seed);
            (faults, generator)
        });
        let mut schedule = Self { script: Vec::new(), random, arrived: 0 };
        schedule.replace_script(script);
        schedule
    }

    /// Replaces the scripted faults. Their requests are counted from 0 again.
    pub(crate) fn replace_script(&mut self, mut script: Vec<(u64, Fault)>) {
        script.sort_by_key(|(request, _)| *request);
        self.script = script;
        self.arrived = 0;
    }

    /// Counts a request, whatever its result.
    pub(crate) fn count_request(&mut self) {
        self.arrived += 1;
    }

    /// The fault of the request that was counted last, if any. A scripted fault that does not fit this request, or
    /// whose request was rejected earlier, waits for the next request.
    pub(crate) fn next_fault(&mut self, has_token: bool) -> Option<Fault> {
        let scripted = self.script.iter().position(|(request, fault)| *request < self.arrived && fault.fits(has_token));
        if let Some(index) = scripted {
            return Some(self.script.remove(index).1);
        }
        let (random, generator) = self.random.as_mut()?;
        if random.faults.is_empty() || generator.random::<f64>() >= random.probability {
            return None;
        }
        let choice = generator.random_range(0..random.faults.len());
        Some(random.faults[choice].clone()).filter(|fault| fault.fits(has_token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the faults of some requests, by whether each of them has a token.
    fn faults(schedule: &mut FaultSchedule, has_token: &[bool]) -> Vec<Option<&'static str>> {
        has_token
            .iter()
            .map(|has_token| {
                schedule.count_request();
                schedule.next_fault(*has_token).map(|fault| fault.name())
            })
            .collect()
    }

    #[test]
    fn a_scripted_fault_occurs_once_at_its_request() {
        let script = vec![(2, Fault::Hang), (0, Fault::Reset)];
        let mut schedule = FaultSchedule::new(script, None);
        assert_eq!(faults(&mut schedule, &[false; 4]), [Some("Reset"), None, Some("Hang"), None]);
    }

    #[test]
    fn a_fault_of_a_token_waits_for_a_request_with_one() {
        let mut schedule = FaultSchedule::new(vec![(0, Fault::InvalidNextToken), (1, Fault::Reset)], None);
        assert_eq!(
            faults(&mut schedule, &[false, false, false, true]),
            [None, Some("Reset"), None, Some("InvalidNextToken")]
        );
    }

    #[test]
    fn a_new_script_counts_requests_from_0() {
        let mut schedule = FaultSchedule::new(vec![(1, Fault::Hang)], None);
        assert_eq!(faults(&mut schedule, &[false]), [None]);
        schedule.replace_script(vec![(1, Fault::Reset)]);
        assert_eq!(faults(&mut schedule, &[false, false]), [None, Some("Reset")]);
    }

    #[test]
    fn the_same_seed_gives_the_same_random_faults() {
        let draw = |seed| {
            let choice = vec![Fault::Reset, Fault::Status500];
            let random = RandomFaults { seed, probability: 0.3, faults: choice };
            faults(&mut FaultSchedule::new(Vec::new(), Some(random)), &[false; 1000])
        };
        let count = draw(7).iter().flatten().count();
        assert!((250..350).contains(&count), "{count}");
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
