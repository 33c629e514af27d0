//! Compiled modules on disk, so that a module is compiled once a machine and not once a process. Knows files and no
//! WebAssembly.
//!
//! What is in here is machine code that runs with the host's own rights, so the folder must belong to this user and be
//! closed to everybody else; a folder that is not is not used. A checksum at the head of each file catches what a crash
//! or a bad disk leaves behind. It does not make a foreign file safe: whoever can write into the folder could also
//! replace the program.
//!
//! Files are written beside and renamed, so two hosts at once see whole files only, and both of them write the same. Whoever
//! compiles says so by a lock, and who wants the same waits for it: compiling takes all the cores that there are.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest, Sha256};

/// What each file begins with; the number changes with its layout.
const MAGIC: &[u8; 8] = b"cpwasm 1";
const HEAD: usize = MAGIC.len() + 32;
const ENDING: &str = "module";
const LOCK: &str = "lock";
/// A file that is being written and is older than this was left behind by a crash.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);
/// How long somebody else who compiles the same is waited for: longer than the largest of guests takes, and no longer, since
/// that one may have been stopped.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(20);

/// A folder of compiled modules.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
    most_bytes: u64,
}

impl Cache {
    /// The folder, made where it is not there.
    ///
    /// # Errors
    /// It cannot be made, or others could write into it.
    pub(super) fn open(folder: &Path, most_bytes: u64) -> io::Result<Self> {
        private(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            most_bytes,
        })
    }

    /// What was kept under the key. A file that is not whole is removed.
    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.path(key);
        let mut bytes = Vec::new();
        let mut file = File::open(&path).ok()?;
        file.read_to_end(&mut bytes).ok()?;
        let sound = bytes.split_at_checked(HEAD).is_some_and(|(head, body)| {
            let digest: [u8; 32] = Sha256::digest(body).into();
            head.strip_prefix(MAGIC) == Some(digest.as_slice())
        });
        if !sound {
            self.forget(key);
            return None;
        }
        // What is used is not what is thrown out first. That it cannot be said does no harm.
        let _ = file.set_modified(SystemTime::now());
        bytes.drain(..HEAD);
        Some(bytes)
    }

    /// Removes what was kept under the key.
    pub(super) fn forget(&self, key: &str) {
        // Another host may have been faster.
        let _ = fs::remove_file(self.path(key));
    }

    /// Keeps something, then throws out the oldest until the folder is within its bound.
    ///
    /// # Errors
    /// The disk is full or the folder gone; nothing is kept then.
    pub(super) fn put(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let beside = self.folder.join(format!(
            "{key}.{}-{}.part",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        ));
        let written = write(&beside, bytes).and_then(|()| fs::rename(&beside, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written?;
        self.shrink(key)
    }

    /// Says that this one compiles now what goes under the key, once nobody else does.
    pub(super) fn turn(&self, key: &str) -> Turn {
        let path = self.folder.join(format!("{key}.{LOCK}"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let began = Instant::now();
        let mut turn = Turn {
            lock: options.open(&path).ok().map(|file| (file, path)),
            has_waited: false,
        };
        while let Some((file, _)) = &turn.lock {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                    turn.has_waited = true;
                    std::thread::sleep(GLANCE);
                }
                Ok(()) => break,
                // Then it is compiled twice, which costs time, no more.
                Err(_) => turn.lock = None,
            }
        }
        turn
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.{ENDING}"))
    }

    fn shrink(&self, newest: &str) -> io::Result<()> {
        let mut kept = Vec::new();
        let now = SystemTime::now();
        for entry in fs::read_dir(&self.folder)? {
            let Ok(entry) = entry else { continue };
            let Ok(data) = entry.metadata() else { continue };
            let path = entry.path();
            let modified = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(ENDING) => kept.push((modified, data.len(), path)),
                Some("part" | LOCK)
                    if now.duration_since(modified).unwrap_or_default() > LEFT_BEHIND =>
                {
                    let _ = fs::remove_file(path);
                }
                _ => {}
            }
        }
        kept.sort();
        let mut total: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in kept {
            if total <= self.most_bytes {
                break;
            }
            if path != self.path(newest) {
                let _ = fs::remove_file(path);
                total = total.saturating_sub(bytes);
            }
        }
        Ok(())
    }
}

/// The right to compile; others wait for its end, and it ends with its process, too.
#[derive(Debug)]
pub(super) struct Turn {
    lock: Option<(File, PathBuf)>,
    /// Somebody else had the turn before, and may have kept what is wanted.
    pub(super) has_waited: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.lock {
            // First removed, then unlocked: who gets it now looks into the cache.
            let _ = fs::remove_file(path);
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    file.write_all(MAGIC)?;
    file.write_all(&digest)?;
    file.write_all(bytes)
}

/// Where compiled modules are kept unless the program says otherwise: in the user's folder for caches.
pub(super) fn usual_folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("crossplug").join("wasm"))
}

#[cfg(unix)]
fn private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    let made = fs::DirBuilder::new().mode(0o700).create(folder);
    made.or_else(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Ok(()),
        _ => Err(error),
    })?;
    let data = fs::symlink_metadata(folder)?;
    let ours = data.is_dir()
        && data.uid() == rustix::process::geteuid().as_raw()
        && data.mode() & 0o077 == 0;
    if ours {
        return Ok(());
    }
    let what = format!(
        "`{}` holds code that this program would run, so it must be a folder of this user's with mode 0700",
        folder.display()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
}

#[cfg(not(unix))]
fn private(_folder: &Path) -> io::Result<()> {
    // Who else may write there cannot be asked in a portable way.
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn cache(most_bytes: u64) -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("a/b"), most_bytes).unwrap();
        (folder, cache)
    }

    #[test]
    fn who_wants_what_another_compiles_waits_and_finds_it() {
        let (_folder, cache) = cache(1 << 20);
        let first = cache.turn("k");
        assert!(!first.has_waited);
        let other = cache.turn("other");
        assert!(!other.has_waited, "another key is nobody's business");
        let second = std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                let turn = cache.turn("k");
                (turn.has_waited, cache.get("k"))
            });
            std::thread::sleep(5 * GLANCE);
            cache.put("k", b"code").unwrap();
            drop(first);
            second.join().unwrap()
        });
        assert_eq!(second, (true, Some(b"code".to_vec())));
        drop(other);
        let left = fs::read_dir(&cache.folder).unwrap().count();
        assert_eq!(left, 1, "no lock is left behind");
    }

    #[test]
    fn what_is_kept_comes_back_and_nothing_else() {
        let (_folder, cache) = cache(1 << 20);
        assert_eq!(cache.get("k"), None);
        cache.put("k", b"code").unwrap();
        cache.put("k", b"code").unwrap();
        assert_eq!(cache.get("k").unwrap(), b"code");
        assert_eq!(cache.get("other"), None);
        cache.forget("k");
        assert_eq!(cache.get("k"), None);
    }

    #[test]
    fn a_file_that_is_not_whole_is_removed() {
        let (_folder, cache) = cache(1 << 20);
        cache.put("k", &[7; 1000]).unwrap();
        let whole = fs::read(cache.path("k")).unwrap();
        let mut flipped = whole.clone();
        flipped[500] ^= 1;
        let other_layout = [b"cpwasm 0".as_slice(), &whole[8..]].concat();
        for broken in [
            &whole[..0],
            &whole[..20],
            &whole[..999],
            &flipped,
            &other_layout,
        ] {
            fs::write(cache.path("k"), broken).unwrap();
            assert_eq!(cache.get("k"), None);
            assert!(!cache.path("k").exists());
        }
        cache.put("k", &[7; 1000]).unwrap();
        assert_eq!(cache.get("k").unwrap(), [7; 1000]);
    }

    #[test]
    fn two_hosts_at_once_read_whole_files_only() {
        let (_folder, cache) = cache(1 << 30);
        let bytes = vec![9; 1 << 20];
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        if cache.get("k").is_none_or(|found| found == bytes) {
                            cache.put("k", &bytes).unwrap();
                        }
                    }
                });
            }
        });
        assert_eq!(cache.get("k").unwrap(), bytes);
        assert_eq!(
            fs::read_dir(&cache.folder).unwrap().count(),
            1,
            "nothing is left beside"
        );
    }

    #[test]
    fn a_crash_leaves_nothing_for_long() {
        let (_folder, cache) = cache(1 << 20);
        let left = cache.folder.join("k.1-0.part");
        fs::write(&left, b"half").unwrap();
        cache.put("k", b"code").unwrap();
        assert!(left.exists(), "somebody may be writing it");
        let old = SystemTime::now() - 2 * LEFT_BEHIND;
        File::options()
            .write(true)
            .open(&left)
            .unwrap()
            .set_modified(old)
            .unwrap();
        cache.put("k", b"code").unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let (_folder, cache) = cache(2500);
        let age = |key: &str, hours: u64| {
            let time = SystemTime::now() - Duration::from_secs(hours * 3600);
            File::options()
                .write(true)
                .open(cache.path(key))
                .unwrap()
                .set_modified(time)
                .unwrap();
        };
        cache.put("a", &[1; 1000]).unwrap();
        age("a", 3);
        cache.put("b", &[1; 1000]).unwrap();
        age("b", 2);
        assert!(
            cache.get("a").is_some(),
            "used now, so not the oldest any more"
        );
        cache.put("c", &[1; 1000]).unwrap();
        assert!(cache.get("b").is_none());
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        cache.put("huge", &[1; 5000]).unwrap();
        assert!(
            cache.get("huge").is_some(),
            "what was just made is kept, whatever its size"
        );
        assert!(cache.get("a").is_none() && cache.get("c").is_none());
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let refused = Cache::open(&open, 1).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let mine = folder.path().join("mine");
        Cache::open(&mine, 1).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&mine, &link).unwrap();
        assert!(
            Cache::open(&link, 1).is_err(),
            "a link may lead elsewhere later"
        );
    }
}
