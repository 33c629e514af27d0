//! How plugins end: politely, rudely, by themselves, and with their host. Nothing is left afterwards.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crossplug_host::door::Patience;
use crossplug_host::{ErrorKind, Host};

use crate::peer::{Lines, load, peer};
use crate::waiting::{wait, wait_for_all};

/// Waits until no process of that id is left but, perhaps, its unreaped rest.
pub(crate) fn gone(pid: &str) {
    let stat = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let begin = Instant::now();
    while stat()
        .rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.starts_with(" Z"))
    {
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "process {pid} is left: {}",
            stat()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

const IMPATIENT: Patience = Patience {
    shutdown: Duration::from_millis(200),
    end_of_input: Duration::from_millis(200),
    terminate: Duration::from_millis(200),
};

#[test]
fn a_stop_is_as_rude_as_it_has_to_be() {
    let stubborn = "hello()
signal.signal(signal.SIGTERM, TERM)
def answer(request): reply(request, None)
while True:
    line = sys.stdin.readline()
    if not line:
        EOF
    request = json.loads(line)
    if request['method'] != 'shutdown': reply(request, None)
";
    let cases = [
        ("signal.SIG_DFL", "sys.exit(0)", "exit status: 0"),
        (
            "lambda *_: os._exit(5)",
            "time.sleep(1000)",
            "exit status: 5",
        ),
        ("signal.SIG_DFL", "time.sleep(1000)", "signal: 15 (SIGTERM)"),
        ("signal.SIG_IGN", "time.sleep(1000)", "signal: 9 (SIGKILL)"),
    ];
    for (term, eof, status) in cases {
        let folder = peer(
            &stubborn
                .replace("TERM)", &format!("{term})"))
                .replace("EOF", eof),
        );
        let host = Host::builder().patience(IMPATIENT).build();
        let plugin = host.load(folder.path()).blocking().unwrap();
        plugin.call_blocking("wake", ()).unwrap();
        let begin = Instant::now();
        let ending = plugin.stop_blocking();
        assert_eq!(ending.status.as_deref(), Some(status));
        assert!(
            ending.error.is_none() && begin.elapsed() < Duration::from_secs(3),
            "{:?}",
            begin.elapsed()
        );
        gone(&plugin.introduction().process.unwrap().to_string());
    }
}

#[test]
fn a_stop_lets_what_is_in_flight_finish_and_closes_the_rest() {
    let folder = peer(
        "hello()
slow = None
def answer(request):
    global slow
    if request['method'] == 'slow': slow = request
while True:
    request = read()
    if request.get('method') == 'shutdown':
        reply(slow, 'finished')
        reply(request, None)
    elif 'method' in request:
        answer(request)",
    );
    let plugin = load(&folder);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| plugin.call_blocking("slow", ()));
        let never = scope.spawn(|| plugin.call_blocking("never", ()));
        std::thread::sleep(Duration::from_millis(200));
        plugin.stop_blocking();
        assert_eq!(slow.join().unwrap().unwrap().as_json(), "\"finished\"");
        let error = never.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(error.context().contains("closed"), "{error}");
    });
}

#[test]
fn a_death_in_a_call_is_told_at_once_to_everybody() {
    let script = "hello()
def answer(request):
    if request['method'] == 'die':
        sys.stderr.write('out of luck\\n')
        os._exit(7)
serve(answer)";
    let folder = peer(script);
    let plugin = load(&folder);
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| plugin.call_blocking("wait", ())))
            .collect();
        let awaited = scope.spawn(|| {
            wait_for_all(
                (0..3).map(|_| std::future::IntoFuture::into_future(plugin.call("wait", ()))),
            )
        });
        std::thread::sleep(Duration::from_millis(200));
        let begin = Instant::now();
        let mut errors = vec![plugin.call_blocking("die", ()).unwrap_err()];
        errors.extend(
            waiting
                .into_iter()
                .map(|call| call.join().unwrap().unwrap_err()),
        );
        errors.extend(
            awaited
                .join()
                .unwrap()
                .into_iter()
                .map(|reply| reply.unwrap_err()),
        );
        assert!(
            begin.elapsed() < Duration::from_secs(1),
            "{:?}",
            begin.elapsed()
        );
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Died);
            assert!(
                error.context().contains("exit status: 7")
                    && error.context().contains("out of luck"),
                "{error}"
            );
        }
    });
    assert!(!plugin.is_alive());
    assert_eq!(
        plugin.call_blocking("wait", ()).unwrap_err().kind(),
        ErrorKind::Died
    );
    assert_eq!(
        plugin.wait_blocking().status.as_deref(),
        Some("exit status: 7")
    );
}

#[test]
fn a_death_that_nobody_waits_for_is_noticed() {
    let folder = peer("hello()\ntime.sleep(0.2)\nos._exit(9)");
    let plugin = load(&folder);
    let begin = Instant::now();
    assert_eq!(
        plugin.wait_blocking().error.unwrap().kind(),
        ErrorKind::Died
    );
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_grandchild_that_holds_the_pipes_goes_too() {
    for ends in ["serve(answer)", "os._exit(7)"] {
        let folder = peer(&format!(
            "hello()
child = subprocess.Popen(['sleep', '1000'])
def answer(request): reply(request, child.pid)
answer(read())
{ends}"
        ));
        let plugin = load(&folder);
        let pid = plugin
            .call_blocking("child", ())
            .unwrap()
            .as_json()
            .into_owned();
        let begin = Instant::now();
        if ends == "os._exit(7)" {
            assert_eq!(
                plugin.wait_blocking().error.unwrap().kind(),
                ErrorKind::Died
            );
        } else {
            plugin.stop_blocking();
        }
        assert!(
            begin.elapsed() < Duration::from_secs(2),
            "{:?}",
            begin.elapsed()
        );
        gone(&pid);
    }
}

#[test]
fn a_plugin_that_closes_its_output_is_ended() {
    let folder = peer("hello()\nread()\nos.close(1)\ntime.sleep(1000)");
    let plugin = load(&folder);
    let error = plugin.call_blocking("any", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Died);
    assert!(
        error.context().contains("closed its standard output"),
        "{error}"
    );
    gone(&plugin.introduction().process.unwrap().to_string());
}

#[test]
fn a_flood_on_stderr_holds_nothing_up() {
    let folder = peer(
        "hello()\nserve(lambda request: (sys.stderr.write('x' * 79 + '\\n' * 1) and [os.write(2, b'y' * 65536) for _ in range(64)], reply(request, 'done')))",
    );
    let plugin = load(&folder);
    assert_eq!(
        plugin.call_blocking("flood", ()).unwrap().as_json(),
        "\"done\""
    );
}

#[test]
fn stray_prints_are_logged_and_borne() {
    let folder = peer(
        "print('a banner')
hello()
serve(lambda request: (print('between'), reply(request, 'fine')))",
    );
    let lines = Lines::default();
    let plugin = lines.host().build().load(folder.path()).blocking().unwrap();
    assert_eq!(
        plugin.call_blocking("any", ()).unwrap().as_json(),
        "\"fine\""
    );
    assert_eq!(
        lines.wait_for("a banner").source,
        crossplug_host::LogSource::Stdout
    );
    lines.wait_for("between");
}

/// Not a test: the host that the next one kills. Prints the ids of its plugin and of the plugin's child.
#[test]
#[ignore = "the part of a host that is killed; run by `plugins_die_with_a_killed_host`"]
fn a_host_that_will_be_killed() {
    let folder = std::env::var("PEER_FOLDER").unwrap();
    // The plugin's parent-death signal must not follow this short-lived thread.
    let plugin =
        std::thread::spawn(move || Host::builder().build().load(folder).blocking().unwrap())
            .join()
            .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let child = plugin.call_blocking("child", ()).unwrap();
    println!(
        "IDS {} {}",
        plugin.introduction().process.unwrap(),
        child.as_json()
    );
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn plugins_die_with_a_killed_host() {
    // Ignores what a dying host usually leaves behind: the end of its input, SIGTERM, SIGHUP.
    let folder = peer(
        "hello()
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE): signal.signal(number, signal.SIG_IGN)
child = subprocess.Popen(['sleep', '1000'])
reply(read(), child.pid)
time.sleep(1000)",
    );
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "care::a_host_that_will_be_killed",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("PEER_FOLDER", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let ids = lines
        .find_map(|line| line.split_once("IDS ").map(|(_, ids)| ids.to_owned()))
        .unwrap();
    let (plugin, child) = ids.split_once(' ').unwrap();
    for pid in [plugin, child] {
        assert!(
            std::path::Path::new(&format!("/proc/{pid}")).exists(),
            "{pid} lives"
        );
    }
    host.kill().unwrap();
    host.wait().unwrap();
    gone(plugin);
    gone(child);
}

#[test]
fn a_stop_may_have_a_patience_of_its_own_also_when_it_is_under_way() {
    use std::future::Future;
    let folder = peer(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)
hello()
time.sleep(100)",
    );
    let ages = Duration::from_secs(1000);
    let host = Host::builder().patience(Patience {
        shutdown: ages,
        end_of_input: ages,
        terminate: ages,
    });
    let host = host.build();
    for under_way in [false, true] {
        let plugin = host.load(folder.path()).blocking().unwrap();
        let mut polite = Box::pin(plugin.stop());
        if under_way {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(polite.as_mut().poll(&mut context).is_pending());
        }
        let ending = plugin.stop_with_blocking(IMPATIENT);
        assert_eq!(ending.status.as_deref(), Some("signal: 9 (SIGKILL)"));
        assert_eq!(wait(polite).status, ending.status);
    }
}
