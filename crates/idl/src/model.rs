//! The normalised model: what a checked interface document means, with every name already fixed.
//!
//! The front (`read`, `check`, `normalise`) makes it; the emitters only print it. An emitter never looks at
//! JSON Schema, never invents a name and never refuses anything.

/// One interface document, checked and normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Interface {
    /// Wire name: `agent`, `text.stats`.
    pub name: String,
    /// What a version string of the document said: `1.2.0`.
    pub version: String,
    /// Prose for the docs of every language.
    pub description: String,
    /// SHA-256, hex, over RFC 8785 of the document without descriptions.
    pub hash: String,
    /// Name of the generated module: `agent`, `text_stats` (Rust, Python) and `agent`, `text-stats` (TypeScript).
    pub module: ModuleName,
    /// Prefix of generated type names that belong to the interface: `Agent`, `TextStats`.
    pub stem: String,
    /// Types in the order of the document.
    pub types: Vec<TypeDef>,
    /// Host → plugin, in the order of the document.
    pub methods: Vec<Method>,
    /// Plugin → host, in the order of the document.
    pub services: Vec<Method>,
    /// One-way, in the order of the document.
    pub events: Vec<Event>,
    /// Error codes that the interface adds to the protocol's own.
    pub errors: Vec<ErrorDef>,
}

impl Interface {
    /// The definition behind a reference.
    ///
    /// # Panics
    /// Never for an id that came from the same interface: ids are made by the front only.
    #[must_use]
    pub fn type_def(&self, id: TypeId) -> &TypeDef {
        #[allow(
            clippy::indexing_slicing,
            reason = "a TypeId is an index into the very list it came from"
        )]
        &self.types[id.0]
    }
}

/// The name of a generated file or module.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleName {
    /// snake_case, keyword-safe.
    pub rust: String,
    /// snake_case, keyword-safe.
    pub python: String,
    /// kebab-case file stem.
    pub typescript: String,
}

/// One name in three languages. The wire name stands beside it in its owner.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// As Rust source spells it, `r#type` included.
    pub rust: String,
    /// As Python source spells it.
    pub python: String,
    /// As TypeScript source spells it (a property is quoted by the emitter where needed).
    pub typescript: String,
    /// SCREAMING_SNAKE, valid as a constant in all three.
    pub constant: String,
}

/// Index into [`Interface::types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub usize);

/// A named type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeDef {
    /// As the document spells it; also its folder in the vectors.
    pub wire: String,
    /// Its name in each language.
    pub name: Name,
    /// Prose for the docs.
    pub description: String,
    /// What it is.
    pub shape: Shape,
    /// True where a value of the type can contain a value of the type without an array or map between:
    /// Rust needs a box at such a field.
    pub recursive: bool,
}

/// The five kinds of definition.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Named fields.
    Object(Object),
    /// A closed or open set of strings.
    Enum(Enum),
    /// One of several objects, told apart by a constant field.
    TaggedUnion(TaggedUnion),
    /// One of several types of different JSON kinds.
    KindUnion(KindUnion),
    /// Another name for a type.
    Alias(Type),
}

/// Named fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// In the order of the document.
    pub fields: Vec<Field>,
    /// `x-extra`: unknown members are kept, under this name, and written back. Never a wire name.
    pub extra: Option<Name>,
}

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The member's name in JSON.
    pub wire: String,
    /// Its name in each language.
    pub name: Name,
    /// Prose for the docs.
    pub description: String,
    /// Must be present. An optional nullable field has three states: absent, null, value.
    pub required: bool,
    /// [`Type::Nullable`] stands here where null is allowed.
    pub ty: Type,
    /// The value needs indirection in languages that lay structs out in place.
    pub boxed: bool,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// A named type.
    Ref(TypeId),
    /// true or false.
    Boolean,
    /// An integer of a given width.
    Integer(IntegerFormat),
    /// A finite 64-bit float.
    Number,
    /// Text.
    String(StringRule),
    /// base64 in JSON, raw in a binary encoding.
    Bytes,
    /// Always this value.
    Const(ConstValue),
    /// A list.
    Array(Box<Type>),
    /// String keys, values of one type.
    Map(Box<Type>),
    /// The type or null.
    Nullable(Box<Type>),
    /// Any JSON value, kept as it came.
    Any,
}

/// Width of an integer and how JSON carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum IntegerFormat {
    Int8,
    Int16,
    Int32,
    Uint8,
    Uint16,
    Uint32,
    /// A decimal string in JSON.
    Int64,
    /// A decimal string in JSON.
    Uint64,
    /// `x-wire: number`: a JSON number within ±(2^53 − 1).
    Int64Number,
    /// `x-wire: number`: a JSON number from 0 to 2^53 − 1.
    Uint64Number,
}

/// What a string must look like. All parts hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StringRule {
    /// A grammar of ours.
    pub format: Option<StringFormat>,
    /// Matched whole; in the portable subset.
    pub pattern: Option<String>,
    /// In Unicode scalar values.
    pub min_length: Option<u32>,
    /// In Unicode scalar values.
    pub max_length: Option<u32>,
}

/// The formats with a grammar of ours (schema/README.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum StringFormat {
    DateTime,
    Date,
    Duration,
    Uuid,
    Uri,
}

/// The value of a `const`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstValue {
    /// A string.
    String(String),
    /// An integer within ±(2^53 − 1).
    Integer(i64),
    /// A boolean.
    Boolean(bool),
}

/// A set of strings.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// In the order of the document.
    pub values: Vec<EnumValue>,
    /// `x-open`: unknown values are kept.
    pub open: bool,
}

/// One value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// On the wire.
    pub wire: String,
    /// Rust: UpperCamel variant; Python: SCREAMING_SNAKE member; TypeScript: unused (a literal).
    pub name: Name,
}

/// Objects told apart by a constant field.
#[derive(Debug, Clone, PartialEq)]
pub struct TaggedUnion {
    /// The field's name on the wire: `type`.
    pub tag: String,
    /// In the order of the document.
    pub arms: Vec<TaggedArm>,
    /// `x-open`: an object with an unknown tag is kept as it came.
    pub open: bool,
}

/// One arm of a tagged union.
#[derive(Debug, Clone, PartialEq)]
pub struct TaggedArm {
    /// The constant.
    pub tag: ConstValue,
    /// Variant name, from the definition's name.
    pub name: Name,
    /// An object that has the tag as a required constant field.
    pub ty: TypeId,
}

/// Types told apart by their JSON kind.
#[derive(Debug, Clone, PartialEq)]
pub struct KindUnion {
    /// At most one arm a kind.
    pub arms: Vec<KindArm>,
}

/// One arm of a kind union.
#[derive(Debug, Clone, PartialEq)]
pub struct KindArm {
    /// What tells the arm apart.
    pub kind: Kind,
    /// Variant name: `String`, `Integer`, or the definition's name.
    pub name: Name,
    /// Never nullable, never `any`.
    pub ty: Type,
}

/// The JSON kinds. Integer and number are one kind: a union holds at most one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// A method (host → plugin) or a service (plugin → host).
#[derive(Debug, Clone, PartialEq)]
pub struct Method {
    /// `action.invoke`
    pub wire: String,
    /// `action_invoke`, `action_invoke`, `actionInvoke`, `ACTION_INVOKE`.
    pub name: Name,
    /// `ActionInvoke`: stem of the types that belong to the method alone.
    pub stem: String,
    /// Prose for the docs.
    pub description: String,
    /// An object definition; absent where the method takes nothing (`{}` on the wire).
    pub params: Option<TypeId>,
    /// Absent where the method gives nothing (`null` on the wire).
    pub result: Option<Type>,
    /// What the responder streams to the caller.
    pub items: Option<Type>,
    /// What the caller streams to the responder.
    pub upload: Option<Type>,
    /// Wire codes of the interface's own errors that it may answer with.
    pub errors: Vec<String>,
    /// Deadline in milliseconds where the caller sets none.
    pub timeout_ms: Option<u64>,
    /// Whether it reports progress.
    pub progress: bool,
    /// Whether a caller may repeat it.
    pub idempotent: bool,
    /// Services: the permission that a plugin needs.
    pub permission: Option<String>,
}

/// A one-way message.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `note.changed`
    pub wire: String,
    /// As for methods.
    pub name: Name,
    /// `NoteChanged`
    pub stem: String,
    /// Prose for the docs.
    pub description: String,
    /// Who sends it.
    pub from: Side,
    /// What it carries; absent means `null`.
    pub payload: Option<Type>,
}

/// The two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Side {
    Host,
    Plugin,
    Both,
}

/// An error code of the interface.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorDef {
    /// `quotaExceeded`, the value of `data.code`.
    pub wire: String,
    /// Rust: `QuotaExceeded`; Python class stem `QuotaExceeded`; TypeScript class stem; constant.
    pub name: Name,
    /// Prose for the docs.
    pub description: String,
    /// Whether trying again may help.
    pub retryable: bool,
    /// Type of `data.details`.
    pub details: Option<Type>,
}
