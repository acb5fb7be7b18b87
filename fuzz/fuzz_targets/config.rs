//! Any JSON as a config.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| source_aws_cloudtrail::fuzzing::config::config(data));
