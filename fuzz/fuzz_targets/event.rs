//! Any text as the `CloudTrailEvent` of an event.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| source_aws_cloudtrail::fuzzing::event::event(data));
