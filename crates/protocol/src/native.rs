//! The C ABI `crossplug-abi/1` of native libraries, as data: the tables of `schema/crossplug.h`, spelled in Rust. The words
//! of both are held together by a test. What the tables mean is in `schema/README.md`, section 9; nothing here calls
//! anything.
//!
//! Functions are `Option`s, because a library may leave a place empty and has to be asked.

use std::ffi::c_void;

/// What every table begins with: `xplg`, read as a number of four bytes.
pub const MAGIC: u32 = 0x6770_6c78;
/// The version of the ABI.
pub const VERSION: u32 = 1;

/// A call is answered: the buffer is the result.
pub const DONE: i32 = 0;
/// A call is answered: the buffer is the error object.
pub const FAILED: i32 = 1;
/// A call goes on: it is answered by a message.
pub const PENDING: i32 = 2;

/// A message was taken in.
pub const TAKEN: i32 = 0;
/// A message was taken in, and was the last that can be.
pub const ENDED: i32 = 1;

/// Nothing of the instance is left.
pub const GONE: i32 = 0;
/// Something of the instance runs on, for ever perhaps.
pub const LEFT: i32 = 1;

/// The name under which a library exports [`Entry`].
pub const ENTRY: &str = "crossplug_plugin";
/// The name under which it exports [`Manifest`].
pub const MANIFEST: &str = "crossplug_manifest";

/// The beginning of every table, so that tables may grow and a stranger's table is noticed.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// [`MAGIC`].
    pub magic: u32,
    /// [`VERSION`].
    pub version: u32,
    /// Bytes of the whole table, as whoever filled it knows it.
    pub size: usize,
}

impl Head {
    /// The head of a table of this version.
    ///
    /// ```
    /// use crossplug_protocol::native::{Head, Host};
    /// assert_eq!(Head::of::<Host>().size, size_of::<Host>());
    /// ```
    #[must_use]
    pub const fn of<T>() -> Self {
        Self {
            magic: MAGIC,
            version: VERSION,
            size: size_of::<T>(),
        }
    }
}

/// Bytes that stay where they are.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Bytes {
    /// Where they are; may be null where there are none.
    pub data: *const u8,
    /// How many there are.
    pub length: usize,
}

/// Bytes that a library has allocated and will free.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    /// Where they are; null: there are none, and there is nothing to free.
    pub data: *mut u8,
    /// How many there are.
    pub length: usize,
    /// For whoever allocated them.
    pub owner: *mut c_void,
}

impl Buffer {
    /// Nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            data: std::ptr::null_mut(),
            length: 0,
            owner: std::ptr::null_mut(),
        }
    }
}

/// A plugin that a library has opened. What it is, the library knows.
#[repr(C)]
#[derive(Debug)]
pub struct Instance {
    _opaque: [u8; 0],
}

/// What a library may call of its host. One for each instance.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// Says what this is.
    pub head: Head,
    /// Takes one message of the plugin in.
    pub said: Option<unsafe extern "C" fn(host: *const Self, message: *const u8, length: usize)>,
}

/// What a host may call of a library.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Library {
    /// Says what this is.
    pub head: Head,
    /// Makes an instance; null and an error where there is none.
    pub open: Option<unsafe extern "C" fn(host: *const Host, error: *mut Buffer) -> *mut Instance>,
    /// The names of its methods: a JSON array of strings.
    pub methods: Option<unsafe extern "C" fn(instance: *mut Instance) -> Bytes>,
    /// Calls a method.
    pub call: Option<
        unsafe extern "C" fn(
            instance: *mut Instance,
            method: u32,
            params: *const u8,
            length: usize,
            id: i64,
            timeout: i64,
            answer: *mut Buffer,
        ) -> i32,
    >,
    /// Takes one message of the host in.
    pub push: Option<
        unsafe extern "C" fn(instance: *mut Instance, message: *const u8, length: usize) -> i32,
    >,
    /// Ends and frees an instance.
    pub close: Option<unsafe extern "C" fn(instance: *mut Instance, patience: i64) -> i32>,
    /// Frees a buffer of this library's.
    pub release: Option<unsafe extern "C" fn(buffer: *mut Buffer)>,
}

/// What a library exports as [`ENTRY`].
pub type Entry = unsafe extern "C" fn() -> *const Library;
/// What it exports as [`MANIFEST`].
pub type Manifest = unsafe extern "C" fn() -> Bytes;
