//! The product, pure. Modules in data-flow order.

/// Names of things.
pub mod ids;
/// Picture geometry.
pub mod pixel;
/// Places on earth.
pub mod geo;
/// Datums of coordinates, map shifts, and coordinate texts.
pub mod datum;
/// Heights above the sea to heights above the ellipsoid.
pub mod geoid;
/// BeiDou grid location code (GB/T 39409-2020).
pub mod grid;
/// A surveyed camera: lens, pose, and how well they are known.
pub mod camera;
/// Pixels to ground, with an honest error.
pub mod ground;
/// Ground position to the wire's place, with codes no finer than the error.
pub mod place;
/// Which cells a camera sees.
pub mod coverage;
/// One picture of one camera.
pub mod frame;
/// What was kept of a camera's view, and why the rest was not.
pub mod footage;
/// Parts of a view in which nothing is looked at.
pub mod privacy;
/// How a picture becomes a network's input, and how boxes come back.
pub mod letterbox;
/// What a detector says about one frame.
pub mod detection;
/// Parts of a frame that are looked at by themselves, for small things.
pub mod tiles;
/// Detections of one thing over time.
pub mod track;
/// Could the camera see, and since when not.
pub mod health;
/// Which days are off.
pub mod calendar;
/// When a pattern is looked for.
pub mod schedule;
/// Time as hours of duty count it.
pub mod working_time;
/// What is permitted where, and when.
pub mod exception;
/// Zones and static facts of one view.
pub mod scene;
/// Event codes and pattern definitions.
pub mod taxonomy;
/// Changes of a view that no detector has a name for.
pub mod scene_change;
/// "Rule R held on subject S from t0 to t1".
pub mod observation;
/// Conditions over tracks and time.
pub mod rule;
/// One real thing, one case.
pub mod case;
/// Frame stamps and detections in, case facts out: the deterministic heart.
pub mod analyser;
/// What an edge sends next, and when a row may be deleted.
pub mod outbox;
/// What the hub may apply now, and what it may acknowledge.
pub mod inbox;
/// Is it there, is it gone, or can nobody say.
pub mod verdict;
/// How good a detector is on labelled pictures.
pub mod average_precision;
/// What reviews teach the next detector.
pub mod dataset;
/// What travels over MQTT.
pub mod wire;
/// Looks that edges are asked for, in the order in which they are taken.
pub mod verify_queue;
/// Evidence of a case that proves itself.
pub mod package;
/// What a view library takes in (GA/T 1400).
pub mod view_library;
/// Who may do what, and where.
pub mod people;
/// What happened to cases, in figures.
pub mod statistics;
/// Every I/O trait in one place.
pub mod seams;
/// Values for tests.
#[cfg(test)]
pub(crate) mod samples;
