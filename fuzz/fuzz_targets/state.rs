//! Any JSON as a state.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| source_aws_cloudtrail::fuzzing::state::state(data));
