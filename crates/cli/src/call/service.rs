//! A host service that always answers the same, for `--service`. Must not call the plugin.

use crossplug_host::protocol::codec::Any;
use crossplug_host::{
    Offer, Payload, Result, ServiceCall, ServiceHandler, ServiceResult, async_trait,
};
use serde_json::Value;

use crate::shipped::SHIPPED;

/// Answers every call of one service with one value.
pub(crate) struct Answer {
    offer: Offer,
    value: Payload,
}

impl Answer {
    /// A service of the name. One of an interface that ships is offered with the permission that the interface says.
    ///
    /// # Errors
    /// If the value is no payload.
    pub(crate) fn new(name: &str, value: &Value) -> Result<Self> {
        Ok(Self {
            offer: offer(name),
            value: Payload::encode::<Any>(value)?,
        })
    }
}

fn offer(name: &str) -> Offer {
    SHIPPED
        .iter()
        .flat_map(|interface| interface.services)
        .find(|service| service.name == name)
        .map_or_else(|| Offer::new(name), Offer::of)
}

#[async_trait]
impl ServiceHandler for Answer {
    fn offers(&self) -> Vec<Offer> {
        vec![self.offer.clone()]
    }

    async fn call(&self, _: ServiceCall) -> ServiceResult {
        Ok(self.value.clone())
    }
}
