//! Runs the bodies of the fuzz targets on the committed corpus, without a fuzzer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::path::Path;

/// What a target does with its bytes.
type Body = fn(&[u8]);

#[test]
fn the_corpus_of_every_target_holds() {
    let targets: [(&str, Body); 6] = [
        ("json", bodies::json),
        ("msgpack", bodies::msgpack),
        ("frames", bodies::frames),
        ("crossplug", bodies::crossplug),
        ("elizaos", bodies::elizaos),
        ("session", bodies::session),
    ];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (target, body) in targets {
        let mut count = 0;
        for entry in std::fs::read_dir(corpus.join(target)).unwrap() {
            let path = entry.unwrap().path();
            let data = std::fs::read(&path).unwrap();
            let held = std::panic::catch_unwind(|| body(&data));
            assert!(held.is_ok(), "{path:?} does not hold");
            count += 1;
        }
        println!("{target}: {count} inputs");
        assert!(count >= 8, "{target} has a corpus");
    }
}
