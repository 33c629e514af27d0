//! From an interface document to code: the model, the checks and the emitters. Pure functions.

pub mod emit;
pub mod model;
mod refusal;

pub use refusal::Refusal;
