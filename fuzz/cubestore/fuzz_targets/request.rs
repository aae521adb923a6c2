//! A request from anyone. What is read is written and read again, and is the same. The corpus to begin with:
//! `tests/fixtures/cubestore/*.request.bin`.

#![no_main]

use cubestore::codec::request::Request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::decode(bytes) {
        let again = Request::decode(&request.encode()).expect("what is written can be read");
        // By how it prints, because NaN is not itself.
        assert_eq!(format!("{again:?}"), format!("{request:?}"));
    }
});
