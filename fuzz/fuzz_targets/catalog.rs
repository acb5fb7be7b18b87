//! Any JSON as a configured catalog.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| source_aws_cloudtrail::fuzzing::catalog::catalog(data));
