//! The handshake inside a session.

use std::time::Duration;

use super::{CallId, CallOptions, Incoming, Refused, Session, State, Ticket};
use crate::error::PluginError;
use crate::frame::FrameWriter;
use crate::handshake::{Choice, Encoding, Hello, Incompatible, Offer, Welcome};
use crate::json;
use crate::message::{Failure, Raw};

impl Session {
    /// Host: says `initialize`. The answer arrives as [`Incoming::Opened`] or [`Incoming::Incompatible`].
    ///
    /// # Errors
    /// [`Refused`] where it was said before, or does not fit.
    pub fn initialize(
        &mut self,
        hello: &Hello<'_>,
        now: Duration,
        deadline: Option<Duration>,
        out: &mut FrameWriter,
    ) -> Result<CallId, Refused> {
        if self.state != State::Fresh || self.role != crate::dialect::Role::Host {
            return Err(Refused::NotOpen);
        }
        let params = Raw::owned(hello.write(&self.offer, &self.limits));
        let options = CallOptions {
            deadline,
            traceparent: None,
        };
        let call = self.request("initialize", Some(&params), &options, now, out)?;
        self.state = State::Opening;
        self.opening = Some(call);
        Ok(call)
    }

    /// Plugin: answers `initialize`. From then on both sides may send what they like, in the framing and encoding that
    /// were chosen.
    ///
    /// # Errors
    /// [`Refused::Ended`] for a ticket that was used; [`Refused::Inexpressible`] where the manifest does not fit.
    pub fn accept(
        &mut self,
        ticket: Ticket,
        welcome: &Welcome<'_>,
        out: &mut FrameWriter,
    ) -> Result<(), Refused> {
        let Some(choice) = self.chosen.clone().filter(|_| self.state == State::Opening) else {
            return Err(Refused::Ended);
        };
        let result = Raw::owned(welcome.write(&choice));
        // The reply itself still goes the plain way: reader and dialect learn of the choice behind it.
        self.respond(ticket, Ok(&result), out)?;
        self.state = State::Open;
        self.chosen = None;
        self.choice = choice;
        self.dialect
            .settle(self.choice.encoding, self.choice.framing, &self.limits);
        Ok(())
    }

    /// Plugin: `initialize` has arrived.
    pub(super) fn opening<'f>(
        &mut self,
        ticket: Ticket,
        params: Option<Raw<'f>>,
        out: &mut FrameWriter,
    ) -> Incoming<'f> {
        let params = params.unwrap_or(Raw::trust(b"{}"));
        let choice = Offer::read(params.as_bytes())
            .and_then(|offer| Choice::from_offer(&offer, &self.offer));
        match choice {
            Ok(choice) => {
                self.state = State::Opening;
                self.chosen = Some(choice);
                let announced = json::member(params.as_bytes(), "limits");
                self.limits = self.limits.clone().within(announced);
                Incoming::Initialize { ticket, params }
            }
            Err(incompatible) => {
                let _ = self.respond(ticket, Err(&incompatible.as_failure()), out);
                Incoming::Incompatible(incompatible)
            }
        }
    }

    /// Host: the reply to `initialize` has arrived.
    pub(super) fn opened<'f>(
        &mut self,
        call: CallId,
        outcome: Result<Raw<'f>, Failure<'f>>,
    ) -> Incoming<'f> {
        self.opening = None;
        let incompatible = match outcome {
            Err(failure) => {
                // The handshake is JSON, whatever would have been chosen in it.
                let error = PluginError::of_failure(failure, Encoding::Json);
                Incompatible::Refused(Box::new(error))
            }
            Ok(result) => match Choice::read(result.as_bytes(), &self.offer) {
                Err(incompatible) => incompatible,
                Ok(choice) => {
                    self.choice = choice;
                    self.dialect
                        .settle(self.choice.encoding, self.choice.framing, &self.limits);
                    self.state = State::Open;
                    return Incoming::Opened { call, result };
                }
            },
        };
        self.state = State::Closed;
        Incoming::Incompatible(incompatible)
    }
}
