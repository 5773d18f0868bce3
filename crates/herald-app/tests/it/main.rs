//! The use cases over the embedded store, a clock that stands still and scripted providers.

mod accepting;
mod claiming;
mod crashing;
mod delivering;
mod polling;
mod returning;
mod world;
