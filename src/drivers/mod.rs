//! Each driver wraps exactly one outside thing. Drivers never import one another.
