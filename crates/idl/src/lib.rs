//! From an interface document to code: the model, the checks and the emitters. Pure functions
