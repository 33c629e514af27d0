#![allow(clippy::unwrap_used, reason = "tests")]

use super::section;

#[test]
fn a_crate_without_a_manifest_gives_what_its_cargo_toml_says() {
    const NAME: &str = "greeter";
    const SAYS: &str = "says \"hello\"\tand C:\\";
    const TEXT: [u8; section::plain_length(NAME, "1.0.0", SAYS)] =
        section::plain(NAME, "1.0.0", SAYS);
    let read: serde_json::Value = serde_json::from_slice(&TEXT).unwrap();
    let expected = serde_json::json!({ "name": NAME, "version": "1.0.0", "description": SAYS, "language": "rust" });
    assert_eq!(read, expected);
}
