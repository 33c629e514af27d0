//! The laws of the IDL (schema/README.md, sections 1 and 2). All mistakes of a document are found at once.

mod arms;
mod envelope;
mod integers;
mod keywords;
mod objects;
mod recursion;
mod relations;
mod strings;
mod suggest;
pub(crate) mod syntax;
mod types;
mod unions;

use crate::read::Document;
use crate::refusal::{Refusal, Refusals};
pub use envelope::PROTOCOL_CODES;
pub(crate) use keywords::integer;
pub(crate) use relations::Relations;
use syntax::Sheet;
pub(crate) use unions::{constant, tags};

/// Takes a document apart and holds it to every law.
///
/// # Errors
/// All its mistakes, in the order of the document as far as they concern one place each.
pub(crate) fn check(document: &Document) -> Result<Sheet, Vec<Refusal>> {
    let mut refusals = Refusals::default();
    let sheet = envelope::sheet(&document.root, &mut refusals);
    let relations = Relations::new(&sheet);
    relations::check(&sheet, &relations, &mut refusals);
    unions::check(&sheet, &relations, &mut refusals);
    recursion::check(&sheet, &relations, &mut refusals);
    if refusals.is_empty() {
        Ok(sheet)
    } else {
        Err(refusals.into_vec())
    }
}
