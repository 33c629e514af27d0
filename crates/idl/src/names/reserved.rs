//! Words that each language, or the code that we generate in it, keeps for itself.

use super::Kind;

/// What generated code puts behind the stem of an interface. A definition that is called so would fall together with it.
pub const STEM_SUFFIXES: [&str; 26] = [
    "",
    "Blocking",
    "BlockingClient",
    "Client",
    "Context",
    "Descriptor",
    "Dispatch",
    "Dispatcher",
    "Error",
    "ErrorCode",
    "Errors",
    "EventHandler",
    "EventHandlers",
    "EventSink",
    "Events",
    "Handler",
    "Host",
    "HostServices",
    "Interface",
    "Methods",
    "Plugin",
    "ServiceDispatch",
    "ServiceHandler",
    "Services",
    "ServicesHandler",
    "SyncClient",
];

/// Rust keywords that can be written as `r#…`.
const RUST_RAW: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Rust keywords that cannot.
const RUST_NEVER: [&str; 4] = ["Self", "self", "super", "crate"];

/// Names of Rust's prelude and of what generated Rust imports: a type of that name would hide them.
const RUST_TYPES: [&str; 38] = [
    "Arc",
    "AsRef",
    "Box",
    "Bytes",
    "Clone",
    "Context",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "Deserializer",
    "Drop",
    "Eq",
    "Err",
    "Fn",
    "From",
    "Into",
    "ItemReceiver",
    "ItemSender",
    "Items",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "PartialEq",
    "PluginError",
    "Result",
    "Send",
    "Serialize",
    "Serializer",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToString",
    "TryFrom",
    "TryInto",
    "Vec",
];

/// Members of generated Rust clients and traits.
const RUST_METHODS: [&str; 9] = [
    "clone",
    "clone_from",
    "drop",
    "from",
    "into",
    "new",
    "plugin",
    "to_owned",
    "with_timeout",
];

/// Variants that generated Rust enums have of their own.
const RUST_VARIANTS: [&str; 2] = ["Other", "Unknown"];

const PYTHON_KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Builtins that annotations inside a class body name, and members of generated classes.
const PYTHON_FIELDS: [&str; 21] = [
    "bool",
    "bytes",
    "classmethod",
    "dict",
    "float",
    "from_json",
    "from_value",
    "frozenset",
    "int",
    "list",
    "mro",
    "object",
    "property",
    "self",
    "set",
    "staticmethod",
    "str",
    "super",
    "to_json",
    "to_value",
    "tuple",
];

/// Members of generated Python classes for authors and hosts, and builtins that annotations inside them name.
const PYTHON_METHODS: [&str; 19] = [
    "bool",
    "bytes",
    "classmethod",
    "close",
    "dict",
    "dispatch",
    "emit",
    "float",
    "int",
    "list",
    "mro",
    "object",
    "plugin",
    "property",
    "register",
    "self",
    "staticmethod",
    "str",
    "type",
];

/// Builtins and imports that generated Python names.
const PYTHON_TYPES: [&str; 46] = [
    "ABC",
    "Any",
    "Array",
    "AsyncIterable",
    "AsyncIterator",
    "Awaitable",
    "BaseException",
    "Callable",
    "ClassVar",
    "Context",
    "DecodeError",
    "Decoder",
    "Descriptor",
    "Encoder",
    "Enum",
    "Exception",
    "False",
    "Final",
    "Generic",
    "ItemReceiver",
    "ItemSender",
    "Items",
    "Iterable",
    "Iterator",
    "KeyError",
    "Literal",
    "Mapping",
    "NewType",
    "None",
    "NotImplementedError",
    "Optional",
    "PluginError",
    "Protocol",
    "Self",
    "Sequence",
    "StrEnum",
    "True",
    "Type",
    "TypeAlias",
    "TypeError",
    "TypeVar",
    "UNSET",
    "Union",
    "Unset",
    "Upload",
    "ValueError",
];

const TYPESCRIPT_KEYWORDS: [&str; 49] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Members that every JavaScript object has, or that make it something else (`then`: a promise).
const TYPESCRIPT_METHODS: [&str; 13] = [
    "close",
    "constructor",
    "dispatch",
    "emit",
    "hasOwnProperty",
    "isPrototypeOf",
    "plugin",
    "propertyIsEnumerable",
    "then",
    "toJSON",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// Members that every JavaScript object has: an interface with one of another type would take no object literal, and
/// setting `__proto__` changes an object's prototype instead of making a member.
const TYPESCRIPT_FIELDS: [&str; 8] = [
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// Globals and imports that generated TypeScript names.
const TYPESCRIPT_TYPES: [&str; 51] = [
    "AbortController",
    "AbortSignal",
    "Array",
    "ArrayBuffer",
    "AsyncGenerator",
    "AsyncIterable",
    "AsyncIterator",
    "BigInt",
    "Boolean",
    "Codec",
    "Context",
    "CrossplugError",
    "DataView",
    "Date",
    "DecodeError",
    "Descriptor",
    "Error",
    "Exclude",
    "Extract",
    "Function",
    "Infinity",
    "ItemReceiver",
    "ItemSender",
    "Items",
    "Iterable",
    "Iterator",
    "JSON",
    "JsonObject",
    "JsonValue",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Omit",
    "Partial",
    "Pick",
    "PluginError",
    "Promise",
    "PromiseLike",
    "Proxy",
    "Readonly",
    "ReadonlyArray",
    "ReadonlyMap",
    "Record",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "Uint8Array",
];

pub(super) fn is_raw_in_rust(name: &str) -> bool {
    RUST_RAW.contains(&name)
}

pub(super) fn in_rust(kind: Kind, name: &str) -> bool {
    RUST_NEVER.contains(&name)
        || match kind {
            Kind::Type => RUST_TYPES.contains(&name),
            Kind::Variant => RUST_VARIANTS.contains(&name),
            Kind::Method => RUST_METHODS.contains(&name),
            Kind::Field | Kind::Error => false,
        }
}

pub(super) fn is_python_keyword(name: &str) -> bool {
    PYTHON_KEYWORDS.contains(&name)
}

pub(super) fn in_python(kind: Kind, name: &str) -> bool {
    is_python_keyword(name)
        || match kind {
            Kind::Type => PYTHON_TYPES.contains(&name),
            Kind::Field => PYTHON_FIELDS.contains(&name),
            Kind::Method => PYTHON_METHODS.contains(&name),
            Kind::Variant | Kind::Error => false,
        }
}

pub(super) fn in_typescript(kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Type => TYPESCRIPT_TYPES.contains(&name),
        Kind::Field => TYPESCRIPT_FIELDS.contains(&name),
        Kind::Method => TYPESCRIPT_KEYWORDS.contains(&name) || TYPESCRIPT_METHODS.contains(&name),
        Kind::Variant | Kind::Error => false,
    }
}
