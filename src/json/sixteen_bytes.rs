//! Looks at sixteen bytes at a time. Pure.
//!
//! Results have a bit for each byte; the bit of the first byte is the lowest.

use wide::u8x16;

/// How many bytes are looked at.
pub(super) const STEP: usize = 16;

/// The bits of all of them.
pub(super) const ALL: u32 = (1 << STEP) - 1;

/// Sixteen bytes.
#[derive(Clone, Copy)]
pub(super) struct SixteenBytes(u8x16);

impl SixteenBytes {
    #[must_use]
    pub(super) fn new(bytes: [u8; STEP]) -> Self {
        Self(u8x16::new(bytes))
    }

    /// The bytes that are `byte`.
    #[must_use]
    pub(super) fn equal(self, byte: u8) -> u32 {
        self.0.simd_eq(u8x16::splat(byte)).to_bitmask()
    }

    /// The control characters of ASCII that JSON must escape: those below a space.
    #[must_use]
    pub(super) fn controls(self) -> u32 {
        self.0.min(u8x16::splat(b' ' - 1)).simd_eq(self.0).to_bitmask()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_byte_that_is_looked_for_has_its_bit(bytes in any::<[u8; STEP]>(), any: u8, nth in 0..STEP) {
            let bits = |is: &dyn Fn(u8) -> bool| (0..STEP).filter(|nth| is(bytes[*nth])).map(|nth| 1 << nth).sum::<u32>();
            let step = SixteenBytes::new(bytes);
            for byte in [any, bytes[nth]] {
                prop_assert_eq!(step.equal(byte), bits(&|other| other == byte));
            }
            prop_assert_eq!(step.controls(), bits(&|byte| byte < b' '));
        }
    }
}
