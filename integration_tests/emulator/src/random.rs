//! Seeded random numbers: the same seed gives the same events, IDs, latencies and faults.

use rand::{Rng, RngExt, rngs::Xoshiro256PlusPlus};
use uuid::Builder;

/// The generator behind everything that a seed decides. It is named here because the generators that `rand` calls
/// standard may change from one version to the next.
pub(crate) type Random = Xoshiro256PlusPlus;

/// A random UUID, version 4, like the IDs of events and requests.
pub(crate) fn uuid(random: &mut Random) -> String {
    let mut bytes = [0_u8; 16];
    random.fill_bytes(&mut bytes);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// The characters of access keys and unique IDs.
pub(crate) const BASE_32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A character of an alphabet, which a byte selects.
pub(crate) fn character(alphabet: &[u8], byte: u8) -> char {
    char::from(alphabet[usize::from(byte) % alphabet.len()])
}

/// A sample of the normal distribution with mean 0 and standard deviation 1, by the Box-Muller transform. It always
/// uses two random numbers, so what is drawn after it does not depend on its result.
pub(crate) fn standard_normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn uuids_have_the_form_of_version_4() {
        let mut random = Random::seed_from_u64(1);
        let id = uuid(&mut random);
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_ne!(id, uuid(&mut random));
    }
}
