//! Looks at eight bytes at a time. Pure.
//!
//! Results are eight bytes, too: the highest bit of the first byte that was looked for is set, and so may be those of bytes
//! after it. Source: "Bit Twiddling Hacks" by S. E. Anderson, "Determine if a word has a byte less than n".

/// A one in each byte.
const ONES: u64 = u64::MAX / 0xff;

/// Finds the first byte that is `byte`.
#[must_use]
pub(super) const fn equal(bytes: u64, byte: u8) -> u64 {
    below(bytes ^ (ONES * byte as u64), 1)
}

/// Finds the first byte that is below `limit`, which is at most 128.
#[must_use]
pub(super) const fn below(bytes: u64, limit: u8) -> u64 {
    bytes.wrapping_sub(ONES * limit as u64) & !bytes & (ONES << 7)
}

/// The number of the first byte that was `found`; eight if none was.
#[must_use]
pub(super) const fn first(found: u64) -> usize {
    (found.trailing_zeros() / u8::BITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_byte_is_found(bytes in any::<[u8; 8]>(), byte: u8, limit in 1..=128_u8) {
            let place = |is: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| is(*byte)).unwrap_or(8);
            prop_assert_eq!(first(equal(u64::from_le_bytes(bytes), byte)), place(&|other| other == byte));
            prop_assert_eq!(first(below(u64::from_le_bytes(bytes), limit)), place(&|other| other < limit));
        }
    }
}
