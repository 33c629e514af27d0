//! Where sockets may be: modes, files that are in the way, paths that are too long.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use crossplug_host::door::socket::{Listener, SocketDoor};
use crossplug_host::{ErrorKind, Host};

use crate::running::{Folder, Running, TOKEN, start, subjects};

fn mode(path: &std::path::Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_socket_is_its_users_alone() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        // A folder that is not there is made.
        let path = folder.path().join("a/b/p.sock");
        let address = format!("unix:{}", path.display());
        let running = Running::listen(&command, &folder, &address, Some(TOKEN));
        assert_eq!(running.address, address, "{name}");
        assert_eq!(
            (mode(&path), mode(path.parent().unwrap())),
            (0o600, 0o700),
            "{name}"
        );
        drop(running);
        let listener = Listener::bind(&format!(
            "unix:{}",
            folder.path().join("c/h.sock").display()
        ))
        .unwrap();
        let path = folder.path().join("c/h.sock");
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        drop(listener);
        assert!(!path.exists(), "a listener takes its file with it");
    }
}

#[test]
fn a_folder_that_is_open_to_others_is_refused() {
    let folder = Folder::of_listener();
    std::fs::set_permissions(
        folder.path().join("run"),
        std::fs::Permissions::from_mode(0o750),
    )
    .unwrap();
    let error = Listener::bind(&folder.unix()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("mode 750"), "{error}");
    for (name, command) in subjects() {
        let mut process = start(
            &command,
            &folder,
            &["--listen", &folder.unix()],
            Some(TOKEN),
        );
        assert_eq!(process.wait().unwrap().code(), Some(2), "{name}");
    }
    assert!(!folder.socket().exists());
}

#[test]
fn a_stale_socket_is_replaced_and_nothing_else() {
    for (name, command) in subjects() {
        let folder = Folder::of_listener();
        drop(UnixListener::bind(folder.socket()).unwrap());
        assert!(folder.socket().exists());
        let running = Running::listen(&command, &folder, &folder.unix(), Some(TOKEN));
        // Somebody listens there now.
        let mut second = start(
            &command,
            &folder,
            &["--listen", &folder.unix()],
            Some(TOKEN),
        );
        assert_eq!(second.wait().unwrap().code(), Some(5), "{name}");
        assert!(
            Listener::bind(&folder.unix())
                .unwrap_err()
                .to_string()
                .contains("already")
        );
        drop(running);
        drop(Listener::bind(&folder.unix()).unwrap());

        std::fs::write(folder.socket(), "precious").unwrap();
        let mut third = start(
            &command,
            &folder,
            &["--listen", &folder.unix()],
            Some(TOKEN),
        );
        assert_eq!(third.wait().unwrap().code(), Some(5), "{name}");
        assert!(Listener::bind(&folder.unix()).is_err());
        assert_eq!(std::fs::read(folder.socket()).unwrap(), b"precious");
    }
}

#[test]
fn a_path_that_is_too_long_is_named() {
    let folder = Folder::of_listener();
    let long = format!("unix:{}/run/{}", folder.path().display(), "x".repeat(120));
    let error = Listener::bind(&long).unwrap_err();
    assert!(error.to_string().contains("at most 10"), "{error}");
    let error = Host::builder()
        .build()
        .open("any", SocketDoor::connect(&long).unwrap())
        .blocking()
        .unwrap_err();
    assert!(error.to_string().contains("at most 10"), "{error}");
    for (name, command) in subjects() {
        for way in ["--listen", "--connect"] {
            let mut process = start(&command, &folder, &[way, &long], Some(TOKEN));
            assert_eq!(process.wait().unwrap().code(), Some(2), "{name} {way}");
        }
    }
}

#[test]
fn nobody_listens() {
    let folder = Folder::of_listener();
    let error = Host::builder()
        .build()
        .load(folder.path())
        .blocking()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Start, "{error}");
    assert!(error.to_string().contains("--listen"), "{error}");
    for (name, command) in subjects() {
        let mut process = start(
            &command,
            &folder,
            &["--connect", &folder.unix()],
            Some(TOKEN),
        );
        assert_eq!(process.wait().unwrap().code(), Some(5), "{name}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for wrong in [
        "",
        "run/p.sock",
        "unix:",
        "tcp:4000",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:x",
        "udp:127.0.0.1:1",
    ] {
        assert_eq!(
            Listener::bind(wrong).unwrap_err().kind(),
            ErrorKind::NotFound,
            "{wrong}"
        );
        assert_eq!(
            SocketDoor::connect(wrong).unwrap_err().kind(),
            ErrorKind::NotFound,
            "{wrong}"
        );
    }
}
