//! Plays vectors and sessions against any crossplug plugin; the rogue peers
