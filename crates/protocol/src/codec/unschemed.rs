//! Without the feature `schemars` generated types say nothing about themselves at run time.

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_object_schema {
    ($($ignored:tt)*) => {};
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_enum_schema {
    ($($ignored:tt)*) => {};
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_kind_union_schema {
    ($($ignored:tt)*) => {};
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_tagged_union_schema {
    ($($ignored:tt)*) => {};
}

/// See the feature `schemars`.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_newtype_schema {
    ($($ignored:tt)*) => {};
}
