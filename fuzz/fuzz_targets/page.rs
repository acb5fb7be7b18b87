//! Any HTTP response as the answer to a request for a page.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| source_aws_cloudtrail::fuzzing::page::page(data));
