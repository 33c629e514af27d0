//! What plugins ask of the host: services, their handlers, and which of them a host has. It knows no door.

mod call;
mod closure;
mod inbox;
mod order;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use crossplug_protocol::descriptor::MethodDescriptor;
use crossplug_protocol::error::PluginError;

use crate::Payload;

pub use call::ServiceCall;
pub(crate) use closure::{Blocking, Closure};
pub use inbox::Asked;
pub use order::Job;
pub(crate) use order::Order;

/// What a handler gives back: a result, or an error that crosses the wire.
pub type ServiceResult<T = Payload> = std::result::Result<T, PluginError>;

/// Answers calls of one or more services. Closures given to
/// [`HostBuilder::service`](crate::HostBuilder::service) are handlers too.
#[async_trait]
pub trait ServiceHandler: Send + Sync {
    /// The services that it answers.
    fn offers(&self) -> Vec<Offer>;

    /// Answers a call. It is polled on the thread that reads from the plugin: wait by `await`, never by blocking.
    /// A call that the plugin cancels is dropped.
    ///
    /// # Errors
    /// Whatever the interface says; the plugin gets it as it is.
    async fn call(&self, call: ServiceCall) -> ServiceResult;
}

/// A service that a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// Wire name: `kv.get`.
    pub name: String,
    /// What its interface says that a plugin needs: `kv:read`. A grant may name either.
    pub permission: Option<String>,
}

impl Offer {
    /// A service without a permission of its own.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            permission: None,
        }
    }

    /// A service as its interface describes it.
    #[must_use]
    pub fn of(service: &MethodDescriptor) -> Self {
        Self {
            name: service.name.to_owned(),
            permission: service.permission.map(str::to_owned),
        }
    }

    /// The same with a permission.
    #[must_use]
    pub fn with_permission(mut self, permission: impl Into<String>) -> Self {
        self.permission = Some(permission.into());
        self
    }
}

/// A handler and the permission that its service needs.
type Offered = (Option<String>, Arc<dyn ServiceHandler>);

/// Answers whatever a host offers, by name.
#[derive(Clone, Default)]
pub(crate) struct Services(HashMap<String, Offered>);

impl Services {
    /// Later handlers of a name take the place of earlier ones.
    pub(crate) fn add(&mut self, handler: &Arc<dyn ServiceHandler>) {
        for offer in handler.offers() {
            self.0
                .insert(offer.name, (offer.permission, Arc::clone(handler)));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Offered> {
        self.0.get(name)
    }

    /// Names and permissions.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0
            .iter()
            .map(|(name, (permission, _))| (name.as_str(), permission.as_deref()))
    }
}
