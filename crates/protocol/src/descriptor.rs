//! What generated code says about its interface at run time. Plain data; knows no types.

/// One interface: its names, its version and what can be asked of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Descriptor {
    /// Wire name.
    pub name: &'static str,
    /// Semantic version.
    pub version: &'static str,
    /// SHA-256, lower-case hex, of the document without descriptions.
    pub hash: &'static str,
    /// What a host calls, in the order of the document.
    pub methods: &'static [MethodDescriptor],
    /// What a plugin calls, in the order of the document.
    pub services: &'static [MethodDescriptor],
}

impl Descriptor {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        version: &'static str,
        hash: &'static str,
        methods: &'static [MethodDescriptor],
        services: &'static [MethodDescriptor],
    ) -> Self {
        Self {
            name,
            version,
            hash,
            methods,
            services,
        }
    }

    /// The method of a wire name.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&'static MethodDescriptor> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The service of a wire name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&'static MethodDescriptor> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// One method or service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent facts, each asked for by name"
)]
pub struct MethodDescriptor {
    /// Wire name.
    pub name: &'static str,
    /// Milliseconds that a caller waits where it says nothing else.
    pub timeout_ms: Option<u64>,
    /// The responder streams to the caller.
    pub items: bool,
    /// The caller streams to the responder.
    pub upload: bool,
    /// It reports progress.
    pub progress: bool,
    /// A caller may repeat it.
    pub idempotent: bool,
    /// Services: the permission that a plugin needs.
    pub permission: Option<&'static str>,
}

impl MethodDescriptor {
    /// A method of the name that has nothing special about it.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            timeout_ms: None,
            items: false,
            upload: false,
            progress: false,
            idempotent: false,
            permission: None,
        }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn with(
        mut self,
        timeout_ms: Option<u64>,
        [items, upload, progress, idempotent]: [bool; 4],
        permission: Option<&'static str>,
    ) -> Self {
        self.timeout_ms = timeout_ms;
        (self.items, self.upload, self.progress, self.idempotent) =
            (items, upload, progress, idempotent);
        self.permission = permission;
        self
    }
}
