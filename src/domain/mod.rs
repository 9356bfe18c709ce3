//! The product, pure. Modules in data-flow order.

/// One real thing, one case.
pub mod case;
/// What a detector says about one frame.
pub mod detection;
/// One picture of one camera.
pub mod frame;
/// Places on earth.
pub mod geo;
/// Names of things.
pub mod ids;
/// How a picture becomes a network's input, and how boxes come back.
pub mod letterbox;
/// Picture geometry.
pub mod pixel;
/// Every I/O trait in one place.
pub mod seams;
/// Is it there, is it gone, or can nobody say.
pub mod verdict;
/// What travels over MQTT.
pub mod wire;
