//! Identifiers as AWS makes them, from a seeded source, so that the same seed gives the same ones.

use rand::Rng;
use rand::rngs::Xoshiro256PlusPlus;
use uuid::Builder;

/// A random UUID, version 4.
pub(crate) fn uuid(random: &mut Xoshiro256PlusPlus) -> String {
    let mut bytes = [0_u8; 16];
    random.fill_bytes(&mut bytes);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn an_identifier_has_the_form_of_version_4() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let id = uuid(&mut random);
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_ne!(id, uuid(&mut random));
    }
}
