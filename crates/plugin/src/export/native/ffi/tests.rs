#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use crossplug_protocol::native::{Buffer, Head, Host};

use super::{Author, Library, Make, library};
use crate::Plugin;

struct Panics;

impl Author for Panics {
    const MAKE: Make = || panic!("no disk");
}

struct Misread;

impl Author for Misread {
    const MAKE: Make = || Plugin::new("x", "1.0.0").with_manifest_text("{");
}

struct Fine;

impl Author for Fine {
    const MAKE: Make = || Ok(Plugin::new("x", "1.0.0"));
}

unsafe extern "C" fn hears_nothing(_: *const Host, _: *const u8, _: usize) {}

fn host() -> Host {
    Host {
        head: Head::of::<Host>(),
        said: Some(hears_nothing),
    }
}

/// What an opening gives; of one that works, nothing.
fn opened(library: &Library, host: &Host) -> Option<String> {
    let mut error = Buffer::empty();
    // SAFETY: a host's table and a place for an error, as the ABI wants them.
    let instance = unsafe { library.open.unwrap()(host, &raw mut error) };
    if !instance.is_null() {
        // SAFETY: nobody is in it.
        assert_eq!(unsafe { library.close.unwrap()(instance, 1_000_000) }, 0);
        return None;
    }
    // SAFETY: the library has put so many bytes there.
    let said = unsafe { std::slice::from_raw_parts(error.data, error.length) }.to_vec();
    // SAFETY: its own buffer, and a second time where it holds nothing any more.
    unsafe { library.release.unwrap()(&raw mut error) };
    // SAFETY: as above.
    unsafe { library.release.unwrap()(&raw mut error) };
    assert!(error.data.is_null());
    Some(String::from_utf8(said).unwrap())
}

#[test]
fn what_goes_wrong_at_the_start_is_said_and_nothing_unwinds() {
    assert_eq!(opened(&library::<Fine>(), &host()), None);
    let said = opened(&library::<Panics>(), &host()).unwrap();
    assert!(said.contains("panic: no disk"), "{said}");
    let said = opened(&library::<Misread>(), &host()).unwrap();
    assert!(said.contains("the manifest in the code"), "{said}");
}

#[test]
fn a_host_of_another_kind_is_refused() {
    let other = |change: fn(&mut Host)| {
        let mut host = host();
        change(&mut host);
        opened(&library::<Fine>(), &host).unwrap()
    };
    assert!(other(|host| host.head.magic = 7).contains("none of crossplug's"));
    assert!(other(|host| host.head.version = 2).contains("crossplug-abi/2"));
    assert!(other(|host| host.head.size = 8).contains("too small"));
    assert!(other(|host| host.said = None).contains("cannot be told"));
    // A later one, which knows more.
    let mut larger = host();
    larger.head.size += 64;
    assert_eq!(opened(&library::<Fine>(), &larger), None);
}
