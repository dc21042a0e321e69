#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mjpeg_fuzz::strip::check(input));
