//! The product, pure. Modules in data-flow order.

/// One real thing, one case.
pub mod case;
/// What a detector says about one frame.
pub mod detection;
/// One picture of one camera.
pub mod frame;
/// Places on earth.
pub mod geo;
/// BeiDou grid location code, GB/T 39409-2020.
pub mod grid;
/// Names of things.
pub mod ids;
/// What the hub may apply now, and what it may acknowledge.
pub mod inbox;
/// What an edge sends next, and when a row may be deleted.
pub mod outbox;
/// Picture geometry.
pub mod pixel;
/// Every I/O trait in one place.
pub mod seams;
/// Is it there, is it gone, or can nobody say.
pub mod verdict;
/// What travels over MQTT.
pub mod wire;
