#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Instant;

use super::super::abi::instance::Instance;
use super::*;

/// Makes nothing.
struct Nothing;

impl Plan for Nothing {
    fn instance(&self, _: Duration, _: Option<Instant>) -> Result<Box<dyn Instance>> {
        Err(Error::new(ErrorKind::Start, "load"))
    }
}

fn plan() -> Arc<dyn Plan> {
    Arc::new(Nothing)
}

#[test]
fn a_place_is_given_back_and_a_full_pool_says_what_may_be_done() {
    let pool = Arc::new(Pool::new(WasmPool::new(2)));
    let (first, second) = (pool.place().unwrap(), pool.place().unwrap());
    let error = pool.place().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.is_retryable());
    assert_eq!(error.plugin_error().unwrap().code, "resourceExhausted");
    assert!(error.context().contains("2 plugins"), "{error}");
    drop(first);
    let third = pool.place().unwrap();
    assert!(pool.place().is_err());
    drop((second, third));
    assert_eq!(pool.lock().taken, 0);
}

#[test]
fn what_was_used_last_is_kept() {
    let pool = Pool::new(WasmPool::new(1).modules(2));
    let limits = WasmLimits::default();
    let [one, two, three] = [1, 2, 3].map(|number| Whose::content(&[number]));
    let plans = [plan(), plan(), plan()];
    let [first, _, _] = &plans;
    pool.keep(one.clone(), limits, first);
    pool.keep(two.clone(), limits, &plan());
    let found = pool.find(&one, &limits).unwrap();
    assert!(Arc::ptr_eq(&found, first));
    // Made for other limits.
    assert!(pool.find(&one, &limits.memory(1)).is_none());
    pool.keep(three.clone(), limits, &plan());
    assert!(pool.find(&two, &limits).is_none());
    assert!(pool.find(&one, &limits).is_some() && pool.find(&three, &limits).is_some());
}

#[test]
fn a_file_that_changed_is_another_one_and_a_fresh_one_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.wasm");
    std::fs::write(&file, "one").unwrap();
    let now = SystemTime::now();
    assert_eq!(Whose::file(&file, now), None, "it may be written again");
    let later = now + Duration::from_secs(60);
    let before = Whose::file(&file, later).unwrap();
    assert_eq!(Whose::file(&file, later).as_ref(), Some(&before));
    // As long as it was, and with the time that it had.
    let beside = folder.path().join("y.wasm");
    std::fs::write(&beside, "two").unwrap();
    let modified = std::fs::metadata(&file).unwrap().modified().unwrap();
    let open = std::fs::File::options().write(true).open(&beside).unwrap();
    open.set_modified(modified).unwrap();
    std::fs::rename(&beside, &file).unwrap();
    #[cfg(unix)]
    assert_ne!(Whose::file(&file, later), Some(before.clone()));

    let pool = Pool::new(WasmPool::new(1));
    let limits = WasmLimits::default();
    pool.keep(before.clone(), limits, &plan());
    pool.keep(Whose::file(&file, later).unwrap(), limits, &plan());
    assert_eq!(pool.lock().kept.len(), 1, "what the file was is not kept");
    assert!(pool.find(&before, &limits).is_none());
}
