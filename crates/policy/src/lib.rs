//! What a crossplug host decides: manifests, grants, dependency order. No IO
