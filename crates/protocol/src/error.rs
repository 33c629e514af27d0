//! The error that crosses the wire, kept. Its codes and their numbers are those of `schema/README.md` section 5.

use crate::codec::{self, AsJson, DecodeError, Wire};
use crate::generated::protocol::ErrorCode;
use crate::handshake::Encoding;
use crate::message::{Failure, Raw};

/// Codes of the protocol and their JSON-RPC numbers. Every other code belongs to an interface and has [`INTERFACE`].
const NUMBERS: [(&str, i32); 13] = [
    ("parseError", -32700),
    ("invalidRequest", -32600),
    ("methodNotFound", -32601),
    ("invalidParams", -32602),
    ("internal", -32603),
    ("permissionDenied", -32001),
    ("notFound", -32002),
    ("deadlineExceeded", -32003),
    ("cancelled", -32004),
    ("unavailable", -32005),
    ("resourceExhausted", -32006),
    ("failedPrecondition", -32007),
    ("protocolViolation", -32008),
];

/// The number of every code that an interface declares.
const INTERFACE: i32 = -32100;

/// The JSON-RPC number of a code.
#[must_use]
pub fn number_of(code: &str) -> i32 {
    NUMBERS
        .iter()
        .find(|(name, _)| *name == code)
        .map_or(INTERFACE, |(_, number)| *number)
}

/// The code of a JSON-RPC number, for a reply without `data`; an unknown number means `internal`.
#[must_use]
pub fn code_of(number: i64) -> &'static str {
    NUMBERS
        .iter()
        .find(|(_, known)| i64::from(*known) == number)
        .map_or("internal", |(name, _)| name)
}

/// Why a plugin or a host answered a request with an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
#[non_exhaustive]
pub struct PluginError {
    /// `notFound`, `outOfPaper`: a code of the protocol or of an interface.
    pub code: String,
    /// One line for a person.
    pub message: String,
    /// Of the type that the interface says for the code.
    pub details: Option<Box<serde_json::Value>>,
    /// Whether trying again may help.
    pub retryable: bool,
}

impl PluginError {
    /// An error without details that is not worth a retry.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            details: None,
            retryable: false,
        }
    }

    /// `invalidParams`: what came does not fit, or makes no sense.
    #[must_use]
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParams.as_str(), message)
    }

    /// `methodNotFound`: nobody here answers to the name, which an interface here has.
    #[must_use]
    pub fn method_not_found(method: &str) -> Self {
        Self::new(
            ErrorCode::MethodNotFound.as_str(),
            format!("`{method}` is not implemented"),
        )
    }

    /// `internal`: something went wrong that the caller can do nothing about.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal.as_str(), message)
    }

    /// `notFound`: what was asked for does not exist.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound.as_str(), message)
    }

    /// `cancelled`: the caller has asked to stop.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(ErrorCode::Cancelled.as_str(), "cancelled")
    }

    /// `unavailable`: not now; perhaps later.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unavailable.as_str(), message)
    }

    /// `failedPrecondition`: something else has to be done first.
    #[must_use]
    pub fn failed_precondition(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::FailedPrecondition.as_str(), message)
    }

    /// `resourceExhausted`: a cap or a quota is reached.
    #[must_use]
    pub fn resource_exhausted(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ResourceExhausted.as_str(), message)
    }

    /// The code as an enum; a code of an interface is [`ErrorCode::Unknown`].
    #[must_use]
    pub fn kind(&self) -> ErrorCode {
        ErrorCode::from(self.code.as_str())
    }

    /// With details, which are of the type that the interface says for the code.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<serde_json::Value>) -> Self {
        self.details = Some(Box::new(details.into()));
        self
    }

    /// With details of a generated type; what cannot be written is left out.
    #[must_use]
    pub fn with_details_as<W: Wire>(mut self, details: Option<&W::Value>) -> Self {
        self.details = details
            .and_then(|details| codec::encode_value::<W>(details).ok())
            .map(Box::new);
        self
    }

    /// The details as a generated type; `None` where there are none, or others.
    #[must_use]
    pub fn details_as<W: Wire>(&self) -> Option<W::Value> {
        self.details
            .as_ref()
            .and_then(|details| codec::decode_value::<W>(details).ok())
    }

    /// Says whether trying again may help.
    #[must_use]
    pub const fn with_retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// The error that a reply in an encoding holds. Details are kept as JSON would say them, and null details are none.
    #[must_use]
    pub fn of_failure(failure: Failure<'_>, encoding: Encoding) -> Self {
        let details = failure
            .details
            .as_ref()
            .and_then(|raw| encoding.decode_scanned::<AsJson>(raw.as_bytes()).ok());
        Self {
            code: failure.code.into_owned(),
            message: failure.message.into_owned(),
            details: details.filter(|details| !details.is_null()).map(Box::new),
            retryable: failure.retryable,
        }
    }

    /// The error as a reply in an encoding holds it. Details that nobody could read are left out.
    #[must_use]
    pub fn to_failure(&self, encoding: Encoding) -> Failure<'_> {
        let details = self
            .details
            .as_ref()
            .and_then(|details| encoding.encode::<AsJson>(details).ok())
            .map(Raw::owned);
        Failure {
            code: self.code.as_str().into(),
            message: self.message.as_str().into(),
            details,
            retryable: self.retryable,
        }
    }
}

impl From<DecodeError> for PluginError {
    /// Params that do not fit their type: `invalidParams` with the reason and the pointer in the details.
    fn from(error: DecodeError) -> Self {
        let details =
            serde_json::json!({ "reason": error.reason.as_str(), "pointer": error.pointer });
        Self::invalid_params(error.to_string()).with_details(details)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::{ErrorCode, NUMBERS, PluginError, code_of, number_of};

    #[test]
    fn every_code_of_the_protocol_has_a_number() {
        let codes: Vec<&str> = ErrorCode::KNOWN.iter().map(ErrorCode::as_str).collect();
        let numbered: Vec<&str> = NUMBERS.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, numbered);
        for code in codes {
            assert_eq!(code_of(number_of(code).into()), code);
        }
        assert_eq!(number_of("outOfPaper"), -32100);
    }

    #[test]
    fn details_of_a_generated_type_come_back() {
        use crate::generated::conformance::{ConformanceError, Paper};
        let error = ConformanceError::OutOfPaper {
            message: "empty".into(),
            details: Some(Paper::new(3)),
        };
        let crossed = PluginError::from(error.clone());
        assert!(crossed.retryable);
        assert_eq!(ConformanceError::of(&crossed), Some(error));
        assert_eq!(ConformanceError::of(&PluginError::internal("x")), None);
    }
}
