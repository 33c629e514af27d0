//! Loading: what goes wrong before a plugin is open, and that nothing of it is left then.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crossplug_host::{Error, ErrorKind, Host, HostBuilder};
use serde_json::json;
use tempfile::TempDir;

use crate::peer::{ECHO, Lines, peer};

fn refused(folder: &TempDir, host: HostBuilder) -> Error {
    let begin = Instant::now();
    let error = host.build().load(folder.path()).blocking().unwrap_err();
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    error
}

#[test]
fn names_that_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        refused(&folder, Host::builder()).kind(),
        ErrorKind::NotFound
    );

    std::fs::write(folder.path().join("plugin.json"), r#"{"name":"x"}"#).unwrap();
    let error = refused(&folder, Host::builder());
    assert_eq!(error.kind(), ErrorKind::Manifest);
    assert!(error.context().contains("/version"), "{error}");
    // The kind says that it is an error.
    assert!(!error.to_string().contains("error:"), "{error}");

    let folder = peer(ECHO);
    let host = Host::builder().build();
    let door = |name| host.load(folder.path()).door(name).blocking().unwrap_err();
    assert_eq!(door("wasm").kind(), ErrorKind::NotFound);
    let error = host
        .load(folder.path())
        .dialect("klingon/1")
        .blocking()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert_eq!(
        host.load(folder.path()).grant("net=x").unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn a_tool_that_is_missing_is_named() {
    let folder = peer(ECHO);
    let mut manifest = json!({
        "name": "peer", "description": "", "version": "1.0.0", "language": "python",
        "doors": { "process": { "command": ["no-such-interpreter-9", "plugin.py"] } },
    });
    let file = folder.path().join("plugin.json");
    std::fs::write(&file, manifest.to_string()).unwrap();
    let error = refused(&folder, Host::builder());
    assert_eq!(error.kind(), ErrorKind::ToolMissing);
    assert!(error.context().contains("no-such-interpreter-9"), "{error}");

    // There, but no program: the file is not executable.
    manifest["doors"]["process"]["command"] = json!(["./plugin.py"]);
    std::fs::write(&file, manifest.to_string()).unwrap();
    assert_eq!(
        refused(&folder, Host::builder()).kind(),
        ErrorKind::ToolMissing
    );

    // A program, but what its first line names is not there.
    let script = folder.path().join("plugin.py");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = refused(&folder, Host::builder());
    assert_eq!(error.kind(), ErrorKind::ToolMissing);
    assert!(error.context().contains("plugin.py"), "{error}");
}

#[test]
fn a_plugin_that_ends_before_it_is_ready_says_why() {
    let folder = peer("sys.stderr.write('line one\\nno licence\\n')\nsys.exit(3)");
    let lines = Lines::default();
    let begin = Instant::now();
    let error = refused(&folder, lines.host());
    assert!(
        begin.elapsed() < Duration::from_secs(3),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(error.kind(), ErrorKind::Start);
    assert!(error.operation().starts_with("load `"), "{error}");
    assert!(
        error.context().contains("exit status: 3") && error.context().contains("no licence"),
        "{error}"
    );
    lines.wait_for("no licence");
}

#[test]
fn a_program_that_ends_well_without_serving_is_told_what_is_missing() {
    let error = refused(&peer("sys.exit(0)"), Host::builder());
    assert_eq!(error.kind(), ErrorKind::Start);
    assert!(error.context().contains("`run(plugin)`"), "{error}");
    let error = refused(&peer("sys.exit(3)"), Host::builder());
    assert!(!error.context().contains("`run(plugin)`"), "{error}");
}

#[test]
fn a_plugin_that_never_is_ready_is_killed() {
    let folder = peer("signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(1000)");
    let error = refused(
        &folder,
        Host::builder().start_timeout(Duration::from_millis(300)),
    );
    assert_eq!(error.kind(), ErrorKind::Start);
    assert!(error.context().contains("300ms"), "{error}");
}

#[test]
fn a_load_that_is_given_up_leaves_nothing() {
    let folder = peer("open('pid', 'w').write(str(os.getpid()))\ntime.sleep(1000)");
    let host = Host::builder().build();
    let pid = {
        let mut load = std::future::IntoFuture::into_future(host.load(folder.path()));
        let begin = Instant::now();
        loop {
            assert!(crate::waiting::poll_once(load.as_mut()).is_pending());
            let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap_or_default();
            if !pid.is_empty() {
                break pid;
            }
            assert!(begin.elapsed() < Duration::from_secs(5));
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    crate::care::gone(&pid);
}

#[test]
fn handshakes_that_do_not_fit() {
    let version = |chosen: &str| format!("hello(version='{chosen}')\nserve(print)");
    let refuses = |details: &str| {
        format!(
            "request = read()
send({{'jsonrpc': '2.0', 'id': request['id'], 'error': {{'code': -32007, 'message': 'no', 'data': {{'code': 'failedPrecondition', 'details': {details}}}}}}})
serve(print)"
        )
    };
    let cases = [
        (version("2.0"), ErrorKind::Incompatible),
        (
            "hello(features=['warp!'])\nserve(print)".to_owned(),
            ErrorKind::Incompatible,
        ),
        (refuses("{'supported': ['2.0']}"), ErrorKind::Incompatible),
        (refuses("{'why': 'a bad day'}"), ErrorKind::Start),
        (version("soon"), ErrorKind::Protocol),
        (
            "read()\nsend({'jsonrpc': '2.0', 'id': 99, 'result': {}})\ntime.sleep(1000)".to_owned(),
            ErrorKind::Protocol,
        ),
        (
            "notify('$/event', name='early', seq=1, payload=None)\ntime.sleep(1000)".to_owned(),
            ErrorKind::Protocol,
        ),
        (
            "read()\nsys.stdout.write('{\"jsonrpc\": \"2.0\"')\nsys.stdout.flush()".to_owned(),
            ErrorKind::Start,
        ),
        (
            "read()\nprint('[' * 200000)\ntime.sleep(1000)".to_owned(),
            ErrorKind::Protocol,
        ),
        (
            "read()\nprint('{\"a\":' + '[' * 200000)\ntime.sleep(1000)".to_owned(),
            ErrorKind::Limit,
        ),
    ];
    for (script, kind) in cases {
        let error = refused(&peer(&script), Host::builder());
        assert_eq!(error.kind(), kind, "{script}: {error}");
    }
    let folder = peer("hello(features=['polka'])\nserve(print)");
    Host::builder()
        .build()
        .load(folder.path())
        .blocking()
        .unwrap();
}

#[test]
fn a_child_sees_the_environment_that_it_was_granted_and_no_more() {
    let folder = peer(
        "open_descriptors = sorted(os.listdir('/proc/self/fd'), key=int)
hello()
serve(lambda request: reply(request, [sorted(os.environ), os.environ.get('CROSSPLUG_MANIFEST'), os.getcwd(), open_descriptors]))",
    );
    let mut manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("plugin.json")).unwrap())
            .unwrap();
    manifest["permissions"]["env"] = json!(["CARGO_*"]);
    std::fs::write(folder.path().join("plugin.json"), manifest.to_string()).unwrap();
    // A descriptor that some library forgot to close on exec.
    let leaky = std::fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&leaky, rustix::io::FdFlags::empty()).unwrap();
    let plugin = Host::builder()
        .build()
        .load(folder.path())
        .grant("env=CARGO_PKG_NAME")
        .unwrap()
        .blocking()
        .unwrap();
    let seen = plugin.call_blocking("see", ()).unwrap().value().unwrap();
    let names: Vec<&str> = seen[0]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|name| name.as_str())
        .collect();
    let known = [
        "CARGO_PKG_NAME",
        "CROSSPLUG_MANIFEST",
        "HOME",
        "LANG",
        "LC_CTYPE",
        "PATH",
        "TMPDIR",
    ];
    assert!(
        names.contains(&"CARGO_PKG_NAME") && names.contains(&"PATH"),
        "{names:?}"
    );
    // A `python3` that is a shell script, as pyenv's is, adds what shells add.
    let shell =
        |name: &str| name.contains("PYENV") || ["PWD", "OLDPWD", "SHLVL", "_"].contains(&name);
    assert!(
        names.iter().all(|name| known.contains(name) || shell(name)),
        "{names:?}"
    );
    assert_eq!(
        seen[1].as_str().unwrap(),
        folder.path().join("plugin.json").to_str().unwrap()
    );
    assert_eq!(
        seen[2].as_str().unwrap(),
        folder.path().canonicalize().unwrap().to_str().unwrap()
    );
    // The three streams, and the one that lists them.
    assert_eq!(seen[3], json!(["0", "1", "2", "3"]));
    drop(leaky);
}

#[test]
fn a_manifest_that_its_plugin_disagrees_with_is_told_of() {
    let folder = peer(ECHO);
    let file = folder.path().join("plugin.json");
    let mut manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    manifest["interfaces"] = json!({ "peer": "2", "other": "1" });
    std::fs::write(&file, manifest.to_string()).unwrap();
    let lines = Lines::default();
    lines.host().build().load(folder.path()).blocking().unwrap();
    lines.wait_for("implements `peer` ^2; the plugin itself says 1.0.0");
    lines.wait_for("implements `other`; the plugin itself does not");
}

#[test]
fn links_are_followed_as_far_as_they_stay_in_the_folder() {
    use std::os::unix::fs::symlink;
    let folder = peer(ECHO);
    let at = |name: &str| folder.path().join(name);
    let outside = tempfile::tempdir().unwrap();
    let script = |place: &std::path::Path| {
        let text = std::fs::read_to_string(at("plugin.py")).unwrap();
        std::fs::write(place, format!("#!/usr/bin/env python3\n{text}")).unwrap();
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    std::fs::create_dir(at("real")).unwrap();
    script(&at("real/program"));
    script(&outside.path().join("program"));
    symlink("real", at("stays")).unwrap();
    symlink("real/program", at("runs")).unwrap();
    symlink(outside.path(), at("leaves")).unwrap();
    symlink(outside.path().join("program"), at("escapes")).unwrap();
    let load = |program: &str, cwd: &str| {
        let manifest = json!({
            "name": "peer", "description": "", "version": "1.0.0", "language": "python",
            "doors": { "process": { "command": [program], "cwd": cwd } },
        });
        std::fs::write(at("plugin.json"), manifest.to_string()).unwrap();
        Host::builder().build().load(folder.path()).blocking()
    };
    // A program could start any other as well, so it may be a link to one.
    for (program, cwd) in [
        ("./real/program", "."),
        ("./stays/program", "stays"),
        ("./runs", "."),
        ("./escapes", "."),
    ] {
        drop(load(program, cwd).unwrap());
    }
    let error = load("./runs", "leaves").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Manifest, "{error}");
    assert!(error.context().contains("by a link"), "{error}");
    let error = load("./runs", "nowhere").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");

    // A program is started by the name that the manifest gives it: a virtual environment's Python finds itself by it.
    let shows_its_name = "import sys; sys.stderr.write(sys.prefix)";
    let venv = |arguments: &[&str]| {
        let made = std::process::Command::new("python3")
            .args(arguments)
            .arg(at("venv"))
            .status();
        made.is_ok_and(|status| status.success())
    };
    assert!(venv(&["-m", "venv", "--without-pip"]));
    let manifest = json!({
        "name": "peer", "description": "", "version": "1.0.0", "language": "python",
        "doors": { "process": { "command": ["./venv/bin/python", "-c", shows_its_name] } },
    });
    std::fs::write(at("plugin.json"), manifest.to_string()).unwrap();
    let lines = Lines::default();
    lines
        .host()
        .build()
        .load(folder.path())
        .blocking()
        .unwrap_err();
    lines.wait_for(&at("venv").display().to_string());

    // The folder itself may be reached by a link.
    load("./runs", ".").unwrap();
    symlink(folder.path(), outside.path().join("plugin")).unwrap();
    let host = Host::builder().build();
    host.load(outside.path().join("plugin")).blocking().unwrap();
}
