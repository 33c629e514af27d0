//! The host's side of an interface.

use super::Place;
use super::page::Page;
use crate::model::Interface;

pub(super) fn write(_interface: &Interface, _place: &Place, _page: &mut Page) {}
