//! Records of another system, over HTTP.
