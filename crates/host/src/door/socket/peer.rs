//! The other end of a connection. It has no exit and no signals: all that can be done to it is to hang up.

use std::sync::Arc;

use crate::door::Home;
use crate::door::stream::Peer;

/// A plugin at the other end of a connection.
#[derive(Debug)]
pub(super) struct Neighbour {
    pub(super) process: Option<u32>,
    pub(super) expected_token: Option<Arc<str>>,
}

impl Peer for Neighbour {
    fn process(&self) -> Option<u32> {
        self.process
    }

    fn expected_token(&self) -> Option<Arc<str>> {
        self.expected_token.clone()
    }

    fn end(&mut self, _home: &Home) -> Option<String> {
        // The descriptors are let go with the rest.
        None
    }

    fn farewell(&self, _has_exited: bool, when: &str, _status: Option<&str>) -> String {
        format!("closed the connection{when}")
    }

    fn fate(&self) -> String {
        "the host hung up".to_owned()
    }
}
